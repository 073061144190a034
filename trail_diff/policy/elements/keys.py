"""Condition keys that may hold several values; every other key holds one.

From the IAM User Guide ("AWS global condition context keys") and the KMS Developer Guide ("Condition keys for AWS
KMS"), as of 2026; to renew it, take the keys whose value type is stated as multivalued.
"""

MULTIVALUED_KEYS = frozenset(
    key.lower()
    for key in (
        "aws:CalledVia",
        "aws:PrincipalOrgPaths",
        "aws:PrincipalServiceNamesList",
        "aws:ResourceOrgPaths",
        "aws:SourceOrgPaths",
        "aws:TagKeys",
        "aws:VpceOrgPaths",
        "kms:EncryptionContextKeys",
        "kms:GrantOperations",
        "kms:ResourceAliases",
    )
)
