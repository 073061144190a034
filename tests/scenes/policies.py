"""Incidents in which the key policy is guilty, looks guilty, or cannot be told guilty."""

import json

from recording import Recording
from scenes.stage import (
    ADMIN_ONLY,
    ALLOW_STORAGE,
    FIRST,
    SECOND,
    SECURE,
    SERVICES_EXEMPT,
    STORAGE,
    Incident,
    Scene,
    deny,
    policy,
)


def second_deny(scene: Scene) -> None:
    """The first Deny tests a key that is false for everybody; the second one is guilty."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(SECURE, "OnlyTls"), deny(ADMIN_ONLY, "AdminOnly"))


def bool_on_absent_key(scene: Scene) -> None:
    """A Deny with Bool on a key that services do not have never matches them; the Allow is what is gone."""
    absent = deny({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "OnlyMfa", {"AWS": "*"})
    scene.storage(FIRST)
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.put_policy("2026-03-02T09:00:00Z", absent, deny(ADMIN_ONLY, "AdminOnly"))


def repaired_since(scene: Scene) -> None:
    """The guilty policy was replaced after the job; today's is innocent."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))
    scene.put_policy("2026-03-02T19:20:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)
    scene.give(
        "--key-policy", "policy.json", {"Policy": json.dumps(policy(scene.made, deny(SERVICES_EXEMPT), ALLOW_STORAGE))}
    )


def unknown_source_account(scene: Scene) -> None:
    """The Deny tests a key of which no record tells."""
    scene.storage(FIRST)
    scene.put_policy(
        "2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}), ALLOW_STORAGE
    )


def organization_only(scene: Scene) -> None:
    """A Deny for everybody outside of the organization hits services, which are in none."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}))


def not_principal(scene: Scene) -> None:
    """A Deny with NotPrincipal hits every service that it does not list."""
    scene.storage(FIRST)
    statement = {**deny({}), "NotPrincipal": {"AWS": [scene.made.arn("iam", "root", region="")]}}
    del statement["Principal"], statement["Condition"]
    scene.put_policy("2026-03-02T09:00:00Z", statement)


def allow_gone(scene: Scene) -> None:
    """The Allow for the storage service was dropped, and there is no grant."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z")
    scene.give("--grants", "grants.json", {"Grants": []})


def same_policy(scene: Scene) -> None:
    """The policy that seems guilty was in force when the call worked, so it cannot be why it is missing."""
    scene.put_policy("2026-02-01T09:00:00Z", deny(ADMIN_ONLY))
    scene.storage(FIRST)


def file_system_role(scene: Scene) -> None:
    """An EFS backup: the service-linked role is kept out by a Deny that lists other roles only."""
    made = scene.made
    linked = made.role("aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup", "s", "backup.amazonaws.com")
    context = {"aws:elasticfilesystem:filesystem:id": "fs-0123456789abcdef0"}
    made.kms(f"{FIRST}T18:08:00Z", "DescribeKey", scene.key, linked)
    refused = made.denied(linked, "kms:DescribeKey", scene.key, "with an explicit deny in a resource-based policy")
    made.kms(f"{SECOND}T18:08:00Z", "DescribeKey", scene.key, linked, **refused)
    for day in (FIRST, SECOND):
        scene.storage(day, "GenerateDataKey")
        made.kms(
            f"{day}T18:09:00Z", "Decrypt", made.key_arn("efs"), made.service("elasticfilesystem.amazonaws.com"), context
        )
    scene.put_policy(
        "2026-03-02T09:00:00Z",
        deny(
            {
                "ArnNotLike": {"aws:PrincipalArn": made.role_arn("ops/*")},
                "Bool": {"aws:PrincipalIsAWSService": "false"},
            },
            "OpsOnly",
        ),
    )
    scene.options += ["--key", scene.key]


AMBIGUOUS = (
    "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
    "policy explicitly denies access"
)


def principal_tag(scene: Scene) -> None:
    """The Deny tests a tag of the role, of which no record tells; the refusal names no layer."""
    scene.refused("Decrypt", "")
    scene.put_policy("2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:PrincipalTag/team": "backup"}}))


def endpoint_only(scene: Scene) -> None:
    """A Deny for everybody outside of a VPC endpoint hits services, which use none."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}))


def organization_of_role(scene: Scene) -> None:
    """A Deny for everybody outside of the organization: whether the role is inside, nothing tells."""
    scene.refused("Decrypt", "")
    scene.put_policy("2026-03-02T09:00:00Z", deny({"StringNotEquals": {"aws:PrincipalOrgID": "o-1234567890"}}))


def organization_given(scene: Scene) -> None:
    """The organization is given and is the one that the Deny exempts, so the Deny is innocent."""
    organization_of_role(scene)
    scene.options += ["--org-id", "o-1234567890"]


def repaired_unseen(scene: Scene) -> None:
    """Today's policy allows the service, but nothing tells whether it is the one of that night."""
    scene.storage(FIRST)
    scene.give("--key-policy", "policy.json", policy(scene.made, ALLOW_STORAGE))


def locked_later(scene: Scene) -> None:
    """The Deny was put on the key after the job had failed."""
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T20:00:00Z", deny(ADMIN_ONLY))
    scene.give("--key-policy", "policy.json", policy(scene.made, deny(ADMIN_ONLY)))


def put_refused(scene: Scene) -> None:
    """The guilty policy was refused by KMS and never in force."""
    scene.storage(FIRST)
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.put_policy("2026-03-02T09:00:00Z", deny(ADMIN_ONLY))
    scene.made.records[-1] |= {"errorCode": "MalformedPolicyDocumentException"}


def fixed_between(scene: Scene) -> None:
    """The failed night came first; the policy put in between allows the service, the one before is not known."""
    scene.failed_first = True
    scene.storage(SECOND)
    scene.put_policy("2026-03-02T09:00:00Z", ALLOW_STORAGE)


def failed_before_repair(scene: Scene) -> None:
    """The failed night came first, under a guilty policy that was repaired before the next."""
    scene.failed_first = True
    scene.put_policy("2026-02-20T09:00:00Z", deny(ADMIN_ONLY))
    scene.storage(SECOND)
    scene.put_policy("2026-03-02T09:00:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)


def unnamed_layer(scene: Scene) -> None:
    """The refusal leaves the reason open on purpose; the policy in force has the Deny that matches."""
    scene.refused("Decrypt", AMBIGUOUS)
    scene.put_policy("2026-03-02T09:00:00Z", deny(SECURE, "OnlyTls"), deny(ADMIN_ONLY, "AdminOnly"))


def unnamed_layer_alone(scene: Scene) -> None:
    """The refusal leaves the reason open on purpose, and no policy is known."""
    scene.refused("Decrypt", AMBIGUOUS)


def named_deny_looks_elsewhere(scene: Scene) -> None:
    """The record names the key policy; its first Deny is for another action, its second for another role."""
    scene.refused("Decrypt", "with an explicit deny in a resource-based policy")
    made = scene.made
    other_action = {**deny(ADMIN_ONLY, "NoGrants"), "Action": "kms:CreateGrant"}
    other_role = deny({"ArnEquals": {"aws:PrincipalArn": made.role_arn("other")}}, "NotOther")
    scene.put_policy("2026-03-02T09:00:00Z", other_action, other_role, deny(ADMIN_ONLY, "AdminOnly"))


def china(scene: Scene) -> None:
    """The same in a Region of the China partition."""
    scene.made = Recording(region="cn-north-1")
    made = scene.made
    scene.storage(FIRST)
    admin = {"StringNotEquals": {"aws:PrincipalArn": made.arn("iam", "user/key-admin", region="")}}
    scene.put_policy("2026-03-02T09:00:00Z", deny(admin))


def put_during_job(scene: Scene) -> None:
    """The guilty policy was put on the key while the job ran."""
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T18:10:00Z", deny(ADMIN_ONLY))


def other_endpoint(scene: Scene) -> None:
    """The call that worked came through the endpoint that the Deny exempts, the refused one did not."""
    scene.refused("Decrypt", "", None)
    scene.made.records[-2]["vpcEndpointId"] = "vpce-0123456789abcdef0"
    for record in scene.made.records:
        record["userIdentity"]["arn"] = record["userIdentity"]["arn"].replace("AWSBackup-", "worker-")
    scene.put_policy(f"{SECOND}T09:00:00Z", deny({"StringNotEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}}))


def role_never_tried(scene: Scene) -> None:
    """The Deny would hit the role, but a refused call of the role would be logged, and there is none."""
    for day in (FIRST, SECOND):
        scene.storage(day)
    scene.role(FIRST, "DescribeKey")
    scene.put_policy(f"{SECOND}T09:00:00Z", deny(SERVICES_EXEMPT), ALLOW_STORAGE)


def old_deny(scene: Scene) -> None:
    """The Deny that seems guilty stood in the policy before as well, under which the call worked."""
    scene.put_policy("2026-02-01T09:00:00Z", deny(ADMIN_ONLY))
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T09:00:00Z", deny(ADMIN_ONLY), ALLOW_STORAGE)


def lost_allow(scene: Scene) -> None:
    """The Allow for the storage service was dropped; whether there is a grant is not known."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T09:00:00Z")


def second_factor(scene: Scene) -> None:
    """A Deny for everybody without a second factor, in the form that holds where there is no such key, hits services."""
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T09:00:00Z", deny({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))


def tagged_only(scene: Scene) -> None:
    """A Deny for everybody without a tag hits services, which have none."""
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T09:00:00Z", deny({"StringNotEquals": {"aws:PrincipalTag/team": "backup"}}))


def put_and_taken_back_during_job(scene: Scene) -> None:
    """The guilty policy was put shortly before the job and taken back while it ran."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T18:02:00Z", ALLOW_STORAGE, deny(ADMIN_ONLY))
    scene.put_policy(f"{SECOND}T18:12:00Z", ALLOW_STORAGE)


def put_after_refusal(scene: Scene) -> None:
    """The role was refused without a word why, minutes before the Deny came that would have refused it."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.refused("Decrypt", "")
    scene.put_policy(f"{SECOND}T18:12:00Z", deny(ADMIN_ONLY))


def until_date(scene: Scene) -> None:
    """A Deny for the time of a change freeze, put in between: it had passed when the job ran."""
    scene.storage(FIRST)
    frozen = {"DateLessThan": {"aws:CurrentTime": f"{SECOND}T12:00:00Z"}}
    scene.put_policy(f"{SECOND}T09:00:00Z", deny(frozen), ALLOW_STORAGE)


def from_date(scene: Scene) -> None:
    """A Deny that was there on both nights, and holds since the day of the second one."""
    since = {"DateGreaterThan": {"aws:CurrentTime": f"{SECOND}T00:00:00Z"}}
    scene.put_policy("2026-02-01T09:00:00Z", deny(since), ALLOW_STORAGE)
    scene.storage(FIRST)


CASES: dict[str, Incident] = {
    "until-date": Incident(until_date, "difference"),
    "from-date": Incident(from_date, cause="key-policy-explicit-deny", statement=2, helps="exempt-this-service"),
    "second-deny": Incident(
        second_deny,
        cause="key-policy-explicit-deny",
        statement=3,
        helps="exempt-service-principals",
        helps_not=("allow-role-everything", "via-aws-service"),
    ),
    "deny-and-lost-allow": Incident(bool_on_absent_key, cause="key-policy-explicit-deny", statement=3),
    "repaired-since": Incident(repaired_since, cause="key-policy-explicit-deny", statement=2),
    "unknown-source-account": Incident(
        unknown_source_account,
        cause="key-policy-explicit-deny",
        confidence="possible",
        statement=2,
        unknown_key="aws:sourceaccount",
    ),
    "organization-only": Incident(organization_only, cause="key-policy-explicit-deny", statement=2),
    "not-principal": Incident(not_principal, cause="key-policy-explicit-deny", statement=2),
    "allow-gone": Incident(allow_gone, cause="key-policy-no-allow", helps="allow-service-principal"),
    "same-policy": Incident(same_policy, "difference"),
    "file-system-role": Incident(
        file_system_role,
        cause="key-policy-explicit-deny",
        statement=2,
        helps="exempt-caller-role",
        helps_not=("exempt-service-principals",),
    ),
    "principal-tag": Incident(
        principal_tag,
        cause="key-policy-explicit-deny",
        confidence="possible",
        statement=2,
        unknown_key="aws:principaltag/team",
    ),
    "endpoint-only": Incident(endpoint_only, cause="key-policy-explicit-deny", statement=2),
    "organization-of-role": Incident(
        organization_of_role,
        cause="key-policy-explicit-deny",
        confidence="possible",
        unknown_key="aws:principalorgid",
        step="describe-organization",
    ),
    "organization-given": Incident(organization_given, "difference"),
    "repaired-unseen": Incident(
        repaired_unseen, "difference", not_ruled_out="key-policy-explicit-deny", step="PutKeyPolicy"
    ),
    "locked-later": Incident(locked_later, "difference", not_ruled_out="key-policy-explicit-deny"),
    "put-refused": Incident(put_refused, "difference", ruled_out="key-policy-explicit-deny"),
    "fixed-between": Incident(
        fixed_between, "difference", not_ruled_out="key-policy-explicit-deny", step="PutKeyPolicy"
    ),
    "failed-before-repair": Incident(
        failed_before_repair, cause="key-policy-explicit-deny", statement=2, confidence="confirmed"
    ),
    "unnamed-layer": Incident(unnamed_layer, cause="key-policy-explicit-deny", statement=3),
    "unnamed-layer-alone": Incident(
        unnamed_layer_alone, cause="key-policy-no-allow", confidence="possible", step="get-key-policy"
    ),
    "named-deny-looks-elsewhere": Incident(
        named_deny_looks_elsewhere, cause="key-policy-explicit-deny", statement=4, helps="exempt-caller-role"
    ),
    "china": Incident(china, cause="key-policy-explicit-deny", statement=2, helps="exempt-service-principals"),
    "put-during-job": Incident(put_during_job, cause="key-policy-explicit-deny", confidence="likely"),
    "other-endpoint": Incident(other_endpoint, cause="key-policy-explicit-deny", statement=2),
    "role-never-tried": Incident(role_never_tried, "difference"),
    "old-deny": Incident(old_deny, "difference", ruled_out="key-policy-explicit-deny"),
    "second-factor": Incident(second_factor, cause="key-policy-explicit-deny", statement=2, caller=STORAGE),
    "tagged-only": Incident(tagged_only, cause="key-policy-explicit-deny", statement=2, caller=STORAGE),
    "put-and-taken-back-during-job": Incident(
        put_and_taken_back_during_job, cause="key-policy-explicit-deny", statement=3, confidence="likely"
    ),
    "put-after-refusal": Incident(put_after_refusal, "difference"),
    "lost-allow": Incident(
        lost_allow, cause="key-policy-no-allow", confidence="likely", helps="allow-service-principal"
    ),
}
