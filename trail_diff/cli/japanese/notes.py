"""What a command reports while it runs and at its end, in Japanese."""

from collections.abc import Mapping

ON_THE_WAY: Mapping[str, str] = {
    "note:": "注:",
    "{}; {}": "{}。{}",
    "{}; {}, or {}": "{}。{}。または、{}",
    "jobs created since {} UTC, the last 24 hours; --since TIME chooses others": (
        "{} UTC 以降 (過去 24 時間) に作成されたジョブを調べています。ほかの時間は --since で指定できます"
    ),
    "profile {} is of the same account as {}, so it is not used": (
        "プロファイル {} は {} と同じアカウントのため、使用しません"
    ),
    "the default": "既定のプロファイル",
    "the key was last used with success at {} ({})": "キーが最後に正常に使用されたのは {} です ({})",
    "the key's policy can only be read in its own account {}; add a --profile of that account, or give the policy with"
    " --key-policy FILE": (
        "キーポリシーはキーのアカウント {} でのみ読み取れます。そのアカウントの --profile を追加するか、"
        "ポリシーを --key-policy FILE で指定してください"
    ),
    "give it with --key-policy FILE": "--key-policy FILE で指定してください",
    "give it with --key-state FILE": "--key-state FILE で指定してください",
    "give them with --grants FILE": "--grants FILE で指定してください",
    "give the key's ARN with --key": "キーの ARN を --key で指定してください",
    "give the job's description with --job FILE": "ジョブの説明を --job FILE で指定してください",
    "give the lists of jobs with --job FILE": "ジョブの一覧を --job FILE で指定してください",
    "give an export with --events": "エクスポートを --events で指定してください",
    "name the key with --key": "キーを --key で指定してください",
    "name a job that succeeded with --job FILE": "成功したジョブを --job FILE で指定してください",
    "account {}, {}": "アカウント {}、{}",
    "events of {} were kept from a fetch at {} UTC, {} ago; --no-cache fetches them again": (
        "{} のイベントは {} UTC ({}前) に取得して保存したものです。--no-cache で取得し直します"
    ),
    "a minute": "1 分",
    "{} minutes": "{} 分",
    "{} hours": "{} 時間",
    "{} days": "{} 日",
    "event history goes back {} days only; older events are in a trail's bucket or event data store (see --events)": (
        "イベント履歴は {} 日前までです。それより古いイベントは、証跡のバケットかイベントデータストアにあります"
        " (--events を参照)"
    ),
    "events of {} are missing: {}; {}": "{} のイベントを取得できませんでした: {}。{}",
    "calls of {} in {} are too many: those before {} UTC were not looked at": (
        "{1} の {0} の呼び出しが多すぎるため、{2} UTC より前のものは調べていません"
    ),
    "stopped after {} requests to event history in {}: the events are incomplete; allow more with"
    " --max-requests, shorten --pad, or query the trail itself (--athena-table, or --events s3://…)": (
        "{1} のイベント履歴へのリクエストが {0} 回に達したため停止しました。イベントは不完全です。"
        "--max-requests で上限を上げるか、--pad を短くするか、証跡自体に問い合わせてください"
        " (--athena-table または --events s3://…)"
    ),
    "no condition on the partitions by {}: Athena reads them all, which costs more": (
        "{} によるパーティションの条件がないため、Athena がすべてを読み取り、費用が増えます"
    ),
    "{} holds only the calls around its two jobs; who else uses the key is not in it": (
        "{} に含まれるのは 2 つのジョブの前後の呼び出しだけであり、キーのほかの使用者は含まれていません"
    ),
    "no browser was found; open {} in one": "ブラウザーが見つかりません。{} をブラウザーで開いてください",
    "the two runs are made of the same calls; give an export of a run that succeeded, or two times that differ:"
    " --failed-window and --succeeded-window": (
        "2 つの実行の呼び出しは同じものです。成功した実行のエクスポートを指定するか、--failed-window と"
        " --succeeded-window で異なる時間を指定してください"
    ),
    "{} of {} records written to {}": "{1} 件のレコードのうち {0} 件を {2} に書き込みました",
    "{} document{} written to {}": "{0} 件の文書を {2} に書き込みました",
    "{} document{} written to {}; left out, wholly or from where it is damaged: {}": (
        "{0} 件の文書を {2} に書き込みました。全体、または破損した箇所から後を除いたもの: {3} 件"
    ),
    "{}: {} slices, {} MiB": "{}: {} 個、{} MiB",
    "{}: {} slices deleted, {} MiB": "{}: {} 個を削除しました、{} MiB",
}
