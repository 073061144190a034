"""Messages about the job to explain, in Japanese."""

from collections.abc import Mapping

JOBS: Mapping[str, str] = {
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
    "{} skipped as {}, {}": "{} 件を {} として、{}",
    "{} skipped as {}": "{} 件を {} としてスキップ",
    "{} skipped otherwise": "{} 件をほかの理由でスキップ",
    "save the sheet as CSV (UTF-8), with times as ISO 8601, or export it again as JSON (--output json)": (
        "シートを、時刻は ISO 8601 で、CSV (UTF-8) として保存し直すか、"
        "JSON (--output json) でエクスポートし直してください"
    ),
    "part of the input could not be read; export it again as JSON (--output json), redirected to a file, not copied"
    " from a terminal, a mail or a spreadsheet; times as ISO 8601": (
        "入力の一部を読み取れませんでした。端末、メール、表計算ソフトからコピーせず、"
        "JSON (--output json)、時刻は ISO 8601 で、ファイルにリダイレクトしてエクスポートし直してください"
    ),
}
