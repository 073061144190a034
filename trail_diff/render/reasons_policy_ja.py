"""The Japanese of the reason codes of policies: how conditions, statements, grants and decisions come out."""

from collections.abc import Mapping

POLICY_REASONS: Mapping[str, str] = {
    # why a condition of a policy matches or not
    "value-equals": "リクエストの値を含みます",
    "value-differs": "リクエストの値を含みません",
    "key-absent": "リクエストに条件キーがないため、条件は偽です",
    "negated-key-absent": "リクエストに条件キーがなく、否定の演算子はキーがない場合に真になります",
    "if-exists-absent": "リクエストに条件キーがなく、...IfExists 演算子はキーがない場合に真になります",
    "key-is-null": "リクエストに条件キーがないか、その値が空です",
    "key-is-not-null": "リクエストに条件キーの値があります",
    "for-all-values-empty": "リクエストに条件キーの値がないため、ForAllValues は真です",
    "for-any-value-empty": "リクエストに条件キーの値がないため、ForAnyValue は偽です",
    "opaque-value-differs": (
        "呼び出し元が AWS のサービスの場合、値がお客様のアカウントのものになることはないため、"
        "ここに列挙された値とは一致しません"
    ),
    # why a condition of a policy cannot be decided
    "key-unknown": "リクエストに条件キーがあるか、その値が何かは不明です",
    "variable-unknown": "条件で使用されているポリシー変数の値が不明です",
    "opaque-value": "AWS サービスの値は非公開で、一致しえます",
    "multivalued-without-set-operator": (
        "複数値の条件キーに ForAllValues も ForAnyValue も使用されておらず、AWS はその動作を定義していません"
    ),
    "for-any-value-if-exists-absent": (
        "条件キーがない場合の ForAnyValue と ...IfExists の組み合わせについて、AWS の 2 つの規則が矛盾しています"
    ),
    "empty-string-in-set": ("条件キーの値が空の文字列のみであり、AWS はそれを値とみなすかどうかを明らかにしていません"),
    "empty-value-list": "ポリシー内のリストが空であり、AWS はその動作を定義していません",
    "empty-condition": "条件に評価する内容がなく、AWS はその動作を定義していません",
    "operator-unknown": "条件演算子が AWS のドキュメントにないものです",
    "operator-letter-case": "条件演算子の大文字と小文字が AWS のドキュメントの表記と異なります",
    "boolean-form": "ブール値が小文字の true または false で書かれていません",
    "value-not-comparable": ("値が演算子の型と合わず、その場合の否定の演算子の動作を AWS は明らかにしていません"),
    "value-form-doubtful": "値が、この演算子について AWS のドキュメントにない形式で書かれています",
    "arn-pattern-incomplete": "ARN パターンの要素が 6 つ未満であり、AWS はその動作を定義していません",
    "wildcard-over-line-break": ("ワイルドカードが改行と一致する必要があり、AWS はその動作を定義していません"),
    "value-known-after-apply": "ポリシーの値の一部は適用するまで決まりません",
    "variable-form": ("ポリシー変数の形式が正しくないか、AWS のドキュメントにない場所で使用されています"),
    "variable-value-has-wildcard": (
        "ポリシー変数の値にワイルドカード文字が含まれており、AWS はその動作を定義していません"
    ),
    # why a statement applies to a caller or not
    "principal-is-anyone": "ステートメントは、AWS のサービスを含むすべてのプリンシパルを対象としています",
    "principal-matches": "ステートメントに呼び出し元が指定されています",
    "principal-account-matches": "ステートメントに呼び出し元のアカウントが指定されています",
    "principal-differs": "ステートメントに呼び出し元は指定されていません",
    "not-principal-lists-caller": "NotPrincipal に呼び出し元が含まれているため、ステートメントは適用されません",
    "not-principal-omits-caller": "NotPrincipal に呼び出し元が含まれていないため、ステートメントが適用されます",
    "action-differs": "ステートメントはこのアクションを対象としていません",
    "resource-differs": "ステートメントはこのキーを対象としていません",
    "action-missing": "ステートメントに Action も NotAction もないため、効果がありません",
    "resource-missing": "キーポリシーのステートメントに Resource がないため、効果がありません",
    # why it cannot be decided whether a statement applies
    "aws-wildcard-and-service-principal": (
        'プリンシパル {"AWS": "*"} に AWS のサービスが含まれるかどうかを、AWS は明らかにしていません'
    ),
    "allow-wildcard-and-service-principal": (
        "すべてのプリンシパルに対する Allow に AWS のサービスが含まれるかどうかを、AWS は明らかにしていません"
    ),
    "service-name-form": (
        "リージョン別のサービス名とグローバルなサービス名が互いに一致するかどうかを、AWS は明らかにしていません"
    ),
    "service-wildcard": ("サービスプリンシパルにワイルドカードが含まれており、AWS はその動作を定義していません"),
    "not-principal-and-boundary": (
        "NotPrincipal を含む Deny は、アクセス許可の境界を持つ呼び出し元には、列挙されていても適用されます"
    ),
    "retire-grant-not-in-policy": (
        "kms:RetireGrant はキーポリシーと RCP では効力がなく、グラントを使用停止にできる者はグラント自体が決めます"
    ),
    "retire-grant-by-account": (
        "グラントを作成したアカウントもグラントを使用停止にできますが、どのアカウントかはポリシーからわかりません"
    ),
    "not-principal-incomplete": (
        "NotPrincipal に呼び出し元は含まれていますが、そのロールまたはアカウントが含まれていないため、"
        "ステートメントが適用される可能性があります"
    ),
    "not-principal-with-allow": "NotPrincipal が Allow とともに使用されており、AWS はその動作を定義していません",
    "principal-missing": "ステートメントに必須の Principal がありません",
    "principal-not-expected": "ステートメントに、使用できない Principal があります",
    "principal-unique-id": (
        "ステートメントに、削除されたプリンシパルの一意の ID が指定されており、呼び出し元の ID がそれと同じです"
    ),
    "principal-unrecognised": (
        "ステートメントのプリンシパルが、キーポリシーについて AWS のドキュメントにない形式で指定されています"
    ),
    "caller-not-known": ("呼び出し元の情報が少なく、ステートメントに指定されているかどうかを判断できません"),
    "endpoint-account-principal": (
        "VPC エンドポイントポリシーに指定されたアカウントは、ルートユーザーのみを表す可能性があります"
    ),
    "action-form": "アクションにサービス名がなく、AWS はその動作を定義していません",
    "resource-form": "リソースが、キーの ARN と確実に比較できる形式で書かれていません",
    "effect-not-recognised": "ステートメントの Effect が Allow でも Deny でもありません",
    "policy-locks-out": "ポリシーの変更が誰にも許可されておらず、安全性チェックを省略しない限り AWS KMS に拒否されます",
    "policy-too-large": "ポリシーが AWS KMS の上限である 32 KB を超えています",
    "element-unknown": "ステートメントに AWS のドキュメントにない要素があります",
    "elements-contradict": "ステートメントに、ある要素とその Not... の形が両方あります",
    "statement-malformed": "ステートメントを読み取れません",
    "policy-version-unknown": "ポリシーの Version が AWS のドキュメントにないものです",
    # what a grant gives a caller
    "grant-matches": "グラントにより、呼び出し元はこのアクションを実行できます",
    "grant-not-in-force": "グラントは使用停止または取り消しになっています",
    "grant-other-grantee": "グラントは別のプリンシパルに対するものです",
    "grant-other-operation": "グラントにこのオペレーションは含まれていません",
    "grant-constraint-differs": "リクエストがグラントの制約を満たしていません",
    "grant-constraint-unknown": "リクエストがグラントの制約を満たしているかどうかは不明です",
    "grantee-not-given": (
        "出力されたグラントに被付与者プリンシパルがありません。AWS のサービスに対するグラントである可能性があります"
    ),
    "grant-for-account": (
        "グラントにアカウントが指定されており、そのアカウントの誰が対象になるかを AWS は明らかにしていません"
    ),
    # what settles a decision, or keeps it open
    "statement-denies": "ステートメントが呼び出しを明示的に拒否しています",
    "key-policy-allows": "キーポリシーが呼び出しを許可しています",
    "grant-allows": "グラントが呼び出しを許可しています",
    "identity-policy-allows": (
        "アイデンティティベースのポリシーが呼び出しを許可しており、キーポリシーもそれを認めています"
    ),
    "no-key-policy-allow": "キーポリシーもグラントも呼び出しを許可していません",
    "no-identity-policy-allow": (
        "キーポリシーは許可をアイデンティティベースのポリシーに委ねていますが、呼び出しを許可するポリシーがありません"
    ),
    "no-permissions-boundary-allow": "アクセス許可の境界が呼び出しを許可していません",
    "no-session-policy-allow": "セッションポリシーが呼び出しを許可していません",
    "no-scp-allow": "サービスコントロールポリシー (SCP) が、すべての階層では呼び出しを許可していません",
    "no-vpc-endpoint-policy-allow": "VPC エンドポイントポリシーが呼び出しを許可していません",
    "key-policy-not-given": "キーポリシーが不明です",
    "grants-not-given": ("キーのグラントが指定されていないため、グラントが呼び出しを許可しているかどうかは不明です"),
    "identity-policies-not-given": "呼び出し元のアイデンティティベースのポリシーが不明です",
    "permissions-boundaries-not-given": "アクセス許可の境界が呼び出し元を制限しているかどうかは不明です",
    "session-policies-not-given": "セッションポリシーが呼び出し元を制限しているかどうかは不明です",
    "scps-not-given": "サービスコントロールポリシー (SCP) が呼び出し元を制限しているかどうかは不明です",
    "rcps-not-given": "リソースコントロールポリシー (RCP) が呼び出しを拒否しているかどうかは不明です",
    "vpc-endpoint-policies-not-given": "VPC エンドポイントのポリシーが不明です",
    "account-not-known": "呼び出し元がキーと同じアカウントに属しているかどうかは不明です",
    "service-linked-role-possible": (
        "呼び出し元はサービスにリンクされたロールである可能性があり、組織のポリシーはこのロールを制限しません"
    ),
    "limit-and-wildcard-principal": (
        "キーポリシーがすべてのプリンシパルに許可したことを、アクセス許可の境界やセッションポリシーが"
        "制限するかどうかを、AWS は明らかにしていません"
    ),
    "limit-and-grant": (
        "グラントが許可したことを、アクセス許可の境界やセッションポリシーが制限するかどうかを、"
        "AWS は明らかにしていません"
    ),
    "grant-across-accounts": (
        "別のアカウントの被付与者プリンシパルにアイデンティティベースのポリシーも必要かどうかを、"
        "AWS は明らかにしていません"
    ),
}
