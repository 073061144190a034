"""Incidents in which a record states what refused the call."""

import json
from collections.abc import Callable

from scenes.stage import (
    ADMIN_ONLY,
    ALLOW_STORAGE,
    FIRST,
    ROLE,
    SECOND,
    SECURE,
    SESSION,
    STORAGE,
    Incident,
    Scene,
    Statement,
    deny,
    policy,
)


def throttled(scene: Scene) -> None:
    """KMS throttled the role, and the job says so."""
    scene.message = "Rate exceeded"
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="ThrottlingException", errorMessage="Rate exceeded")


def wrong_context(scene: Scene) -> None:
    """KMS itself refuses the ciphertext: the role sends another encryption context than the night before."""
    identity = scene.made.role(ROLE, SESSION)
    for day, stage, fields in ((FIRST, "prod", {}), (SECOND, "dev", {"errorCode": "InvalidCiphertextException"})):
        scene.made.kms(f"{day}T18:06:00Z", "Decrypt", scene.key, identity, {"app": "orders", "stage": stage}, **fields)


def grant_for_other_context(scene: Scene) -> None:
    """The role's grant is for one encryption context, and it sends another; the key policy lets in nobody else."""
    identity = scene.made.role(ROLE, SESSION)
    for day, stage, fields in ((FIRST, "prod", {}), (SECOND, "dev", {"errorCode": "AccessDenied"})):
        context = {"app": "orders", "stage": stage}
        scene.made.kms(f"{day}T18:06:00Z", "GenerateDataKey", scene.key, identity, context, **fields)
    admin = {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": scene.made.user("key-admin")["arn"]}}
    only_admin = {"Statement": [{**admin, "Action": "kms:*", "Resource": "*"}]}
    scene.made.put_key_policy("2026-02-01T09:00:00Z", scene.key, only_admin, scene.made.user("key-admin"))
    grant = {"GrantId": "g1", "KeyId": scene.key, "GranteePrincipal": scene.made.role_arn(ROLE)}
    limits = {"Operations": ["GenerateDataKey"], "Constraints": {"EncryptionContextSubset": {"stage": "prod"}}}
    scene.give("--grants", "grants.json", {"Grants": [{**grant, **limits}]})


def endpoint_allows_less(scene: Scene) -> None:
    """The policy of the VPC endpoint, by which the role calls, does not allow the call."""
    why = "because no VPC endpoint policy allows the kms:Decrypt action"
    scene.refused("Decrypt", why, None, vpcEndpointId="vpce-0a1b2c3d")


def stated(action: str, why: str) -> Callable[[Scene], None]:
    """Make a scene in which a record names the layer."""

    def make(scene: Scene) -> None:
        scene.refused(action, why)

    return make


RATE = {"errorCode": "ThrottlingException", "errorMessage": "Rate exceeded"}


def throttling_survived(scene: Scene) -> None:
    """KMS throttled the role once and the next try worked; the service is kept out by a Deny."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", **RATE)
    scene.made.records[-1]["eventTime"] = f"{SECOND}T18:05:30Z"
    scene.role(SECOND, "Decrypt")
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def throttled_on_both_nights(scene: Scene) -> None:
    """KMS throttled the role on both nights, and one survived it: it is not what makes the difference."""
    for day in (FIRST, SECOND):
        scene.role(day, "Decrypt", **RATE)
        scene.made.records[-1]["eventTime"] = f"{day}T18:05:30Z"
        scene.role(day, "Decrypt")
    scene.storage(FIRST)


def throttled_to_death(scene: Scene) -> None:
    """KMS throttled the role on both nights; on the second no try worked, and the job says so."""
    scene.message = "Rate exceeded (Service: Kms, Status Code: 400)"
    scene.role(FIRST, "Decrypt", **RATE)
    scene.made.records[-1]["eventTime"] = f"{FIRST}T18:05:30Z"
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", **RATE)
    scene.role(SECOND, "Decrypt", **RATE)


def throttled_and_vague(scene: Scene) -> None:
    """KMS throttled the role for good, but the job speaks of access to the key."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", **RATE)
    scene.storage(FIRST)


def policy_named(scene: Scene) -> None:
    """The message names the service control policy by its ARN."""
    arn = "arn:aws:organizations::444455556666:policy/o-1234567890/service_control_policy/p-abcdefgh"
    scene.refused("GenerateDataKey", f"with an explicit deny in a service control policy: {arn}", "ec2.amazonaws.com")


def bystander_refused(scene: Scene) -> None:
    """Somebody else was refused on the key while the job ran; that says nothing of the job."""
    alice = scene.made.user("alice")
    scene.storage(FIRST)
    why = "because no identity-based policy allows the kms:Decrypt action"
    scene.made.kms(
        f"{SECOND}T18:08:00Z", "Decrypt", scene.key, alice, **scene.made.denied(alice, "kms:Decrypt", scene.key, why)
    )


def refused_at_first(scene: Scene) -> None:
    """The role was refused once and let through a minute later; the service is kept out by a Deny."""
    scene.refused("DescribeKey", "because no identity-based policy allows the kms:DescribeKey action")
    scene.made.records[-1]["eventTime"] = f"{SECOND}T18:05:30Z"
    scene.role(SECOND, "DescribeKey")
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def refused_on_both_nights(scene: Scene) -> None:
    """The role may never describe the key, which never mattered; the service is kept out by a Deny."""
    identity = scene.made.role(ROLE, SESSION, "backup.amazonaws.com")
    why = "because no identity-based policy allows the kms:DescribeKey action"
    for day in (FIRST, SECOND):
        scene.role(day, "DescribeKey", **scene.made.denied(identity, "kms:DescribeKey", scene.key, why))
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))


def service_refusal_logged(scene: Scene) -> None:
    """The refused call of the service is in the log after all."""
    scene.storage(FIRST, "GenerateDataKey")
    scene.storage(
        SECOND,
        "GenerateDataKey",
        errorCode="AccessDenied",
        errorMessage=f"User: {STORAGE} is not authorized to perform: kms:GenerateDataKey on resource: {scene.key} "
        "with an explicit deny in a resource-based policy",
    )
    scene.give("--key-policy", "policy.json", policy(scene.made, deny(ADMIN_ONLY)))


def job_states_layer(scene: Scene) -> None:
    """No record of the refusal was delivered, but the job's own message names the layer."""
    scene.message = (
        f"User: arn:aws:sts::111122223333:assumed-role/AWSBackupDefaultServiceRole/{SESSION} is not authorized to "
        f"perform: kms:GenerateDataKey on resource: {scene.key} because no identity-based policy allows the "
        "kms:GenerateDataKey action (Service: Kms, Status Code: 400)"
    )
    scene.role(FIRST, "GenerateDataKey", "dynamodb.amazonaws.com")
    scene.storage(FIRST)


def incorrect_key(scene: Scene) -> None:
    """KMS was told another key than the one that encrypted."""
    scene.role(FIRST, "Decrypt")
    scene.role(
        SECOND,
        "Decrypt",
        errorCode="IncorrectKeyException",
        errorMessage="The key ID in the request does not identify a CMK that can perform this operation.",
    )


def odd_spelling(scene: Scene) -> None:
    """The code is that of the API, and the article before the layer is the wrong one."""
    scene.refused("Decrypt", "with an explicit deny in an service control policy")
    scene.made.records[-1]["errorCode"] = "AccessDeniedException"


def two_layers(scene: Scene) -> None:
    """Two callers are refused by different layers: both hold."""
    scene.refused("Decrypt", "because no identity-based policy allows the kms:Decrypt action")
    made = scene.made
    linked = made.role("aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup", "s", "backup.amazonaws.com")
    made.kms(f"{FIRST}T18:08:00Z", "DescribeKey", scene.key, linked)
    why = "because no resource-based policy allows the kms:DescribeKey action"
    made.kms(
        f"{SECOND}T18:08:00Z",
        "DescribeKey",
        scene.key,
        linked,
        **made.denied(linked, "kms:DescribeKey", scene.key, why),
    )


def throttled_before_refused_now(scene: Scene) -> None:
    """The succeeded job was throttled once and tried again; the failed one was refused, the record does not say by what."""
    scene.role(FIRST, "Decrypt", **RATE)
    scene.made.records[-1]["eventTime"] = f"{FIRST}T18:05:30Z"
    scene.refused("Decrypt", "")


def job_names_service(scene: Scene) -> None:
    """The job's own message says that the service was refused, and by what; its call is nowhere in the log."""
    scene.message = (
        f"User: {STORAGE} is not authorized to perform: kms:GenerateDataKey on resource: {scene.key} with an explicit "
        "deny in a resource-based policy"
    )
    scene.storage(FIRST)


def _told_by_message(why: str, *statements: Statement, is_given: bool = False) -> Callable[[Scene], None]:
    """Let the job's message alone tell of a refused call on a key whose policy is given, or stands in the log."""

    def play(scene: Scene) -> None:
        made, scene.baseline = scene.made, False
        refused = made.denied(made.role(ROLE, SESSION), "kms:Decrypt", scene.key, why)
        scene.message = refused["errorMessage"]
        if is_given:
            scene.give("--key-policy", "policy.json", {"Policy": json.dumps(policy(made, *statements))})
            scene.options += ["--key", scene.key]
        else:
            scene.put_policy("2026-02-01T09:00:00Z", *statements)

    return play


_DENIED = "with an explicit deny in a resource-based policy"
_NOT_ALLOWED = "because no identity-based policy allows the kms:Decrypt action"
CASES: dict[str, Incident] = {
    "message-and-policy-in-the-log": Incident(
        _told_by_message(_DENIED, ALLOW_STORAGE, deny(SECURE), deny(ADMIN_ONLY)),
        cause="key-policy-explicit-deny",
        confidence="confirmed",
        statement=4,
        caller="AWSBackupDefaultServiceRole",
    ),
    "message-and-policy-given": Incident(
        _told_by_message(_DENIED, deny(ADMIN_ONLY), is_given=True),
        cause="key-policy-explicit-deny",
        confidence="confirmed",
        statement=2,
    ),
    "message-and-key-asked-about": Incident(
        _told_by_message(_NOT_ALLOWED, is_given=True),
        cause="identity-policy-no-allow",
        confidence="confirmed",
        helps="allow-in-identity-policy",
    ),
    "job-names-service": Incident(
        job_names_service, cause="key-policy-explicit-deny", confidence="confirmed", caller=STORAGE
    ),
    "throttled-before-refused-now": Incident(throttled_before_refused_now, "difference"),
    "throttled": Incident(throttled, cause="kms-throttled"),
    "wrong-context": Incident(
        wrong_context,
        cause="encryption-context-mismatch",
        confidence="confirmed",
        remedies=("send-encryption-context",),
    ),
    "grant-for-other-context": Incident(
        grant_for_other_context,
        cause="encryption-context-mismatch",
        confidence="likely",
        remedies=("send-encryption-context", "create-fitting-grant"),
    ),
    "vpc-endpoint-no-allow": Incident(
        endpoint_allows_less, cause="vpc-endpoint-policy-deny", remedies=("allow-in-endpoint-policy",)
    ),
    "session-policy-no-allow": Incident(
        stated("Decrypt", "because no session policy allows the kms:Decrypt action"),
        cause="session-policy-deny",
        remedies=("allow-in-session-policy",),
    ),
    "identity-no-allow": Incident(
        stated("CreateGrant", "because no identity-based policy allows the kms:CreateGrant action"),
        cause="identity-policy-no-allow",
    ),
    "identity-deny": Incident(
        stated("Decrypt", "with an explicit deny in an identity-based policy"), cause="identity-policy-explicit-deny"
    ),
    "boundary": Incident(
        stated("Decrypt", "because no permissions boundary allows the kms:Decrypt action"),
        cause="permissions-boundary-deny",
        remedies=("allow-in-permissions-boundary",),
    ),
    "session-policy": Incident(
        stated("Decrypt", "with an explicit deny in a session policy"), cause="session-policy-deny"
    ),
    "rcp": Incident(stated("Decrypt", "with an explicit deny in a resource control policy"), cause="rcp-deny"),
    "vpc-endpoint": Incident(
        stated("Decrypt", "with an explicit deny in a VPC endpoint policy"), cause="vpc-endpoint-policy-deny"
    ),
    "throttling-survived": Incident(throttling_survived, cause="key-policy-explicit-deny", statement=2),
    "throttled-on-both-nights": Incident(throttled_on_both_nights, "difference", ruled_out="kms-throttled"),
    "throttled-to-death": Incident(throttled_to_death, cause="kms-throttled", confidence="confirmed"),
    "throttled-and-vague": Incident(throttled_and_vague, cause="kms-throttled", confidence="possible"),
    "policy-named": Incident(policy_named, cause="scp-deny", confidence="confirmed"),
    "bystander-refused": Incident(bystander_refused, "difference"),
    "refused-at-first": Incident(refused_at_first, cause="key-policy-explicit-deny", statement=2, caller=STORAGE),
    "refused-on-both-nights": Incident(
        refused_on_both_nights, cause="key-policy-explicit-deny", statement=2, caller=STORAGE
    ),
    "service-refusal-logged": Incident(
        service_refusal_logged, cause="key-policy-explicit-deny", confidence="confirmed", statement=2, caller=STORAGE
    ),
    "job-states-layer": Incident(job_states_layer, cause="identity-policy-no-allow", confidence="confirmed"),
    "incorrect-key": Incident(incorrect_key, cause="encryption-context-mismatch"),
    "odd-spelling": Incident(odd_spelling, cause="scp-deny"),
    "two-layers": Incident(two_layers, cause="identity-policy-no-allow", confidence="confirmed"),
}
