"""From records to events: callers of every kind, keys from every place, and no input that crashes."""

from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from making import make_event
from recording import Recording

from trail_diff.events.denials import read_denial
from trail_diff.events.identity import identify_caller, service_name
from trail_diff.events.normalize import normalize_record
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Event, KeyAccess, Skipped
from trail_diff.model.reasons import Reason

MADE = Recording()
KEY, OTHER_KEY = MADE.key_arn("a"), MADE.key_arn("b")
STORAGE = MADE.service("backup-storage.amazonaws.com")
TIME = "2026-03-01T18:05:00Z"
BACKUP_ROLE = "service-role/AWSBackupDefaultServiceRole"
BACKUP_SESSION = "AWSBackup-AWSBackupDefaultServiceRole"
SLR = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
EMPTY_ISSUER = {**MADE.user("bo"), "sessionContext": {"sessionIssuer": {}}, "invokedBy": "secretsmanager.amazonaws.com"}
ROOT = {"type": "Root", "arn": "arn:aws:iam::111122223333:root", "accountId": "111122223333"}
ODD_USER = {"type": "IAMUser", "arn": "arn:aws:sts::111122223333:assumed-role/app/s", "accountId": "111122223333"}
INFRA = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-1",
    "accountId": "111122223333",
    "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/aws:ec2-infrastructure"}},
}


@pytest.mark.parametrize(
    ("identity", "kind", "name"),
    [
        (STORAGE, "service-principal", "backup-storage.amazonaws.com"),
        (MADE.service("AWS Internal"), "service-principal", "AWS Internal"),
        (MADE.role(BACKUP_ROLE, BACKUP_SESSION, "backup.amazonaws.com"), "service-role", "AWSBackupDefaultServiceRole"),
        (
            MADE.role(BACKUP_ROLE, BACKUP_SESSION, "dynamodb.amazonaws.com"),
            "forward-access-session",
            "AWSBackupDefaultServiceRole",
        ),
        (MADE.role(BACKUP_ROLE, BACKUP_SESSION), "service-role", "AWSBackupDefaultServiceRole"),
        (MADE.role(SLR, "s", "AWS Internal"), "service-linked-role", "AWSServiceRoleForBackup"),
        (INFRA, "service-role", "aws:ec2-infrastructure"),
        (MADE.role("app/web", "i-1"), "role", "web"),
        (MADE.role("app/web", "i-1", "secretsmanager.amazonaws.com"), "forward-access-session", "web"),
        (MADE.role("app/web", "alice", "signin.amazonaws.com"), "role", "web"),
        (MADE.role("app/web", "s", account="444455556666"), "cross-account", "web"),
        (MADE.user("alice"), "user", "alice"),
        (EMPTY_ISSUER, "forward-access-session", "bo"),
        (ODD_USER, "role", "app"),
        (ROOT, "root", "root"),
        ({**ROOT, "invokedBy": "dynamodb.amazonaws.com"}, "forward-access-session", "root"),
        ({"type": "AWSAccount", "accountId": "444455556666"}, "cross-account", "444455556666"),
        (
            {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL", "accountId": "anonymous"},
            "anonymous",
            "anonymous",
        ),
        ({"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}, "anonymous", "anonymous"),
        ({"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/eve"}, "federated", "eve"),
        ({"type": "WebIdentityUser", "userName": "w"}, "federated", "w"),
        ({"type": "SAMLUser", "userName": "s"}, "federated", "s"),
        ({"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1"}}, "identity-center-user", "u-1"),
        ({"type": "Directory", "userName": "d"}, "user", "d"),
        ({"type": "Unknown"}, "unknown", None),
        ({"type": "SomethingNew"}, "unknown", None),
        ({}, "unknown", None),
        (None, "unknown", None),
    ],
)
def test_callers_are_told_apart(identity: Any, kind: str, name: str | None) -> None:
    """Every form of userIdentity has its caller kind and name."""
    caller = identify_caller({"userIdentity": identity, "recipientAccountId": "111122223333"})

    assert (caller.kind, caller.name) == (CallerKind(kind), name)


def test_service_event_is_no_caller() -> None:
    """A service event names the service that it is about, and has no caller type."""
    identity = {"accountId": "111122223333", "invokedBy": "backup.amazonaws.com"}

    caller = identify_caller({"userIdentity": identity, "eventType": "AwsServiceEvent"})

    assert (caller.type, caller.kind, caller.name) == (None, CallerKind.SERVICE_EVENT, "backup.amazonaws.com")


def test_role_arn_has_its_path_only_from_the_issuer() -> None:
    """The session's ARN has no path, so without an issuer the role's ARN has none either."""
    with_issuer = identify_caller({"userIdentity": MADE.role("team/app", "s")})
    without = identify_caller(
        {"userIdentity": {"type": "AssumedRole", "arn": "arn:aws-cn:sts::111122223333:assumed-role/app/s"}}
    )

    assert with_issuer.role_arn == "arn:aws:iam::111122223333:role/team/app"
    assert without.role_arn == "arn:aws-cn:iam::111122223333:role/app"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", "dynamodb.amazonaws.com"),
        ("dynamodb.us-gov-west-1.amazonaws.com", "dynamodb.amazonaws.com"),
        ("ec2.cn-north-1.amazonaws.com.cn", "ec2.amazonaws.com.cn"),
        ("dynamodb.eusc-de-east-1.amazonaws.eu", "dynamodb.amazonaws.eu"),
        ("backup-storage.amazonaws.com", "backup-storage.amazonaws.com"),
        ("AWS Internal", "AWS Internal"),
    ],
)
def test_region_label_is_removed(text: str, name: str) -> None:
    """A service is the same with and without its Region label."""
    assert service_name(text) == name


def test_key_comes_from_the_best_place() -> None:
    """The resource's ARN, else the request's key id made an ARN, else the one in the message."""
    key_id = KEY.split("/")[1]
    made = Recording()
    by_resource = made.kms(TIME, "Decrypt", KEY, STORAGE)
    by_request = made.kms(TIME, "GenerateDataKey", None, STORAGE, parameters={"keyId": key_id})
    by_alias = made.kms(TIME, "GenerateDataKey", None, STORAGE, parameters={"keyId": "alias/aws/ebs"})
    by_message = made.kms(
        TIME, "Decrypt", None, STORAGE, errorCode="AccessDenied", errorMessage=f"… on resource: {KEY} because …"
    )
    unnamed = made.kms(TIME, "Decrypt", None, STORAGE)

    keys = [make_event(record).accesses[0].key for record in (by_resource, by_request, by_alias, by_message, unnamed)]

    assert keys == [KEY, KEY, "alias/aws/ebs", KEY, None]


def test_reencrypt_is_two_accesses() -> None:
    """ReEncrypt uses the source key and the destination key, in the order of the resources."""
    resources = [{"ARN": KEY, "type": "AWS::KMS::Key"}, {"ARN": OTHER_KEY, "type": "AWS::KMS::Key"}]

    event = make_event(Recording().kms(TIME, "ReEncrypt", None, STORAGE, resources=resources))

    assert event.accesses == (KeyAccess("kms:ReEncryptFrom", KEY), KeyAccess("kms:ReEncryptTo", OTHER_KEY))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, None),
        ("", None),
        ("200", None),
        (200, None),
        ("AccessDenied", "AccessDenied"),
        ("DryRunOperationException", None),
    ],
)
def test_error_code_of_a_success_is_none(code: Any, expected: str | None) -> None:
    """Some services write 200 where there is no error, and KMS an error for a dry run that would have succeeded."""
    assert make_event(Recording().kms(TIME, "Decrypt", KEY, STORAGE, errorCode=code)).error_code == expected


@pytest.mark.parametrize(
    ("reason", "effect", "layer", "policy"),
    [
        ("with an explicit deny in a resource-based policy", "explicit-deny", "key-policy", None),
        ("with an explicit deny in an identity-based policy", "explicit-deny", "identity-policy", None),
        ("with an explicit deny in a service control policy", "explicit-deny", "scp", None),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1",
            "explicit-deny",
            "scp",
            "arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1",
        ),
        ("with an explicit deny in a resource control policy", "explicit-deny", "rcp", None),
        ("with an explicit deny in a permissions boundary", "explicit-deny", "permissions-boundary", None),
        ("with an explicit deny in a session policy", "explicit-deny", "session-policy", None),
        ("with an explicit deny in a VPC endpoint policy", "explicit-deny", "vpc-endpoint-policy", None),
        ("with an explicit deny", "explicit-deny", None, None),
        ("because no identity-based policy allows the kms:Decrypt action", "no-allow", "identity-policy", None),
        ("because no resource-based policy allows the kms:Decrypt action", "no-allow", "key-policy", None),
        ("because no permissions boundary allows the kms:Decrypt action", "no-allow", "permissions-boundary", None),
        ("because no session policy allows the kms:Decrypt action", "no-allow", "session-policy", None),
        ("because no service control policy allows the kms:Decrypt action", "no-allow", "scp", None),
        ("because no VPC endpoint policy allows the kms:Decrypt action", "no-allow", "vpc-endpoint-policy", None),
        (
            "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
            None,
            None,
            None,
        ),
        ("", None, None, None),
    ],
)
def test_messages_name_the_layer(reason: str, effect: str | None, layer: str | None, policy: str | None) -> None:
    """Every form of an access-denied message is understood, and what it does not say stays open."""
    message = f"User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: kms:Decrypt on resource: {KEY} {reason}"

    denial = read_denial(message, "AccessDenied")

    assert denial is not None
    assert (denial.effect, denial.layer, denial.action, denial.policy_arn) == (effect, layer, "kms:Decrypt", policy)


def test_other_errors_are_no_refusals() -> None:
    """A disabled key is no refusal, and an old Decrypt message is one that says nothing more."""
    old = "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."

    assert read_denial("… is disabled.", "DisabledException") is None
    assert read_denial(old, "AccessDenied") == read_denial("", "AccessDenied")


@pytest.mark.parametrize("field", ["eventSource", "eventName", "eventTime"])
@pytest.mark.parametrize("value", [None, 7, {}, [], ""])
def test_record_without_what_is_needed_is_skipped(field: str, value: Any) -> None:
    """A record without source, name or time is no event."""
    record = {**Recording().kms(TIME, "Decrypt", KEY, STORAGE), field: value}

    assert normalize_record(record, "a.json") == Skipped("a.json", Reason.INVALID_RECORD)


@pytest.mark.parametrize(
    "changes",
    [
        {"eventName": "kms:Decrypt"},
        {"eventName": "decrypt"},
        {"userIdentity": {**STORAGE, "type": 7}},
        {"userIdentity": {**STORAGE, "invokedBy": "backup-storage. amazonaws.com"}},
        {"userIdentity": {**STORAGE, "invokedBy": "backup-\ufeffstorage.amazonaws.com"}},
        {"userIdentity": {**STORAGE, "invokedBy": ["backup.amazonaws.com"]}},
        {"userIdentity": "backup"},
        {"userIdentity": {**ROOT, "arn": "<arn:aws>:iam::111122223333:root"}},
        {"userIdentity": {**ROOT, "accountId": [1]}},
        {"userIdentity": {**ROOT, "userName": "a\u200bb"}},
        {"resources": [{"ARN": "<arn:aws>:kms:eu-west-1:111122223333:key/a"}]},
        {"resources": [], "requestParameters": {"keyId": "a\ufeffb"}},
    ],
)
def test_record_whose_facts_cannot_be_what_they_are_named_is_skipped(changes: dict[str, Any]) -> None:
    """Damage inside of a name, an ARN or a type makes a record invalid, and never a caller or a key of its own."""
    record = {**Recording().kms(TIME, "Decrypt", KEY, STORAGE), **changes}

    assert normalize_record(record, "a.json") == Skipped("a.json", Reason.INVALID_RECORD)


@pytest.mark.parametrize("recipient", [111122223333, "1.11122E+11", "XXXXXXXXXXXX", None])
def test_an_account_that_was_changed_on_its_way_makes_no_caller_foreign(recipient: object) -> None:
    """An account that became a number is itself; one that was rounded or masked is compared with none."""
    identity = {**ROOT, "accountId": 111122223333}
    record = {**Recording().kms(TIME, "Decrypt", KEY, identity), "recipientAccountId": recipient}

    caller = make_event(record).caller

    assert (caller.kind, caller.account) == (CallerKind.ROOT, "111122223333")


def test_record_without_an_id_keeps_one_id() -> None:
    """The same record read twice is the same event, even without an eventID."""
    record = Recording().kms(TIME, "Decrypt", KEY, STORAGE, eventID=None)

    assert make_event(record).event_id == make_event(dict(reversed(record.items()))).event_id


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
FIELDS = st.sampled_from([*Recording().kms(TIME, "Decrypt", KEY, STORAGE), "errorCode", "errorMessage", "eventContext"])


@given(st.dictionaries(FIELDS, JSON, max_size=8), st.booleans())
@settings(deadline=None, max_examples=examples(300))
def test_no_record_crashes(changes: dict[str, Any], whole: bool) -> None:  # noqa: FBT001
    """Whatever the fields hold, a record becomes an event or is counted as skipped."""
    base = Recording().kms(TIME, "Decrypt", KEY, STORAGE) if whole else {}

    result = normalize_record({**base, **changes}, "a.json")

    assert isinstance(result, Event) or result == Skipped("a.json", Reason.INVALID_RECORD)


@given(st.dictionaries(st.text(min_size=1, max_size=8).filter(lambda name: not name.isascii()), JSON, max_size=4))
@settings(deadline=None, max_examples=examples(50))
def test_unknown_fields_change_nothing(extra: dict[str, Any]) -> None:
    """Fields that nobody knows, and higher versions, are passed over."""
    record = Recording().kms(TIME, "Decrypt", KEY, STORAGE)

    assert normalize_record({**record, **extra, "eventVersion": "9.9"}, "x") == normalize_record(record, "x")
