"""Japanese phrases that only triage has; part of the Japanese catalogue."""

from collections.abc import Mapping

CAUSE_NAMES: Mapping[str, str] = {
    "key-policy-explicit-deny": "キーポリシーの Deny",
    "key-policy-no-allow": "キーポリシーに Allow なし",
    "identity-policy-explicit-deny": "ID ベースのポリシーの Deny",
    "identity-policy-no-allow": "ID ベースのポリシーに Allow なし",
    "scp-deny": "サービスコントロールポリシー",
    "rcp-deny": "リソースコントロールポリシー",
    "permissions-boundary-deny": "アクセス許可の境界",
    "session-policy-deny": "セッションポリシー",
    "vpc-endpoint-policy-deny": "VPC エンドポイントポリシー",
    "grant-revoked": "グラントの取り消し",
    "grant-not-created": "グラントの作成失敗",
    "key-disabled": "キーの無効化",
    "key-pending-deletion": "キーの削除待ち",
    "key-unavailable": "キーが利用不可",
    "key-not-found": "キーが存在しない",
    "aws-managed-key-not-shareable": "AWS マネージドキーのアカウント間利用",
    "encryption-context-mismatch": "暗号化コンテキストの不一致",
    "kms-throttled": "KMS のスロットリング",
    "not-kms": "KMS 以外",
}
TRIAGE_COUNTS: dict[str, tuple[str, str]] = {
    "jobs": ("{count} 件のジョブ", "{count} 件のジョブ"),
    "failed_jobs": ("失敗 {count} 件", "失敗 {count} 件"),
    "failed_short": ("失敗 {count} 件", "失敗 {count} 件"),
    "explained": ("原因判明 {count} 件", "原因判明 {count} 件"),
    "more_groups": ("ほか {count} グループ (-v で表示)", "ほか {count} グループ (-v で表示)"),
    "more_places": ("ほか {count} 件", "ほか {count} 件"),
    "left_out_groups": ("ほか {count} グループは省略", "ほか {count} グループは省略"),
}
TRIAGE_LABELS: Mapping[str, str] = {
    "triage_all": "失敗したすべてのジョブ",
    "triage_caption": "失敗したジョブとその原因",
    "triage_in": "{places}: {things}",
    "triage_jobs": "ジョブ",
    "triage_none": "失敗したジョブはありません (全 {seen})",
    "triage_of": "{failed} (全 {seen})",
    "triage_one": "例: --job-id {id}",
    "triage_title": "原因別の失敗したジョブ",
    "triage_told": "{counts}: {groups}",
    "triage_vaults": "ボールト",
    "account": "アカウント",
    "confidence": "確度",
    "outcome": "結果",
    "parent": "親ジョブ",
    "region": "リージョン",
}
