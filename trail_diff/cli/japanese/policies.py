"""Messages about policies and plans, in Japanese."""

from collections.abc import Mapping

POLICIES: Mapping[str, str] = {
    "{} documents in it": "{} 個の文書が入っています",
    "give each as a file of its own": "1 つずつ別のファイルにして指定してください",
    "it gives {} twice at {}": "{} が {} に 2 回あります",
    "only one can count: leave one out": "有効になるのは 1 つだけです。どちらかを省いてください",
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
    "this is an archive of several files, or damaged: give the one in question": (
        "これは複数のファイルのアーカイブか、壊れたファイルです。該当のファイルを指定してください"
    ),
    "there is no Statement": "Statement がありません",
    "it is no text": "テキストではありません",
    "it is empty: run the command that wrote it again, and read what it says": (
        "空です。書き出したコマンドをもう一度実行し、その表示を確認してください"
    ),
    "this is an error of AWS: solve it, and run the command again": (
        "これは AWS のエラーです。解決してから、コマンドをもう一度実行してください"
    ),
    "this is a web page: save the document itself": "これはウェブページです。ドキュメント自体を保存してください",
    "this is an image or a PDF: give the text itself": "これは画像または PDF です。テキスト自体を指定してください",
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
}
