"""The texts of --help in Japanese, by the English text."""

from collections.abc import Mapping

HELP: Mapping[str, str] = {
    # ---- headings
    "Arguments": "引数",
    "Options": "オプション",
    "Commands": "コマンド",
    "Examples": "例",
    "Usage": "使い方",
    "What to explain": "調べる対象",
    "Where events come from": "イベントの取得元",
    "Event history of AWS": "AWS のイベント履歴",
    "What is known of the key": "キーについてわかっていること",
    "Output": "出力",
    "How to run": "実行方法",
    "Which jobs": "対象のジョブ",
    # ---- commands
    "Explain why a KMS-dependent job failed: compare its CloudTrail events with those of a job that succeeded.": (
        "KMS に依存するジョブが失敗した理由を、成功したジョブの CloudTrail イベントと比較して説明します。"
    ),
    "Without --events, AWS itself is asked, by calls that only read.": (
        "--events がない場合は、読み取りのみの呼び出しで AWS に問い合わせます。"
    ),
    "Save a case in one file that gives the same report elsewhere: trail-diff --case CASE.zip.": (
        "どこでも同じレポートになるケースを 1 つのファイルに保存します: trail-diff --case CASE.zip"
    ),
    "It is read from AWS, or from --events. The file holds only the records that the case is based on; --redact"
    " replaces the names in them.": (
        "AWS または --events から読み取ります。ファイルにはケースの根拠となるレコードだけが含まれます。"
        "--redact で名前を仮名に置き換えます。"
    ),
    "Compare two exports, or two spans of time of one export; or explain one alone. No job id is needed.": (
        "2 つのエクスポート、または 1 つのエクスポートの 2 つの時間範囲を比較するか、1 つだけを説明します。"
        "ジョブの ID は不要です。"
    ),
    "Show versions, the cache, the credentials seen and the permissions missing; exit 1 if something is missing.": (
        "バージョン、キャッシュ、認証情報、不足しているアクセス許可を表示します。不足がある場合は 1 で終了します。"
    ),
    "Each call that trail-diff makes to AWS is tried, with parameters that change nothing. No secret is shown.": (
        "trail-diff が AWS に対して行う各呼び出しを、何も変更しないパラメータで試します。秘密は表示しません。"
    ),
    "List the jobs found, their state, and with -v the baseline each failed one would be compared with.": (
        "見つかったジョブとその状態を一覧します。-v では、失敗した各ジョブの比較対象も表示します。"
    ),
    "A terminal shows failed jobs first, then the newest first; JSON and CSV are in order of creation.": (
        "端末では失敗したジョブを先に、新しい順に表示します。JSON と CSV は作成順です。"
    ),
    "Without --events, AWS Backup is asked for the jobs since --from, or of the last seven days.": (
        "--events がない場合は、--from 以降、または過去 7 日間のジョブを AWS Backup に問い合わせます。"
    ),
    "List who uses a key: calls by caller, action and outcome.": (
        "キーの使用者を、呼び出し元、アクション、結果ごとに一覧します。"
    ),
    "Without --events, the event history of AWS since --from is read.": (
        "--events がない場合は、--from 以降の AWS のイベント履歴を読み取ります。"
    ),
    "Serve an assistant by the Model Context Protocol on stdin and stdout, with tools that only read below --root.": (
        "Model Context Protocol により、標準入出力でアシスタントにツールを提供します。"
        "ツールは --root 以下の読み取りだけを行います。"
    ),
    "Needs the extra: pip install 'trail-diff[mcp]'.": "追加機能が必要です: pip install 'trail-diff[mcp]'",
    "Without --events, AWS Backup is asked for the jobs since --since, of the last 24 hours by default, in every"
    " account (--profile) and --region, then event history, or the engine named, for their calls.": (
        "--events がない場合は、すべてのアカウント (--profile) と --region について、--since 以降"
        " (既定では過去 24 時間) のジョブを AWS Backup に、"
        "その呼び出しをイベント履歴または指定のエンジンに問い合わせます。"
    ),
    "Replace account ids, names, addresses and keys by pseudonyms, the same in all files, to share them.": (
        "アカウント ID、名前、アドレス、キーを、すべてのファイルで同じ仮名に置き換え、共有できるようにします。"
    ),
    "Explain every job that failed, and put those with the same cause together.": (
        "失敗したすべてのジョブを説明し、原因が同じものをまとめます。"
    ),
    "Replay observed calls against a new key policy, and list what it would break or fix.": (
        "記録された呼び出しを新しいキーポリシーで再評価し、失敗または成功するようになるものを一覧します。"
    ),
    "What is kept of event history on this machine, so that nothing is fetched twice.": (
        "同じものを二度取得しないようにこのマシンに保存されている、イベント履歴の内容です。"
    ),
    "With --format html and -o, each job's full report is written into a folder beside the page. Exits 0 when no job"
    " failed, 1 when a cause or a difference is named, 3 when none has an answer or jobs may be missing.": (
        "--format html と -o を指定すると、各ジョブの完全なレポートをページの隣のフォルダーに書き込みます。失敗した"
        "ジョブがなければ 0、原因または差異がわかれば 1、どれも判断できなければ 3 で終了します。"
    ),
    "With --profile and --from, the calls in the event history of AWS are replayed. With neither that nor --events, the"
    " calls that AWS Backup, or --service, is known to make are tried. Exits 1 when something would break or is newly"
    " at risk, 3 when nothing could be replayed or the saved calls are older than --max-age.": (
        "--profile と --from を指定すると、AWS のイベント履歴にある呼び出しを再評価します。これも --events もない"
        "場合は、AWS Backup または --service が行うことが知られている呼び出しを試します。失敗するようになるもの、"
        "失敗するおそれがあるものがあれば 1、再評価するものがないか、保存された呼び出しが --max-age より古ければ 3 で"
        "終了します。"
    ),
    # ---- options
    "The job that failed.": "失敗したジョブ。",
    "The job that succeeded (default: the most alike one found).": "成功したジョブ (既定値: 最もよく似たジョブ)。",
    "A KMS key in question: ARN, id or alias. Repeatable.": "対象の KMS キー: ARN、ID またはエイリアス。繰り返し可。",
    "The job's account, when its id is in several.": "ジョブのアカウント (ID が複数のアカウントにある場合)。",
    "How much to search before and after each job.": "各ジョブの前後で検索する時間。",
    "An export: file, folder, glob, s3://bucket/prefix or - for stdin. Repeatable.": (
        "エクスポート: ファイル、フォルダー、glob、s3://bucket/prefix、または標準入力の -。繰り返し可。"
    ),
    "A case bundle that 'trail-diff collect' wrote.": "'trail-diff collect' が書き込んだケースバンドル。",
    "Ask AWS with this profile. Repeatable: one for each account.": (
        "AWS への問い合わせに使うプロファイル。アカウントごとに繰り返し可。"
    ),
    "Only records of this Region; of AWS itself, the Region to ask. Repeatable.": (
        "このリージョンのレコードのみ。AWS では問い合わせ先。繰り返し可。"
    ),
    "Ask AWS at this endpoint.": "AWS のエンドポイントの代わりに使う問い合わせ先。",
    "Read events from this table of CloudTrail logs in Athena.": (
        "イベントを読み取る、Athena の CloudTrail ログのテーブル。"
    ),
    "Athena's workgroup.": "Athena のワークグループ。",
    "Where Athena puts its result, unless the workgroup sets it.": (
        "Athena の結果の場所 (ワークグループで未設定の場合)。"
    ),
    "Read events from this CloudWatch Logs group. Repeatable.": (
        "イベントを読み取る CloudWatch Logs のロググループ。繰り返し可。"
    ),
    "Read events from this event data store of CloudTrail Lake.": (
        "イベントを読み取る CloudTrail Lake のイベントデータストア。"
    ),
    "Print what Athena, Logs or Lake would be asked; run nothing.": (
        "Athena、Logs、Lake への問い合わせ内容を表示し、実行はしません。"
    ),
    'Read from here on: ISO 8601, 2026/03/01, "yesterday", "2h ago".': (
        '読み取る時間の始まり: ISO 8601、2026/03/01、"yesterday"、"2h ago"。'
    ),
    "Read up to here; a day to its end.": "読み取る時間の終わり。日付の場合はその日の終わりまで。",
    "Colours: on a terminal, unless NO_COLOR or FORCE_COLOR is set; always; never.": (
        "色: 端末で表示 (NO_COLOR、FORCE_COLOR に従う)、常に表示、表示しない。"
    ),
    "Show the HTML page that -o wrote in the browser.": "-o で書き込んだ HTML ページをブラウザーで表示します。",
    "Times of a table: UTC, or local time beside it (default: where TZ is set).": (
        "表の時刻: UTC、またはローカル時刻を併記 (既定値: TZ が設定されている場合は併記)。"
    ),
    "Write to the terminal at once, however long the answer is.": "長さにかかわらず、すぐに端末に表示します。",
    "Fetch from AWS again, and cache nothing.": "AWS から取得し直し、キャッシュに保存しません。",
    "At most this many requests to event history per account and Region.": (
        "イベント履歴へのリクエスト数の上限 (アカウントとリージョンごと)。"
    ),
    "The jobs as AWS Backup describes or lists them. Repeatable.": (
        "AWS Backup によるジョブの説明または一覧。繰り返し可。"
    ),
    "The key policy: get-key-policy output.": "キーポリシー: get-key-policy の出力。",
    "The key's state: describe-key output.": "キーの状態: describe-key の出力。",
    "The key's grants: list-grants output.": "キーのグラント: list-grants の出力。",
    "The organization of the accounts.": "アカウントの組織。",
    "The form of the report.": "レポートの形式。",
    "Write to this file, in the format of its suffix; - is stdout.": (
        "書き込み先。形式は拡張子で決まります。- は標準出力。"
    ),
    "Show everything: jobs, callers, decisions, evidence.": "すべて表示: ジョブ、呼び出し元、評価結果、証拠。",
    "The language of messages (default: the locale's, else English).": (
        "メッセージの言語 (既定値: ロケールの言語か英語)。"
    ),
    "The language of the report (default: the locale's, else English).": (
        "レポートの言語 (既定値: ロケールの言語か英語)。"
    ),
    "Replace names, accounts and addresses by pseudonyms.": "名前、アカウント、アドレスを仮名に置き換えます。",
    "Keep the pseudonyms in this file, for its owner; reused if it exists.": (
        "仮名の対応表 (所有者用)。すでにある場合は再利用します。"
    ),
    "Show no progress on stderr.": "進捗状況を表示しません。",
    "Show the version.": "バージョンを表示します。",
    "Install completion for the current shell.": "現在のシェルに補完をインストールします。",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "現在のシェルの補完を表示します。"
    ),
    "Show this message and exit.": "このメッセージを表示して終了します。",
    "The bundle to write.": "書き込むバンドル。",
    "An export of the failed run.": "失敗した実行のエクスポート。",
    "An export of a run that succeeded; without it, set both windows, or neither.": (
        "成功した実行のエクスポート。省く場合は、時間範囲を両方指定するか、どちらも省いてください。"
    ),
    "The failed run: two ISO times.": "失敗した実行: 2 つの ISO 時刻。",
    "The run that succeeded: two ISO times.": "成功した実行: 2 つの ISO 時刻。",
    "Try it in this Region. Repeatable.": "試すリージョン。繰り返し可。",
    "Try the calls that concern this key as well.": "このキーに関する呼び出しも試します。",
    "Make no call to AWS.": "AWS を呼び出しません。",
    "The form of the result.": "結果の形式。",
    "Only jobs that did not complete.": "完了しなかったジョブのみ。",
    "Jobs of this vault: name or ARN. Repeatable.": "このボールトのジョブ: 名前または ARN。繰り返し可。",
    "Keep the distinct calls here, for what-if --calls to replay elsewhere.": (
        "異なる呼び出しの保存先。別の場所で what-if --calls により再評価できます。"
    ),
    "What may be read: it and all below. Repeatable.": "読み取りを許可する場所 (その下を含む)。繰り返し可。",
    "Show names, accounts and addresses as they are.": "名前、アカウント、アドレスをそのまま表示します。",
    "Exports, policies, job files: files or folders.": "エクスポート、ポリシー、ジョブのファイルまたはフォルダー。",
    "A file, a folder for several documents, or a .zip.": "ファイル、複数の文書のためのフォルダー、または .zip。",
    "A name to leave as it is. Repeatable.": "置き換えない名前。繰り返し可。",
    'Jobs created since then: "last night", "yesterday", "24h", ISO 8601.': (
        'この時点以降に作成されたジョブ: "last night"、"yesterday"、"24h"、ISO 8601。'
    ),
    "Jobs of this resource type, e.g. DynamoDB. Repeatable.": "このリソースタイプのジョブ (例: DynamoDB)。繰り返し可。",
    "Jobs of this account. Repeatable.": "このアカウントのジョブ。繰り返し可。",
    "Only this cause, as --format json names it. Repeatable.": "この原因のみ (--format json での名前)。繰り返し可。",
    "The form of the list of groups.": "グループの一覧の形式。",
    "Print one line: the counts, and each cause.": "件数と各原因を 1 行で表示します。",
    "The policy to try: a file in any form, or a plan.": "試すポリシー: 任意の形式のファイル、またはプラン。",
    "A plan, template, change set or preview: every key in it is tried, before and after.": (
        "プラン、テンプレート、変更セットまたはプレビュー: すべてのキーを変更の前後で試します。"
    ),
    "A parameter of the template. Repeatable.": "テンプレートのパラメータ。繰り返し可。",
    "The policy in force, to show what changes.": "現在有効なポリシー (変更点の表示用)。",
    "Exit 0 when calls are at risk, none would break, and all was tried.": (
        "すべてを評価でき、失敗するおそれのある呼び出しだけの場合は 0 で終了します。"
    ),
    "Exit 1 as well when a call cannot be decided, or succeeded against OLD.": (
        "判断できない呼び出しや、OLD に反して成功した呼び出しがある場合も 1 で終了します。"
    ),
    "Without events: the service whose calls are tried, as docs/who-calls-kms.md names it.": (
        "イベントがない場合に呼び出しを試すサービス (docs/who-calls-kms.md での名前)。"
    ),
    "Without events: the role or user whose calls are tried as well.": (
        "イベントがない場合: その呼び出しも評価するロールまたはユーザー。"
    ),
    "Of AWS Backup: the resource type whose calls are tried, e.g. EFS.": (
        "AWS Backup で呼び出しを試すリソースタイプ (例: EFS)。"
    ),
    "Replay calls that 'trail-diff callers --save' kept.": (
        "'trail-diff callers --save' で保存された呼び出しを再評価します。"
    ),
    "Exit 3 when the saved calls end longer ago, e.g. 30d.": (
        "保存された呼び出しの終わりがこれより古い場合は 3 で終了します (例: 30d)。"
    ),
    "Write what the gate objects to as SARIF 2.1.0 as well.": "ゲートの指摘を SARIF 2.1.0 でも書き込みます。",
    "Annotate, summarize and set outputs for GitHub Actions (default: when in it).": (
        "GitHub Actions の注釈、概要、出力を書き込みます (既定値: その中で実行された場合)。"
    ),
}
