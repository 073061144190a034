"""Closed sets of words that events, reports and policies share."""

from enum import StrEnum
from typing import Literal


class CallerKind(StrEnum):
    """What a caller amounts to; the caller type is only what CloudTrail calls it."""

    SERVICE_PRINCIPAL = "service-principal"
    SERVICE_LINKED_ROLE = "service-linked-role"
    SERVICE_ROLE = "service-role"
    FORWARD_ACCESS_SESSION = "forward-access-session"
    ROLE = "role"
    USER = "user"
    ROOT = "root"
    FEDERATED = "federated"
    IDENTITY_CENTER_USER = "identity-center-user"
    CROSS_ACCOUNT = "cross-account"
    SERVICE_EVENT = "service-event"
    ANONYMOUS = "anonymous"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a job failed."""

    KEY_POLICY_EXPLICIT_DENY = "key-policy-explicit-deny"
    KEY_POLICY_NO_ALLOW = "key-policy-no-allow"
    IDENTITY_POLICY_EXPLICIT_DENY = "identity-policy-explicit-deny"
    IDENTITY_POLICY_NO_ALLOW = "identity-policy-no-allow"
    SCP_DENY = "scp-deny"
    RCP_DENY = "rcp-deny"
    PERMISSIONS_BOUNDARY_DENY = "permissions-boundary-deny"
    SESSION_POLICY_DENY = "session-policy-deny"
    VPC_ENDPOINT_POLICY_DENY = "vpc-endpoint-policy-deny"
    GRANT_REVOKED = "grant-revoked"
    GRANT_NOT_CREATED = "grant-not-created"
    KEY_DISABLED = "key-disabled"
    KEY_PENDING_DELETION = "key-pending-deletion"
    KEY_UNAVAILABLE = "key-unavailable"
    KEY_NOT_FOUND = "key-not-found"
    AWS_MANAGED_KEY_NOT_SHAREABLE = "aws-managed-key-not-shareable"
    ENCRYPTION_CONTEXT_MISMATCH = "encryption-context-mismatch"
    KMS_THROTTLED = "kms-throttled"
    NOT_KMS = "not-kms"


FAILED_STATES = frozenset({"FAILED", "ABORTED", "EXPIRED", "PARTIAL"})
"""The states in which a job ended otherwise than well."""


Presence = Literal["only-succeeded", "only-failed", "both", "denied-in-failed"]


Outcome = Literal["explained", "difference", "no-difference", "inconclusive"]


Confidence = Literal["confirmed", "likely", "possible"]


Layer = Literal[
    "key-policy",
    "identity-policy",
    "scp",
    "rcp",
    "permissions-boundary",
    "session-policy",
    "vpc-endpoint-policy",
    "grant",
    "key-state",
]


Decided = Literal["allowed", "explicit-deny", "implicit-deny", "undetermined"]


Matched = Literal["match", "no-match", "unknown"]


KeyPresence = Literal["present", "absent", "unknown"]


Grade = Literal["recorded", "documented", "inferred"]
"""What a fact rests on: a record or a file, AWS's documentation, or a conclusion from it; the last is the lowest."""


WhatIfOutcome = Literal["breaks", "at-risk", "starts-to-work", "stays-denied", "undetermined", "conflict", "unchanged"]


GateOutcome = Literal["breaks", "at-risk", "passes", "nothing-replayed", "evidence-too-old"]
"""What a replay comes to; `nothing-replayed`: the evidence does not cover the question."""

KeyChange = Literal["created", "changed", "unchanged", "deleted", "deployed"]
"""What a document says becomes of a key's policy; `deployed`: it tells one policy only, so nothing of a change."""

Supply = Literal["--grants", "--org-id", "--old", "--key", "request-parameters", "request-context"]
"""What would tell an undecided call: an option, or a kind of export that carries the key."""


KeyRole = Literal["vault", "source-vault", "resource"]
"""What a key of a job encrypts: the recovery point in the vault (for a copy, in the destination), the recovery point
that is read, or the resource."""


KeyOrigin = Literal[
    "descriptor",
    "recovery-point",
    "vault-description",
    "vault-creation",
    "encryption-context",
    "storage-service",
    "other-job",
    "baseline",
    "job-role",
    "option",
]
"""Where a key of a job was learnt, the surest first: the job's own description, that of its recovery point or vault,
the CreateBackupVault record, calls that name the vault or resource, calls of the storage service that name nothing,
another job on the vault, the baseline, calls of the job's role, `--key`."""
