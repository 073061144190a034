"""What the command line says of problems, in Japanese, by the English text.

`{}` stands for what is filled in: in the English text in order, in the Japanese one by its number where the order
differs. A text whose two halves come from different places has both here, each by itself.
"""

from collections.abc import Mapping

MESSAGES: Mapping[str, str] = {
    # ---- what to explain
    "which job? --job-id is missing": "ジョブが指定されていません。--job-id が必要です",
    "which job? job_id is missing": "ジョブが指定されていません。job_id が必要です",
    "'trail-diff jobs' lists those found": "'trail-diff jobs' で見つかったジョブを一覧できます",
    "'trail-diff jobs' lists the jobs found": "'trail-diff jobs' で見つかったジョブを一覧できます",
    "'trail-diff jobs --events PATH' lists those found": (
        "'trail-diff jobs --events PATH' で見つかったジョブを一覧できます"
    ),
    "'trail-diff jobs' lists the jobs that completed": "'trail-diff jobs' で完了したジョブを一覧できます",
    "jobs(events) lists those found": "jobs(events) で見つかったジョブを一覧できます",
    "no job {} in what was read ({} other job{} found)": (
        "読み取った内容にジョブ {0} がありません (ほかのジョブは {1} 件)"
    ),
    "'trail-diff jobs' lists the jobs found; a description of it can be given with --job FILE (the output of"
    " aws backup describe-backup-job, describe-copy-job or describe-restore-job)": (
        "'trail-diff jobs' で見つかったジョブを一覧できます。ジョブの説明は --job FILE で指定できます"
        " (aws backup describe-backup-job、describe-copy-job または describe-restore-job の出力)"
    ),
    "job {} exists in several places: {}": "ジョブ {} は複数の場所にあります: {}",
    "choose one with --account or --region, or give only the exports of one account": (
        "--account か --region で 1 つを選ぶか、1 つのアカウントのエクスポートだけを指定してください"
    ),
    "job {} is in {}, not where --account or --region say": (
        "ジョブ {} は {} にあり、--account または --region の指定と異なります"
    ),
    "name its account and Region, or neither": "ジョブのアカウントとリージョンを指定するか、どちらも省いてください",
    "the baseline is the job itself": "比較対象が、調べるジョブ自身です",
    "give the id of a job that succeeded with --baseline-job-id": (
        "成功したジョブの ID を --baseline-job-id で指定してください"
    ),
    "job {} cannot be the baseline: it ended {}": "ジョブ {} は比較対象にできません。終了時の状態は {} です",
    "job {} has no creation or completion time, so its events cannot be found": (
        "ジョブ {} に作成日時または完了日時がないため、そのイベントを特定できません"
    ),
    "give its full description with --job FILE (aws backup describe-backup-job)": (
        "ジョブの説明全体を --job FILE で指定してください (aws backup describe-backup-job)"
    ),
    "no backup, copy or restore job {} in {}{}": ("バックアップ、コピー、復元のジョブ {0} が {1}{2} にありません"),
    "check the id, --region and --profile, or give its description with --job FILE": (
        "ID、--region、--profile を確認するか、ジョブの説明を --job FILE で指定してください"
    ),
    "the job lies outside --from and --to": "ジョブは --from と --to の範囲外です",
    "leave them out, or widen them": "これらを省くか、範囲を広げてください",
    "leave these out": "これらを省いてください",
    "job {} is in the export, but outside of --region, --from and --to": (
        "ジョブ {} はエクスポートにありますが、--region、--from、--to の範囲外です"
    ),
    "{}; {}": "{}。{}",
    "{}; {} record(s) read": "{}。{} 件のレコードを読み取り",
    "{}; {} record(s) read, {}": "{}。{} 件のレコードを読み取り、{}",
    "{}; {} record(s) read in {} file(s)": "{0}。{2} 個のファイルから {1} 件のレコードを読み取り",
    "{}; {} record(s) read in {} file(s), {}": "{0}。{2} 個のファイルから {1} 件のレコードを読み取り、{3}",
    "{} record(s) read": "{} 件のレコードを読み取り",
    "{} record(s) read, {}": "{} 件のレコードを読み取り、{}",
    "{} record(s) read in {} file(s)": "{1} 個のファイルから {0} 件のレコードを読み取り",
    "{} record(s) read in {} file(s), {}": "{1} 個のファイルから {0} 件のレコードを読み取り、{2}",
    "{} skipped as {}": "{} 件を {} としてスキップ",
    # ---- what was pasted (trail_diff.pasted.wording)
    "an id": "ID",
    "a job": "ジョブ",
    "a key": "キー",
    "a recovery point": "復旧ポイント",
    "a backup vault": "バックアップボールト",
    "a role": "ロール",
    "a resource": "リソース",
    "an account": "アカウント",
    "a file": "ファイル",
    "JSON itself": "JSON 自体",
    "an event data store": "イベントデータストア",
    "a log group": "ロググループ",
    "a bucket": "バケット",
    "{} is {}, not a job": "{} は {} であり、ジョブではありません",
    "{} is the id of something that jobs are about, not a job": "{} はジョブの対象の ID であり、ジョブではありません",
    "{} {}: this is {}, not a key": "{} {}: これは {} であり、キーではありません",
    "{} {}: this is a job, not a key": "{} {}: これはジョブであり、キーではありません",
    "{} {}: this is {}, not a file": "{} {}: これは {} であり、ファイルではありません",
    "{} {}: no such file or folder": "{} {}: このファイルまたはフォルダーはありません",
    "no job {} in the {} found": "見つかった {1} 件のジョブに {0} はありません",
    "the nearest is {}: give it with {}": "最も近いのは {} です。{} で指定してください",
    "the nearest are {}: give one with {}": "近いのは {} です。1 つを {} で指定してください",
    "no call on {} was read": "{} に対する呼び出しは読み取られていません",
    "the nearest key is {}: give it with --key": "最も近いキーは {} です。--key で指定してください",
    "without --key, 'trail-diff callers' lists every key": (
        "--key を省くと、'trail-diff callers' はすべてのキーを一覧します"
    ),
    "{} is an image or a PDF, not an export": "{} は画像または PDF であり、エクスポートではありません",
    "{} is no text, and no export": "{} はテキストではなく、エクスポートではありません",
    "export the events themselves: {}": "イベント自体をエクスポートしてください: {}",
    "{} holds no CloudTrail record and no job": "{} に CloudTrail レコードもジョブもありません",
    "give the folder that does, as AWSLogs/ACCOUNT/CloudTrail, or export the events: {}": (
        "レコードのあるフォルダー (AWSLogs/ACCOUNT/CloudTrail など) を指定するか、"
        "イベントをエクスポートしてください: {}"
    ),
    "the records are of {}, none of {}": "レコードは {} のもので、{} のものはありません",
    "give --region {}": "--region {} を指定してください",
    "the records are of {}, none between --from and --to": (
        "レコードは {} のもので、--from と --to の間のものはありません"
    ),
    "no job in the {} records read, which are of {} in {}": (
        "読み取った {0} 件のレコードにジョブがありません。レコードは {2} の {1} のものです"
    ),
    "export the day and the Region of the job, or describe it with --job FILE (aws backup describe-backup-job)": (
        "ジョブの日とリージョンをエクスポートするか、ジョブの説明を --job FILE で指定してください"
        " (aws backup describe-backup-job)"
    ),
    "its failed jobs are {} and {} more: give one with {}": (
        "失敗したジョブは {} とほか {} 件です。1 つを {} で指定してください"
    ),
    "its failed jobs are {}: give one with {}": "失敗したジョブは {} です。1 つを {} で指定してください",
    "its jobs are {} and {} more: give one with {}": (
        "関係するジョブは {} とほか {} 件です。1 つを {} で指定してください"
    ),
    "its jobs are {}: give one with {}": "関係するジョブは {} です。1 つを {} で指定してください",
    "trail-diff callers --key {} lists who uses it": "trail-diff callers --key {} で使用者を一覧できます",
    "'trail-diff callers' lists the keys": "'trail-diff callers' でキーを一覧できます",
    "aws backup list-backup-jobs {} lists its failed jobs": "失敗したジョブの一覧: aws backup list-backup-jobs {}",
    "aws backup list-backup-jobs {} lists them": "ジョブの一覧: aws backup list-backup-jobs {}",
    "aws backup describe-recovery-point names its resource, aws backup list-backup-jobs the resource's jobs": (
        "リソースは aws backup describe-recovery-point で、そのジョブは aws backup list-backup-jobs で確認できます"
    ),
    "exports go after --events: --events {} --job-id ID": (
        "エクスポートは --events の後に指定してください: --events {} --job-id ID"
    ),
    "trail-diff --job-id {} explains it": "説明するには: trail-diff --job-id {}",
    "its key is {}: give it with --key": "そのキーは {} です。--key で指定してください",
    "a job id goes after --job-id: trail-diff --job-id {} --events PATH": (
        "ジョブの ID は --job-id の後に指定してください: trail-diff --job-id {} --events PATH"
    ),
    "compare reads exports; for jobs: trail-diff --job-id ID --baseline-job-id ID --events PATH": (
        "compare はエクスポートを読み取ります。ジョブの場合: trail-diff --job-id ID --baseline-job-id ID --events PATH"
    ),
    "a job id goes after --job-id; its description is what aws backup describe-backup-job prints": (
        "ジョブの ID は --job-id の後に指定してください。ジョブの説明は aws backup describe-backup-job の出力です"
    ),
    "a key goes after --key": "キーは --key の後に指定してください",
    "save its policy: {}": "ポリシーを保存してください: {}",
    "save its state: {}": "状態を保存してください: {}",
    "save its grants: {}": "グラントを保存してください: {}",
    "it goes after --event-data-store": "--event-data-store の後に指定してください",
    "it goes after --log-group: --log-group {}": "--log-group の後に指定してください: --log-group {}",
    "a bucket is given as {}": "バケットは {} の形で指定してください",
    "save it in a file, or pipe it in with {} -": "ファイルに保存するか、{} - でパイプから渡してください",
    "save it in a file, and give its name": "ファイルに保存し、その名前を指定してください",
    "{} takes a file or folder with exports": "{} にはエクスポートのファイルかフォルダーを指定します",
    # ---- options
    "options go after the command {}": "オプションはコマンド {} の後に指定してください",
    "e.g. trail-diff {} --events PATH": "例: trail-diff {} --events PATH",
    "e.g. trail-diff compare failed.json succeeded.json": "例: trail-diff compare failed.json succeeded.json",
    "--events and --case do not go together": "--events と --case は同時に指定できません",
    "a case bundle holds its events; leave one out": (
        "ケースバンドルはイベントを含んでいます。どちらかを省いてください"
    ),
    "{} does not go with --athena-table, --log-group or --event-data-store": (
        "{} は --athena-table、--log-group、--event-data-store と同時に指定できません"
    ),
    "events come from one place: leave one of them out": "イベントの取得元は 1 つです。どちらかを省いてください",
    "--profile and --endpoint-url have no effect with --events or --case: then AWS is not asked": (
        "--events または --case では AWS に問い合わせないため、--profile と --endpoint-url は効果がありません"
    ),
    "leave out one or the other": "どちらかを省いてください",
    "leave one of them out": "どちらかを省いてください",
    "--region, --from, --to and --job have no effect with --case: it holds what was collected": (
        "--case は収集済みの内容を含むため、--region、--from、--to、--job は効果がありません"
    ),
    "leave them out, or collect the case again with them": "これらを省くか、これらを指定して収集し直してください",
    "--pad has no effect with --case: it holds what was collected": (
        "--case は収集済みの内容を含むため、--pad は効果がありません"
    ),
    "leave it out, or collect the case again with it": "省くか、指定して収集し直してください",
    "--from {} is after --to {}": "--from {} が --to {} より後です",
    "put the earlier time in --from, the later in --to": "早い時刻を --from に、遅い時刻を --to に指定してください",
    "--athena-table, --log-group and --event-data-store do not go together": (
        "--athena-table、--log-group、--event-data-store は同時に指定できません"
    ),
    "name the one to ask": "問い合わせるものを 1 つ指定してください",
    "--athena-workgroup and --athena-output go with --athena-table": (
        "--athena-workgroup と --athena-output は --athena-table と併せて指定します"
    ),
    "name the table as well": "テーブルも指定してください",
    "--dry-run shows what an engine would be asked": "--dry-run はエンジンへの問い合わせ内容を表示します",
    "name it: --athena-table, --log-group …": "エンジンを指定してください: --athena-table、--log-group など",
    "{} {} is not a time": "{} {} は時刻ではありません",
    "{}={} is not a time": "{}={} は時刻ではありません",
    'write it as 2026-03-01T18:00:00Z, "2026-03-01 18:00 +09:00", "yesterday" or "2h ago"': (
        '2026-03-01T18:00:00Z、"2026-03-01 18:00 +09:00"、"yesterday"、"2h ago" のいずれかの形で指定してください'
    ),
    "{} {}: a date begins with its year": "{} {}: 日付は年から始めてください",
    "write {}": "{} と書いてください",
    'give an aware datetime, "2026-03-01T18:00:00Z" or "2h ago"': (
        'タイムゾーン付きの datetime、"2026-03-01T18:00:00Z" または "2h ago" を指定してください'
    ),
    "{} {} is not a duration": "{} {} は期間ではありません",
    "write it as 15m, 90s or 2h": "15m、90s、2h の形で指定してください",
    "{}={} is not a duration": "{}={} は期間ではありません",
    "--open shows the page that -o writes": "--open は -o が書き込んだページを表示します",
    "add -o report.html": "-o report.html を追加してください",
    "no such language: {}": "この言語はありません: {}",
    "more than {} different callers, actions and keys": (
        "呼び出し元、アクション、キーの組み合わせが {} 種類を超えています"
    ),
    "ask for less at a time, with --key, --region, --from and --to": (
        "--key、--region、--from、--to で一度に調べる範囲を狭めてください"
    ),
    "{} {} ends before it begins": "{} {} は終わりが始まりより前です",
    "write it as FROM/TO, the earlier time first": "FROM/TO の形で、早い時刻を先に指定してください",
    "--map goes with --redact": "--map は --redact と併せて指定します",
    "add --redact, or leave --map out": "--redact を追加するか、--map を省いてください",
    "--cause {} is no cause": "--cause {} は原因の名前ではありません",
    "choose one of {}": "次のいずれかを指定してください: {}",
    "--succeeded-window needs a second export, or --failed-window as well": (
        "--succeeded-window には 2 つ目のエクスポートか --failed-window も必要です"
    ),
    "since when? --from is missing": "開始時刻が指定されていません。--from が必要です",
    'name the time to fetch, e.g. --from "2h ago", or give --events': (
        '取得する時間を指定するか (例: --from "2h ago")、--events を指定してください'
    ),
    'name the time to ask for, e.g. --from "2h ago"': '問い合わせる時間を指定してください (例: --from "2h ago")',
    "which time to ask for? {}": "問い合わせる時間がわかりません。{}",
    "give its time with --from and --to, or its description with --job FILE": (
        "ジョブの時間を --from と --to で、または説明を --job FILE で指定してください"
    ),
    "no Region chosen": "リージョンが指定されていません",
    "name it with --region": "--region で指定してください",
    "name it with --region, or give an export with --events": (
        "--region で指定するか、エクスポートを --events で指定してください"
    ),
    "triage reads exports, or asks an engine for a time": (
        "triage はエクスポートを読み取るか、時間を指定してエンジンに問い合わせます"
    ),
    'give --events PATH, or --athena-table, --log-group or --event-data-store with --from "24h ago"': (
        "--events PATH を指定するか、--athena-table、--log-group、--event-data-store のいずれかを"
        ' --from "24h ago" と併せて指定してください'
    ),
    "--max-age is about saved calls": "--max-age は保存された呼び出しのためのものです",
    "give them with --calls, or leave --max-age out": "--calls で指定するか、--max-age を省いてください",
    "--calls does not go with options that say where events come from": (
        "--calls はイベントの取得元を指定するオプションと同時に指定できません"
    ),
    "calls come from one place: leave --calls out, or the others": (
        "呼び出しの取得元は 1 つです。--calls か、ほかのオプションを省いてください"
    ),
    "--plan and --key-policy both say what to try": "--plan と --key-policy はどちらも試すポリシーを指定します",
    "no policy to try": "試すポリシーが指定されていません",
    "give it with --key-policy or --plan": "--key-policy または --plan で指定してください",
    "no such format: {}": "この形式はありません: {}",
    "no calls to KMS are known of the {} {}": "{1} ({0}) による KMS の呼び出しは知られていません",
    "known: {}": "知られているもの: {}",
    # ---- files
    "{}: {}": "{}: {}",
    "{} {}: {}": "{} {}: {}",
    "{}: no such file or folder": "{}: このファイルまたはフォルダーはありません",
    "check the path": "パスを確認してください",
    "check the path; the file must be readable": "パスを確認してください。ファイルは読み取り可能である必要があります",
    "check the path; quote a pattern to have it expanded": (
        "パスを確認してください。パターンは引用符で囲むと展開されます"
    ),
    "this is a Windows path: in WSL it is {}": "これは Windows のパスです。WSL では {} です",
    "name files and folders one by one": "ファイルとフォルダーを 1 つずつ指定してください",
    "stdin is closed": "標準入力が閉じられています",
    "give a file or folder, or pipe an export in": (
        "ファイルかフォルダーを指定するか、エクスポートをパイプで渡してください"
    ),
    "stdout: {}": "標準出力: {}",
    "write to a file with -o FILE": "-o FILE でファイルに書き込んでください",
    "a process that was reading ended early": "読み取り中のプロセスが途中で終了しました",
    "is there enough memory? read less at a time, with --from, --to and --region": (
        "メモリが不足している可能性があります。--from、--to、--region で一度に読み取る量を減らしてください"
    ),
    "an empty name for an export": "エクスポートの名前が空です",
    "give a file or folder; a variable may not be set": (
        "ファイルかフォルダーを指定してください。変数が設定されていない可能性があります"
    ),
    "{}: the folder holds no file": "{}: フォルダーにファイルがありません",
    "give a file or folder with CloudTrail events": ("CloudTrail イベントを含むファイルかフォルダーを指定してください"),
    "{}: neither a file nor a folder nor a pipe": "{}: ファイル、フォルダー、パイプのいずれでもありません",
    "give - to read stdin": "標準入力を読み取るには - を指定してください",
    "the {} export holds no CloudTrail record": "{} のエクスポートに CloudTrail レコードがありません",
    "give an export that does, or name the time with --{}-window FROM/TO": (
        "レコードを含むエクスポートを指定するか、時間を --{}-window FROM/TO で指定してください"
    ),
    "choose a place that can be written": "書き込み可能な場所を指定してください",
    "choose another name": "別の名前を指定してください",
    "{} {} would overwrite what is read": "{} {} は読み取るファイルを上書きします",
    "--output {}: {}": "--output {}: {}",
    "name a file that can be written, or add --no-github": (
        "書き込み可能なファイルを指定するか、--no-github を追加してください"
    ),
    # ---- case bundles, facts, redaction
    "{}: not a case bundle, or one that is cut off or damaged": (
        "{}: ケースバンドルではないか、途中で切れているか、破損しています"
    ),
    "{}: a bundle of the form {}, this version reads {}": (
        "{}: バンドルの形式は {} です。このバージョンが読み取れる形式は {} です"
    ),
    "use the version of trail-diff that wrote it, or a newer one": (
        "書き込んだバージョンの trail-diff か、より新しいバージョンを使用してください"
    ),
    "{}: {} is damaged (a count below 1)": "{}: {} が破損しています (件数が 1 未満)",
    "{}: {} is damaged ({})": "{}: {} が破損しています ({})",
    "{}: {} is larger than any real one": "{}: {} が実際にはありえない大きさです",
    "{}: no case bundle: it has no {}": "{}: ケースバンドルではありません。{} がありません",
    "write it anew with 'trail-diff collect', or give exports with --events": (
        "'trail-diff collect' で書き込み直すか、エクスポートを --events で指定してください"
    ),
    "{} {}: the bundle holds the records of {} only": "{} {}: バンドルには {} のレコードしかありません",
    "collect it anew with {}, or leave it out": "{} を指定して収集し直すか、省いてください",
    "the redacted case would not have the same {}, so nothing is written": (
        "仮名化したケースの {} が元と同じにならないため、何も書き込みませんでした"
    ),
    "collect it without --redact, and share the report instead": (
        "--redact なしで収集し、代わりにレポートを共有してください"
    ),
    "--job {}: it counts jobs by state (list-backup-job-summaries and its like) and names none": (
        "--job {}: 状態ごとのジョブの件数 (list-backup-job-summaries) であり、個々のジョブがありません"
    ),
    "give the jobs themselves: aws backup list-backup-jobs, list-copy-jobs or list-restore-jobs": (
        "ジョブ自体を指定してください: aws backup list-backup-jobs、list-copy-jobs または list-restore-jobs"
    ),
    "--job {}: no backup, copy or restore job in it": "--job {}: バックアップ、コピー、復元のジョブがありません",
    "give the output of aws backup describe-backup-job or list-backup-jobs as JSON (or the same for copy and restore"
    " jobs), or an EventBridge state change": (
        "aws backup describe-backup-job または list-backup-jobs の JSON 出力 (コピージョブ、復元ジョブでは同様の出力)、"
        "または EventBridge の状態変更イベントを指定してください"
    ),
    "--key-state {}: no KeyState in it": "--key-state {}: KeyState がありません",
    "give the output of aws kms describe-key": "aws kms describe-key の出力を指定してください",
    "--grants {}: no list of grants in it": "--grants {}: グラントの一覧がありません",
    "give the output of aws kms list-grants": "aws kms list-grants の出力を指定してください",
    "{}: the redacted copy would not hold the same {}, so nothing is written": (
        "{}: 仮名化した写しの {} が元と同じにならないため、何も書き込みませんでした"
    ),
    "export it again as AWS writes it, as JSON; a damaged or retyped file cannot be redacted safely": (
        "AWS が書き出すとおりの JSON でエクスポートし直してください。破損したファイルや書き直したファイルは"
        "安全に仮名化できません"
    ),
    "a map of pseudonyms is among the inputs: it tells who is who": (
        "入力に仮名の対応表が含まれています。対応表からは実名がわかります"
    ),
    "leave it out": "省いてください",
    "nothing in it can be shared: no text document": "共有できるものがありません。テキストの文書がありません",
    "give exports or facts as JSON or CSV": "エクスポートやキーの情報を JSON または CSV で指定してください",
    "--map {}: no map of pseudonyms": "--map {}: 仮名の対応表ではありません",
    "name a new file, or one that an earlier run wrote": (
        "新しいファイルか、以前の実行で書き込まれたファイルを指定してください"
    ),
    "--map {}: {}": "--map {}: {}",
    "--calls {}: not readable ({})": "--calls {}: 読み取れません ({})",
    "--calls {}: it is no {}": "--calls {}: {} ではありません",
    "--calls {}: it is no {} but {}": "--calls {0}: {1} ではなく {2} です",
    "give what 'trail-diff callers --save' wrote": "'trail-diff callers --save' が書き込んだファイルを指定してください",
    # ---- policies and plans
    "the policy is malformed at {}: {}": "ポリシーの {} に誤りがあります: {}",
    "correct the policy at that place": "ポリシーのその箇所を修正してください",
    "the policy is wrapped too deep": "ポリシーが何重にも包まれています",
    "no policy in it": "ポリシーがありません",
    "no policy in it: there is no Statement": "ポリシーがありません。Statement がありません",
    "{} different policies in it": "異なるポリシーが {} つあります",
    "give the one in question as a file of its own": "対象のポリシーだけのファイルを指定してください",
    "the policy text is not JSON": "ポリシーの文字列が JSON ではありません",
    "several key policies in it: {}": "キーポリシーが複数あります: {}",
    "name the key in question with --key": "対象のキーを --key で指定してください",
    "no key in it is {}; it has {}": "{0} というキーはありません。あるのは {1} です",
    "name one of them with --key, or say which ARN one has: --key ADDRESS=ARN": (
        "そのうちの 1 つを --key で指定するか、ARN を --key ADDRESS=ARN で指定してください"
    ),
    "the plan ended in an error, so it is not whole": "プランがエラーで終了しており、不完全です",
    "plan again once that is corrected": "エラーを修正してから、もう一度プランを作成してください",
    "the preview ended in an error, so it is not whole": "プレビューがエラーで終了しており、不完全です",
    "preview again once it succeeds": "成功するようになってから、もう一度プレビューを作成してください",
    "the change set is {}, so it is not whole": "変更セットの状態が {} であり、不完全です",
    "describe it again once it is made": "作成が完了してから、もう一度取得してください",
    "the change set goes on, on another page": "変更セットは次のページに続いています",
    "describe it without --max-items": "--max-items を付けずに取得してください",
    "the only key in it is deleted": "含まれている唯一のキーは削除されます",
    "{}: the policy is not known before it is applied; it is made from {}": (
        "{}: ポリシーは適用するまで決まりません。{} から作られます"
    ),
    "{} has no policy in it, so AWS gives it the default one": (
        "{} にポリシーがないため、AWS の既定のポリシーになります"
    ),
    "give the policy as it was deployed: aws kms get-key-policy --policy-name default --key-id …": (
        "デプロイ済みのポリシーを指定してください: aws kms get-key-policy --policy-name default --key-id …"
    ),
    "give the policy as aws kms get-key-policy prints it, or as the JSON document itself": (
        "aws kms get-key-policy の出力か、ポリシーの JSON 文書自体を指定してください"
    ),
    "not JSON ({})": "JSON ではありません ({})",
    "neither JSON ({}) nor YAML": "JSON ({}) でも YAML でもありません",
    "it cannot be read as it is": "このままでは読み取れません",
    "give the file as the tool wrote it": "ツールが書き込んだままのファイルを指定してください",
    "this is Terraform code: terraform plan -out plan.out && terraform show -json plan.out > plan.json": (
        "これは Terraform のコードです: terraform plan -out plan.out && terraform show -json plan.out > plan.json"
    ),
    "this is program code: give what 'cdk synth --json' or 'pulumi preview --json' prints": (
        "これはプログラムのコードです。'cdk synth --json' または 'pulumi preview --json' の出力を指定してください"
    ),
    "the events are about {} keys, and a key policy belongs to one": (
        "イベントは {} 個のキーに関するものですが、キーポリシーは 1 つのキーのものです"
    ),
    "name it with --key, e.g. --key {}": "--key で指定してください (例: --key {})",
    # ---- AWS
    "{} failed{}: {}": "{} が失敗しました{}: {}",
    "{} failed: {}": "{} が失敗しました: {}",
    "check the options; --region and --profile choose where": (
        "オプションを確認してください。問い合わせ先は --region と --profile で選びます"
    ),
    "check the options and the AWS configuration": "オプションと AWS の設定を確認してください",
    "{} was refused{}: {}": "{} が拒否されました{}: {}",
    "allow {}": "{} を許可してください",
    "what answered {}{} is not AWS": "{}{} に応答したのは AWS ではありません",
    "check the network: a proxy or a login page may be in between; and --endpoint-url": (
        "ネットワークを確認してください。プロキシやログインページが間にある可能性があります。"
        "--endpoint-url も確認してください"
    ),
    "check the Region's name and the network, then run the same command again": (
        "リージョンの名前とネットワークを確認し、同じコマンドをもう一度実行してください"
    ),
    "no AWS credentials found": "AWS の認証情報が見つかりません",
    "name a profile with --profile, or give an export with --events": (
        "プロファイルを --profile で指定するか、エクスポートを --events で指定してください"
    ),
    "'aws configure list-profiles' lists those there are": (
        "'aws configure list-profiles' でプロファイルを一覧できます"
    ),
    "the SSO session cannot be used: {}": "SSO セッションを使用できません: {}",
    "run 'aws sso login'": "'aws sso login' を実行してください",
    "no credentials could be had: {}": "認証情報を取得できませんでした: {}",
    "check the profile's configuration": "プロファイルの設定を確認してください",
    "the Athena query {} ended {}: {}": "Athena のクエリ {} が {} で終了しました: {}",
    "--athena-table {} names no table": "--athena-table {} はテーブルを指していません",
    "write it as DATABASE.TABLE, with letters, digits and underscores": (
        "DATABASE.TABLE の形で、英数字とアンダースコアで指定してください"
    ),
    "{}.{} holds no CloudTrail records: it has no column {}": (
        "{}.{} に CloudTrail レコードがありません。列 {} がありません"
    ),
    "name the table that was made for CloudTrail logs": "CloudTrail ログ用に作成したテーブルを指定してください",
    "--event-data-store {} is no event data store": "--event-data-store {} はイベントデータストアではありません",
    "give its ARN, as 'aws cloudtrail list-event-data-stores' prints it": (
        "'aws cloudtrail list-event-data-stores' が出力する ARN を指定してください"
    ),
    "the CloudTrail Lake query {} ended {}: {}": "CloudTrail Lake のクエリ {} が {} で終了しました: {}",
    "narrow the time with --from and --to, or run it again": (
        "--from と --to で時間を狭めるか、もう一度実行してください"
    ),
    "the Logs Insights query {} ended {}": "Logs Insights のクエリ {} が {} で終了しました",
    "{} is no address of S3": "{} は S3 のアドレスではありません",
    "write it as s3://bucket/prefix": "s3://bucket/prefix の形で指定してください",
    "{}: there is no object of the time and Regions asked for": (
        "{}: 指定された時間とリージョンのオブジェクトがありません"
    ),
    "check the bucket, the prefix, --region, --from and --to": (
        "バケット、プレフィックス、--region、--from、--to を確認してください"
    ),
    # ---- Python and assistants
    "{} leads out of what may be read": "{} は読み取りが許可された範囲の外を指しています",
    "start the server with --root for it": "その場所を --root に指定してサーバーを起動してください",
    "the MCP SDK is not installed": "MCP SDK がインストールされていません",
    "pip install 'trail-diff[mcp]'": "インストール: pip install 'trail-diff[mcp]'",
    "{} cannot be of type {}": "{} の型 {} は使用できません",
    "give {}": "{} を指定してください",
    'give its rows: {}=frame.to_dict("records")': '行を指定してください: {}=frame.to_dict("records")',
    "no events were given": "イベントが指定されていません",
    "give paths or records; to ask AWS itself: analyse(load_case(Inputs(aws=AwsOptions(…)), Question(…)))": (
        "パスかレコードを指定してください。AWS に問い合わせるには:"
        " analyse(load_case(Inputs(aws=AwsOptions(…)), Question(…)))"
    ),
    "{}: this string is JSON, not a path": "{}: この文字列は JSON であり、パスではありません",
    "give it parsed: {}=json.loads(text)": "解析してから指定してください: {}=json.loads(text)",
    "give only what JSON can hold, and times": "JSON で表せる値と時刻だけを指定してください",
    "{} has no time zone": "{} にタイムゾーンがありません",
    "give an aware time: datetime(…, tzinfo=UTC)": "タイムゾーン付きの時刻を指定してください: datetime(…, tzinfo=UTC)",
    "documents cannot be of type {}": "documents の型 {} は使用できません",
    "give dicts; for files: trail-diff redact IN -o OUT": (
        "dict を指定してください。ファイルの場合: trail-diff redact IN -o OUT"
    ),
    "documents have to be dicts": "documents は dict である必要があります",
    "parse them: json.loads(text)": "解析してください: json.loads(text)",
    "it takes {}": "指定できるもの: {}",
    # ---- of the parser of the command line
    "No such option: {}": "オプション {} はありません",
    "No such option: {} Did you mean {}?": "オプション {} はありません。{} の誤りではありませんか",
    "No such option: {} (Possible options: {})": "オプション {} はありません (候補: {})",
    "No such command {}": "コマンド {} はありません",
    "Missing argument {}": "引数 {} が指定されていません",
    "Missing option {}": "オプション {} が指定されていません",
    "Option {} requires an argument": "オプション {} には値が必要です",
    "Got unexpected extra argument ({})": "余分な引数があります ({})",
    "Got unexpected extra arguments ({})": "余分な引数があります ({})",
    "Got unexpected extra argument(s) ({})": "余分な引数があります ({})",
    # ---- of the system, after the file that it is about
    "{}: No such file or directory": "{}: ファイルまたはフォルダーがありません",
    "{}: Is a directory": "{}: ファイルではなくフォルダーです",
    "{}: Not a directory": "{}: パスの途中にフォルダーではないものがあります",
    "{}: Permission denied": "{}: アクセスする権限がありません",
    "{}: File name too long": "{}: ファイル名が長すぎます",
    "{}: No space left on device": "{}: ディスクの空き容量がありません",
    "{}: Read-only file system": "{}: 読み取り専用のファイルシステムです",
    "Invalid value for {}: {}": "{} の値が正しくありません: {}",
    "{} is not one of {}": "{} は使用できません。使用できるのは {} です",
    "{} is not a valid integer": "{} は整数ではありません",
    "{} is not a valid int": "{} は整数ではありません",
    "Input should be greater than or equal to {}": "{} 以上の値を指定してください",
    "Input should be a valid integer, unable to parse string as an integer": "整数を指定してください",
    "a job id goes after --job-id; see {}": "ジョブの ID は --job-id の後に指定してください。{} を参照してください",
    "exports go after --events (two as they are: compare); see {}": (
        "エクスポートは --events の後に指定してください (2 つをそのまま比べるには compare)。{} を参照してください"
    ),
    "see {}": "{} を参照してください",
}
