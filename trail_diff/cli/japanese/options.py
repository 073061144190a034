"""Messages about options and how they are written, in Japanese."""

from collections.abc import Mapping

OPTIONS: Mapping[str, str] = {
    "{} is given twice": "{} が 2 回指定されています",
    "give it once; --help says what is repeatable": "1 回だけ指定してください。繰り返せるかは --help にあります",
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
    "give a value, or leave it out; a variable may not be set": (
        "値を指定するか、省いてください。変数が設定されていない可能性があります"
    ),
    "a format": "形式",
    "give it with --format, or -o FILE": "--format で指定するか、-o FILE としてください",
    "--output {}: {} is no format of a report": "--output {}: {} はレポートの形式ではありません",
    "write report.html and print it, or report.csv for a spreadsheet": (
        "report.html に書き出して印刷するか、表計算には report.csv を使ってください"
    ),
    "{} {} is one time, not two": "{} {} は 1 つの時刻であり、2 つではありません",
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
    "all calls to KMS that are known of {} are made by a role or user": (
        "{} について知られている KMS の呼び出しは、すべてロールまたはユーザーが行うものです"
    ),
    "name it with --role, e.g. --role arn:aws:iam::111122223333:role/app": (
        "--role で指定してください (例: --role arn:aws:iam::111122223333:role/app)"
    ),
    "the calls of {} are made by a service whose name has the Region in it": (
        "{} の呼び出しを行うサービスの名前には、リージョンが含まれます"
    ),
    "name the key with --key, as an ARN": "--key でキーを ARN で指定してください",
    "no call to KMS that could be tried is known of {}": "{} について、評価できる KMS の呼び出しは知られていません",
    "docs/who-calls-kms.md has what is known": "知られているものは docs/who-calls-kms.md にあります",
}

PARSER: Mapping[str, str] = {
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
    "Invalid value for {}: {}": "{} の値が正しくありません: {}",
    "{} is not one of {}": "{} は使用できません。使用できるのは {} です",
    "{} is not a valid integer": "{} は整数ではありません",
    "{} is not a valid int": "{} は整数ではありません",
    "Input should be greater than or equal to {}": "{} 以上の値を指定してください",
    "Input should be a valid integer, unable to parse string as an integer": "整数を指定してください",
    "a job id goes after --job-id; see {}": "ジョブの ID は --job-id の後に指定してください。{} を参照してください",
    "what-if writes SARIF with --sarif FILE; see {}": "SARIF は what-if の --sarif FILE で書き込みます。{} を参照",
    "exports go after --events (two as they are: compare); see {}": (
        "エクスポートは --events の後に指定してください (2 つをそのまま比べるには compare)。{} を参照してください"
    ),
    "{}; see {}": "{}。{} を参照してください",
    "see {}": "{} を参照してください",
}
