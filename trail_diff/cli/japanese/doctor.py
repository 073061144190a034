"""The lines of the checkup, in Japanese."""

from collections.abc import Mapping

DOCTOR: Mapping[str, str] = {
    "version": "バージョン",
    "libraries": "ライブラリ",
    "missing": "不足",
    "optional": "任意",
    "cache": "キャッシュ",
    "profile": "プロファイル",
    "account": "アカウント",
    "problem": "問題",
    "refused": "拒否",
    "open": "未確認",
    "allowed": "許可",
    "default": "既定",
    "no Region": "リージョンなし",
    "{}, as {}, by {}": "{} ({}、取得元 {})",
    "{}: {} slices, {} MiB": "{}: {} 個、{} MiB",
    "nothing is missing": "不足しているものはありません",
    "something is missing": "不足しているものがあります",
    "pip install {}": "pip install {} でインストールできます",
    "comes with the extra {}": "追加機能 {} に含まれます",
    "no Region chosen; name it with --region": "リージョンが指定されていません。--region で指定してください",
    "no recent backup job names a vault to ask about": (
        "最近のバックアップジョブにボールトの情報がないため、試していません"
    ),
    "no recent backup job names a recovery point to ask about": (
        "最近のバックアップジョブに復旧ポイントの情報がないため、試していません"
    ),
    "name the key with --key": "試すには、キーを --key で指定してください",
    "the installed boto3 does not know this call": "インストールされている boto3 にこの呼び出しがありません",
    "{}; {}": "{}。{}",
}
