"""English phrases that only triage has; part of the English catalogue."""

from collections.abc import Mapping

CAUSE_NAMES: Mapping[str, str] = {
    "key-policy-explicit-deny": "Deny in the key policy",
    "key-policy-no-allow": "no Allow in the key policy",
    "identity-policy-explicit-deny": "Deny in an identity policy",
    "identity-policy-no-allow": "no Allow in an identity policy",
    "scp-deny": "service control policy",
    "rcp-deny": "resource control policy",
    "permissions-boundary-deny": "permissions boundary",
    "session-policy-deny": "session policy",
    "vpc-endpoint-policy-deny": "VPC endpoint policy",
    "grant-revoked": "grant revoked",
    "grant-not-created": "grant not created",
    "key-disabled": "key disabled",
    "key-pending-deletion": "key pending deletion",
    "key-unavailable": "key not available",
    "key-not-found": "key not found",
    "aws-managed-key-not-shareable": "AWS managed key used across accounts",
    "encryption-context-mismatch": "encryption context mismatch",
    "kms-throttled": "KMS throttling",
    "not-kms": "not KMS",
}
TRIAGE_COUNTS: Mapping[str, tuple[str, str]] = {
    "jobs": ("{count} job", "{count} jobs"),
    "failed_jobs": ("{count} failed job", "{count} failed jobs"),
    "failed_short": ("{count} failed", "{count} failed"),
    "explained": ("{count} explained", "{count} explained"),
    "more_groups": ("{count} more group with -v", "{count} more groups with -v"),
    "more_places": ("and {count} more", "and {count} more"),
    "left_out_groups": ("and {count} more group, not listed here", "and {count} more groups, not listed here"),
}
TRIAGE_LABELS: Mapping[str, str] = {
    "triage_all": "All failed jobs",
    "triage_caption": "Failed jobs, each with its cause",
    "triage_in": "{things} in {places}",
    "triage_jobs": "jobs",
    "triage_none": "no failed job among {seen}",
    "triage_of": "{failed} of {seen}",
    "triage_one": "e.g. --job-id {id}",
    "triage_title": "Failed jobs by cause",
    "triage_told": "{counts}: {groups}",
    "triage_vaults": "vaults",
    "account": "account",
    "confidence": "certainty",
    "outcome": "outcome",
    "parent": "part of",
    "region": "Region",
}
