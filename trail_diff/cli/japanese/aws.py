"""Messages about AWS, in Japanese."""

from collections.abc import Mapping

AWS: Mapping[str, str] = {
    "--endpoint-url {} is no address": "--endpoint-url {} はアドレスではありません",
    "write it as http://localhost:4566": "http://localhost:4566 の形で指定してください",
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
    "{} could not be reached in {}: {}": "{} ({}) に接続できませんでした: {}",
    "the Region": "リージョン未指定",
    "Could not connect to the endpoint URL: {}": "エンドポイント {} に接続できません",
    "The config profile ({}) could not be found": "プロファイル {} が見つかりません",
    "the AWS credentials have expired": "AWS の認証情報の有効期限が切れています",
    "log in again, then run the same command": "ログインし直してから、同じコマンドを実行してください",
    "the AWS credentials are not valid{}: {}": "AWS の認証情報が有効ではありません{}: {}",
    "check --profile, and that the Region is enabled for the account": (
        "--profile と、アカウントでリージョンが有効になっているかどうかを確認してください"
    ),
    "AWS does not accept the signature{}: {}": "署名が AWS に受け入れられませんでした{}: {}",
    "check the secret access key and this machine's clock": (
        "シークレットアクセスキーと、このマシンの時計を確認してください"
    ),
    "{} found nothing{}: {}": "{} で何も見つかりませんでした{}: {}",
    "check the name, --region and --profile": "名前、--region、--profile を確認してください",
    "{} was throttled{}: {}": "{} がスロットリングされました{}: {}",
    "run the same command again later": "しばらくしてから同じコマンドを実行してください",
    " in {}": " ({})",
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
}
