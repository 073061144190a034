"""Messages about pasted text (trail_diff.pasted.wording), in Japanese."""

from collections.abc import Mapping

PASTED: Mapping[str, str] = {
    "an id": " ID ",
    "a job": "ジョブ",
    "a key": "キー",
    "a recovery point": "復旧ポイント",
    "a backup vault": "バックアップボールト",
    "a role": "ロール",
    "a resource": "リソース",
    "an account": "アカウント",
    "a file": "ファイル",
    "a Region": "リージョン",
    "an event of CloudTrail": " CloudTrail のイベント",
    "a sentence": "文章",
    "the address of a page": "ページのアドレス",
    "a trail": "証跡",
    "JSON itself": " JSON 自体",
    "an event data store": "イベントデータストア",
    "a log group": "ロググループ",
    "a bucket": "バケット",
    "{} is {}, not a job": "{} は{}であり、ジョブではありません",
    "{} names something that jobs are about, not a job": "{} はジョブの対象の名前であり、ジョブではありません",
    "{} {}: this is {}, not a key": "{} {}: これは{}であり、キーではありません",
    "{} {}: this is a job, not a key": "{} {}: これはジョブであり、キーではありません",
    "{} {} is not an account": "{} {} はアカウント ID ではありません",
    "an account id has 12 digits": "アカウント ID は 12 桁の数字です",
    "{} {} is not the ARN of a role or user": "{} {} はロールまたはユーザーの ARN ではありません",
    "write it as arn:aws:iam::111122223333:role/NAME": "arn:aws:iam::111122223333:role/NAME の形で指定してください",
    "{} {} is not the id of an organization": "{} {} は組織の ID ではありません",
    "it begins with o-: {}": "組織の ID は o- で始まります: {}",
    "{} {}: this is {}, not a file": "{} {}: これは{}であり、ファイルではありません",
    "{} {}: these are calls that 'trail-diff callers --save' kept, not an export": (
        "{} {}: これは 'trail-diff callers --save' で保存した呼び出しであり、エクスポートではありません"
    ),
    "what-if takes them with --calls": "what-if の --calls で指定してください",
    "{} {}: no such file or folder": "{} {}: このファイルまたはフォルダーはありません",
    "no job {} in the {} found": "見つかった {1} 件のジョブに {0} はありません",
    "the nearest is {}: give it with {}": "最も近いのは {} です。{} で指定してください",
    "the nearest are {}: give one with {}": "近いのは {} です。1 つを {} で指定してください",
    "an id is written as {}; trail-diff jobs{} lists those found": (
        "ID は {} のような形です。見つかったジョブの一覧: trail-diff jobs{}"
    ),
    "calls of KMS that were refused: {}": "拒否された KMS の呼び出しが {} 件あります",
    "trail-diff compare {} says why": "trail-diff compare {} で理由を表示します",
    "no call on {} was read": "{} に対する呼び出しは読み取られていません",
    "the nearest key is {}: give it with --key": "最も近いキーは {} です。--key で指定してください",
    "without --key, 'trail-diff callers' lists every key": (
        "--key を省くと、'trail-diff callers' はすべてのキーを一覧します"
    ),
    "{} is an image or a PDF, not an export": "{} は画像または PDF であり、エクスポートではありません",
    "{} is no text, and no export": "{} はテキストではなく、エクスポートではありません",
    "export the events themselves: {}": "イベント自体をエクスポートしてください: {}",
    "{} holds no CloudTrail record and no job": "{} に CloudTrail レコードもジョブもありません",
    "export the events: {}": "イベントをエクスポートしてください: {}",
    "no CloudTrail record and no job was found; {}": "CloudTrail レコードもジョブも見つかりません。{}",
    "{} is encrypted": "{} は暗号化されています",
    "unpack it with its password, and give the folder": "パスワードで展開し、そのフォルダーを指定してください",
    "{} is an archive of a kind that is not read (7z, rar, lz4)": (
        "{} は読み取れない種類のアーカイブです (7z、rar、lz4)"
    ),
    "unpack it (7z x, unrar x, lz4 -d), and give the folder, or pack it as zip, tar or gz": (
        "展開して (7z x、unrar x、lz4 -d) フォルダーを指定するか、zip、tar、gz で圧縮し直してください"
    ),
    "{} is empty": "{} は空です",
    "the command that wrote it may have failed: run it again, and read what it says": (
        "書き出したコマンドが失敗した可能性があります。もう一度実行し、その表示を確認してください"
    ),
    "{} holds an error of AWS, {}, and no events": "{} にあるのは AWS のエラー {} で、イベントはありません",
    "solve that, and export again: {}": "エラーを解決してから、もう一度エクスポートしてください: {}",
    "aws backup describe-backup-vault --backup-vault-name {} names its key": (
        "そのキーの確認: aws backup describe-backup-vault --backup-vault-name {}"
    ),
    "aws cloudtrail describe-trails --trail-name-list {} names its bucket: --events s3://BUCKET": (
        "バケットの確認: aws cloudtrail describe-trails --trail-name-list {} (--events s3://BUCKET で指定)"
    ),
    "a Region goes after --region": "リージョンは --region の後に指定してください",
    "{} takes what 'trail-diff collect' wrote": "{} には 'trail-diff collect' が書き出したファイルを指定します",
    "{} takes what 'trail-diff callers --save' wrote": (
        "{} には 'trail-diff callers --save' が書き出したファイルを指定します"
    ),
    "give the folder that does, as AWSLogs/ACCOUNT/CloudTrail, or export the events: {}": (
        "レコードのあるフォルダー (AWSLogs/ACCOUNT/CloudTrail など) を指定するか、"
        "イベントをエクスポートしてください: {}"
    ),
    "the records are of {}, none of {}": "レコードは {} のもので、{} のものはありません",
    "give --region {}": "--region {} を指定してください",
    "of the {} jobs read, of {}, none is of the vaults, accounts, resource types and time asked about": (
        "読み取った {} 件のジョブ ({}) に、指定されたボールト、アカウント、リソースタイプ、期間のものはありません"
    ),
    "no known time": "日時は不明",
    "{}Z to {}Z": "{}Z から {}Z",
    "trail-diff jobs{} lists them": "一覧: trail-diff jobs{}",
    "no job {} in the {} found, which are of {} in {}": (
        "見つかった {1} 件のジョブに {0} はありません。これらは {3} の {2} のものです"
    ),
    "export the day and the Region of the job, or describe it with --job FILE (aws backup describe-backup-job);"
    " trail-diff jobs{} lists those found": (
        "ジョブの日とリージョンをエクスポートするか、ジョブの説明を --job FILE で指定してください"
        " (aws backup describe-backup-job)。見つかったジョブの一覧: trail-diff jobs{}"
    ),
    "trail-diff jobs{} lists the jobs found": "見つかったジョブの一覧: trail-diff jobs{}",
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
    "trail-diff callers --key {} lists who uses it": "使用者の一覧: trail-diff callers --key {}",
    "'trail-diff callers' lists the keys": "'trail-diff callers' でキーを一覧できます",
    "aws backup list-backup-jobs {} lists its failed jobs": "失敗したジョブの一覧: aws backup list-backup-jobs {}",
    "aws backup list-backup-jobs {} lists them": "ジョブの一覧: aws backup list-backup-jobs {}",
    "aws backup describe-recovery-point names its resource, aws backup list-backup-jobs the resource's jobs": (
        "リソースは aws backup describe-recovery-point で、そのジョブは aws backup list-backup-jobs で確認できます"
    ),
    "exports go after --events: --events {} --job-id ID": (
        "エクスポートは --events の後に指定してください: --events {} --job-id ID"
    ),
    "exports go after --events: {} --events {}": "エクスポートは --events の後に指定してください: {} --events {}",
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
}
