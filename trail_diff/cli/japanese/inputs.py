"""Messages about files, case bundles, facts and redaction, in Japanese."""

from collections.abc import Mapping

FILES: Mapping[str, str] = {
    # Of the system, after the file that it is about.
    "{}: No such file or directory": "{}: ファイルまたはフォルダーがありません",
    "{}: Is a directory": "{}: ファイルではなくフォルダーです",
    "{}: Not a directory": "{}: パスの途中にフォルダーではないものがあります",
    "{}: Permission denied": "{}: アクセスする権限がありません",
    "{}: File name too long": "{}: ファイル名が長すぎます",
    "{}: No space left on device": "{}: ディスクの空き容量がありません",
    "{}: Read-only file system": "{}: 読み取り専用のファイルシステムです",
    "{}: {}": "{}: {}",
    "{} {}: {}": "{} {}: {}",
    "{}: no such file or folder": "{}: このファイルまたはフォルダーはありません",
    "{} {}: no such folder": "{} {}: このフォルダーはありません",
    "give the folder that holds the exports": "エクスポートのあるフォルダーを指定してください",
    "the nearest is {}": "最も近いのは {} です",
    "this is a Windows path: here it is written {}": "これは Windows のパスです。ここでは {} と書きます",
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
}

BUNDLES: Mapping[str, str] = {
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
    "{}: redacting the file takes more work than its size warrants, so nothing is written": (
        "{}: ファイルのサイズに対して仮名化の処理量が上限を超えるため、何も書き込みませんでした"
    ),
    "leave it out, or give a part of it": "このファイルを除くか、一部だけを指定してください",
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
}
