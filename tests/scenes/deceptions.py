"""Incidents built to mislead: what looks guilty and is not, what was there all the time, and what a date decides."""

from collections.abc import Callable

from recording import Recording
from scenes.stage import (
    ADMIN_ONLY,
    ALLOW_STORAGE,
    FIRST,
    SECOND,
    SERVICES_EXEMPT,
    STORAGE,
    Incident,
    Scene,
    Statement,
    deny,
    policy,
)

LONG_BEFORE, BETWEEN = "2026-02-01T09:00:00Z", "2026-03-02T09:00:00Z"
COMPARE = ["--failed-window", "2026-03-02T17:55Z/2026-03-02T18:25Z"]
COMPARE += ["--succeeded-window", "2026-03-01T17:55Z/2026-03-01T18:25Z"]
ACROSS = (
    "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based "
    "policy explicitly denies access"
)


def swap(scene: Scene, old: list[Statement], new: list[Statement]) -> None:
    """Let the storage service work under one policy, and put another one on the key before the second night."""
    scene.put_policy(LONG_BEFORE, *old)
    scene.storage(FIRST)
    scene.put_policy(BETWEEN, *new)


def date_has_passed(scene: Scene) -> None:
    """The same Deny all the time: from the second night's date on it matches."""
    sunset = deny({"DateGreaterThan": {"aws:CurrentTime": "2026-03-02T00:00:00Z"}}, "Sunset")
    scene.put_policy(LONG_BEFORE, ALLOW_STORAGE, sunset)
    scene.storage(FIRST)


def date_was_long_ago(scene: Scene) -> None:
    """A Deny that no longer matched on either night explains nothing."""
    sunrise = deny({"DateLessThan": {"aws:CurrentTime": "2026-03-01T00:00:00Z"}}, "Sunrise")
    scene.put_policy(LONG_BEFORE, ALLOW_STORAGE, sunrise)
    scene.storage(FIRST)


def allow_expired(scene: Scene) -> None:
    """The same Allow all the time: it ended with the first night's date."""
    until = {**ALLOW_STORAGE, "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-03-02T00:00:00Z"}}}
    scene.put_policy(LONG_BEFORE, until)
    scene.storage(FIRST)
    scene.give("--grants", "grants.json", {"Grants": []})


def reworded(scene: Scene) -> None:
    """The policy was put again with lists in another order and other Sids: nothing changed."""
    offices = ["203.0.113.0/24", "198.51.100.0/24"]
    old = deny({"NotIpAddress": {"aws:SourceIp": offices}}, "One", {"AWS": "*"})
    new = deny({"NotIpAddress": {"aws:SourceIp": offices[::-1]}}, "Two", {"AWS": ["*"]})
    swap(scene, [old, ALLOW_STORAGE], [new, ALLOW_STORAGE])


def added_and_removed(scene: Scene) -> None:
    """A Deny came in the morning and went in the afternoon; the job ran in the evening."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(ADMIN_ONLY)])
    scene.put_policy("2026-03-02T16:00:00Z", ALLOW_STORAGE)


def put_refused(scene: Scene) -> None:
    """Somebody tried to put a frightening policy and was refused."""
    scene.put_policy(LONG_BEFORE, ALLOW_STORAGE)
    scene.storage(FIRST)
    made, who = scene.made, scene.made.user("intern")
    record = made.put_key_policy(BETWEEN, scene.key, policy(made, deny(ADMIN_ONLY)), who)
    record |= made.denied(who, "kms:PutKeyPolicy", scene.key, "because no identity-based policy allows the action")


def policy_of_another_key(scene: Scene) -> None:
    """A guilty-looking policy was put on another key between the nights."""
    scene.put_policy(LONG_BEFORE, ALLOW_STORAGE)
    scene.storage(FIRST)
    made = scene.made
    made.put_key_policy(BETWEEN, made.key_arn("table"), policy(made, deny(ADMIN_ONLY)), made.user("key-admin"))


def disabled_in_another_region(scene: Scene) -> None:
    """A key of the same id in another Region was disabled."""
    scene.put_policy(LONG_BEFORE, ALLOW_STORAGE)
    scene.storage(FIRST)
    made = scene.made
    other = scene.key.replace("eu-west-1", "us-east-1")
    made.kms(BETWEEN, "DisableKey", other, made.user("key-admin"), awsRegion="us-east-1")


def disabled_under_a_deny(scene: Scene) -> None:
    """A Deny came, and the key was disabled as well: what a record states goes before what is evaluated."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(ADMIN_ONLY)])
    scene.change("2026-03-02T10:00:00Z", "DisableKey")


def disabled_after(scene: Scene) -> None:
    """The key was disabled after the job had failed; the Deny is the cause."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(ADMIN_ONLY)])
    scene.change("2026-03-02T19:00:00Z", "DisableKey")
    scene.state_today("Disabled")


def worked_later_under_it(scene: Scene) -> None:
    """The new Deny is undecided, and a later call worked under the same policy."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny({"StringNotEquals": {"aws:SourceAccount": "111122223333"}})])
    for action in ("GenerateDataKey", "Decrypt"):
        scene.made.kms("2026-03-02T22:00:00Z", action, scene.key, scene.made.service(STORAGE), scene.context)


def other_vault_worked_later(scene: Scene) -> None:
    """The Deny tests the vault; that another vault's call worked under it clears nothing."""
    names_other = {"StringNotLike": {"kms:EncryptionContext:aws:backup:backup-vault": "*:other"}}
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(names_other)])
    context = {"aws:backup:backup-vault": scene.made.arn("backup", "backup-vault:other")}
    for action in ("GenerateDataKey", "Decrypt"):
        scene.made.kms("2026-03-02T22:00:00Z", action, scene.key, scene.made.service(STORAGE), context)


def asked_about_another_key(scene: Scene) -> None:
    """The key that is asked about is in no record; the description names the vault's, which is the one."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(ADMIN_ONLY)])
    scene.describe_failed()
    scene.options += ["--key", scene.made.key_arn("table")]


def in_china(scene: Scene) -> None:
    """Another partition, Region and account."""
    scene.made = Recording("123456789012", "cn-north-1")
    names_roles = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws-cn:iam::123456789012:role/admin/*"}}
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(names_roles)])


def recorder_refused(scene: Scene) -> None:
    """AWS Config is refused on the vault's key at the same minute; the storage service is what matters."""
    swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(ADMIN_ONLY)])
    made = scene.made
    who = made.role("org/ConfigRecorder", "describe", "config.amazonaws.com")
    made.kms(f"{FIRST}T18:07:00Z", "DescribeKey", scene.key, who)
    why = "with an explicit deny in a resource-based policy"
    made.kms(
        f"{SECOND}T18:07:00Z", "DescribeKey", scene.key, who, **made.denied(who, "kms:DescribeKey", scene.key, why)
    )
    scene.options += ["compare", *COMPARE]


def queue_filled_by_a_bucket(scene: Scene) -> None:
    """The record says sqs, the policy named s3, and that statement is gone."""
    made = scene.made
    allow_bucket = {**ALLOW_STORAGE, "Sid": "Bucket", "Principal": {"Service": "s3.amazonaws.com"}}
    scene.put_policy(LONG_BEFORE, allow_bucket)
    context = {"aws:sqs:arn": made.arn("sqs", "incoming")}
    made.kms(f"{FIRST}T18:07:00Z", "GenerateDataKey", scene.key, made.service("sqs.amazonaws.com"), context)
    scene.put_policy(BETWEEN)
    scene.options += ["compare", *COMPARE, "--key", scene.key]


def key_of_another_account(scene: Scene) -> None:
    """A reader is refused across accounts, and the key's policy, which is given, names another role."""
    made = scene.made
    key = made.arn("kms", f"key/{made.make_id('foreign')}", account="444455556666")
    who = made.role("reader", "s", "secretsmanager.amazonaws.com")
    made.kms(f"{SECOND}T18:07:00Z", "Decrypt", key, who, **made.denied(who, "kms:Decrypt", key, ACROSS))
    other = {**ALLOW_STORAGE, "Principal": {"AWS": made.role_arn("other")}}
    scene.give("--key-policy", "policy.json", {"Version": "2012-10-17", "Statement": [other]})
    scene.options += ["compare", *COMPARE[:2], "--key", key]


def restored_table(scene: Scene) -> None:
    """The policy pins the table's name, and the restored table has another."""
    made = scene.made
    pinned = {"StringEquals": {"kms:EncryptionContext:aws:dynamodb:tableName": "orders"}}
    statement = {**ALLOW_STORAGE, "Principal": {"AWS": made.role_arn("app")}, "Condition": pinned}
    scene.put_policy(LONG_BEFORE, statement)
    who = made.role("app", "s", "dynamodb.amazonaws.com")
    why = made.denied(who, "kms:Decrypt", scene.key, "because no resource-based policy allows the kms:Decrypt action")
    made.kms(f"{FIRST}T18:07:00Z", "Decrypt", scene.key, who, {"aws:dynamodb:tableName": "orders"})
    made.kms(f"{SECOND}T18:07:00Z", "Decrypt", scene.key, who, {"aws:dynamodb:tableName": "restored"}, **why)
    scene.options += ["compare", *COMPARE, "--key", scene.key]


_TEMPTING = ("add-backup-role", "add-session-arn", "allow-role-everything", "via-aws-service", "if-exists-operator")
_SERVICE_NAMES = "aws:PrincipalServiceNamesList"
_ADDED: dict[str, tuple[Statement, str | None]] = {
    "is-no-service-as-text": ({"StringNotEquals": {"aws:PrincipalIsAWSService": "true"}}, None),
    "is-service-as-text": ({"StringEquals": {"aws:PrincipalIsAWSService": "true"}}, "confirmed"),
    "other-context-keys": ({"ForAnyValue:StringNotEquals": {"kms:EncryptionContextKeys": ["aws:ebs:id"]}}, "confirmed"),
    "region-left-out": ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "us-west-2"]}}, "confirmed"),
    "region-listed": ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, None),
    "via-any-service-here": ({"StringNotLike": {"kms:ViaService": "*.eu-west-1.amazonaws.com"}}, "confirmed"),
    "names-like-its-own": ({"ForAllValues:StringNotLike": {_SERVICE_NAMES: ["backup-*.amazonaws.com"]}}, None),
    "other-services-only": ({"StringEqualsIfExists": {"aws:PrincipalServiceName": ["s3.amazonaws.com"]}}, None),
    "age-of-mfa": ({"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}}, None),
    "age-of-mfa-if-exists": ({"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}, "likely"),
    "accounts-if-exists": ({"StringNotEqualsIfExists": {"kms:CallerAccount": ["111122223333"]}}, "confirmed"),
    "attested-only": ({"StringNotEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": "abc"}}, "likely"),
    "reordered-exemption": (SERVICES_EXEMPT, None),
}


def _added(condition: Statement) -> Callable[[Scene], None]:
    return lambda scene: swap(scene, [ALLOW_STORAGE], [ALLOW_STORAGE, deny(condition, "Guard")])


def _expect(condition: Statement, confidence: str | None) -> Incident:
    if confidence is None:
        return Incident(_added(condition), "difference")
    deny_found = "key-policy-explicit-deny"
    return Incident(_added(condition), cause=deny_found, confidence=confidence, statement=3, helps_not=_TEMPTING)


_DENY = "key-policy-explicit-deny"
CASES: dict[str, Incident] = {
    "date-has-passed": Incident(
        date_has_passed, cause=_DENY, statement=3, helps="exempt-this-service", helps_not=_TEMPTING
    ),
    "date-was-long-ago": Incident(date_was_long_ago, "difference"),
    "allow-expired": Incident(allow_expired, cause="key-policy-no-allow", caller=STORAGE),
    "reworded": Incident(reworded, "difference"),
    "added-and-removed": Incident(added_and_removed, "difference"),
    "put-refused": Incident(put_refused, "difference"),
    "policy-of-another-key": Incident(policy_of_another_key, "difference"),
    "disabled-in-another-region": Incident(disabled_in_another_region, "difference"),
    "disabled-under-a-deny": Incident(disabled_under_a_deny, cause="key-disabled", helps_not=("enable-key",)),
    "disabled-after": Incident(disabled_after, cause=_DENY, statement=3, caller=STORAGE),
    "worked-later-under-it": Incident(worked_later_under_it, "difference", ruled_out=_DENY),
    "other-vault-worked-later": Incident(other_vault_worked_later, cause=_DENY, statement=3),
    "asked-about-another-key": Incident(asked_about_another_key, cause=_DENY, statement=3),
    "in-china": Incident(in_china, cause=_DENY, confidence="confirmed", statement=3),
    "recorder-refused": Incident(
        recorder_refused, cause=_DENY, statement=3, caller=STORAGE, helps="exempt-this-service"
    ),
    "queue-filled-by-a-bucket": Incident(
        queue_filled_by_a_bucket,
        cause="key-policy-no-allow",
        confidence="likely",
        helps_not=("allow-service-principal",),
    ),
    "key-of-another-account": Incident(key_of_another_account, cause="key-policy-no-allow", caller="reader"),
    "restored-table": Incident(restored_table, cause="key-policy-no-allow", confidence="confirmed", statement=2),
    **{f"added-{name}": _expect(condition, confidence) for name, (condition, confidence) in _ADDED.items()},
}
