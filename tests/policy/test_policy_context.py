"""Which condition keys a record shows a request to have had, for each kind of caller."""

from typing import Any

import pytest
from making import make_event
from recording import Recording

from trail_diff.policy import ArnIn, Domain, Open, PrincipalKind, Request
from trail_diff.policy.request.context import build_request
from trail_diff.policy.request.domains import NEVER_THE_CUSTOMERS
from trail_diff.policy.request.view import RequestView

MADE = Recording()
KEY = MADE.key_arn("k")
ACCOUNT = "111122223333"
STORAGE = "backup-storage.amazonaws.com"
LINKED = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
ABSENT, UNKNOWN = Open.ABSENT, Open.ANYTHING


def request_of(
    identity: dict[str, Any], action: str = "Decrypt", organization: str | None = None, **fields: Any
) -> Request:
    """Build the request that one call on the key made."""
    record = Recording().kms("2026-03-01T18:00:00Z", action, KEY, identity)
    record.update(fields)
    event = make_event(record)
    return build_request(event, event.accesses[0], organization)


def keys_of(request: Request, *names: str) -> list[Any]:
    """Return what a request has for condition keys."""
    return [RequestView(request).value_of(name.lower()) for name in names]


IDENTITY_KEYS = (
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:ViaAWSService",
    "kms:ViaService",
    "aws:SourceVpce",
)
MAYBE_BACKUP = Domain((ABSENT, "backup.eu-west-1.amazonaws.com"), "inferred")
EITHER = Domain(("true", "false"), "documented")
ROLE_ARN, LINKED_ARN = MADE.role_arn("app/web"), MADE.role_arn(LINKED)


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (MADE.role("app/web", "i-1"), [ROLE_ARN, "false", "false", ABSENT, ABSENT]),
        (
            MADE.role("app/web", "i-1", "dynamodb.amazonaws.com"),
            [ROLE_ARN, "false", "true", "dynamodb.eu-west-1.amazonaws.com", ABSENT],
        ),
        (MADE.role(LINKED, "s", "backup.amazonaws.com"), [LINKED_ARN, "false", "false", MAYBE_BACKUP, ABSENT]),
        (MADE.service(STORAGE), [NEVER_THE_CUSTOMERS, "true", "false", ABSENT, ABSENT]),
        (
            {"type": "AWSService", "invokedBy": "AWS Internal"},
            [NEVER_THE_CUSTOMERS, EITHER, "false", ABSENT, ABSENT],
        ),
    ],
    ids=["role", "forward access session", "service-linked role", "service principal", "AWS Internal"],
)
def test_caller_kind_decides_which_keys_there_are(identity: dict[str, Any], expected: list[Any]) -> None:
    """Each kind of caller has its keys present, absent or unknown; a session is known by its role, with the path."""
    assert keys_of(request_of(identity), *IDENTITY_KEYS) == expected


def test_service_without_a_name_is_no_service_principal() -> None:
    """What is only called AWS Internal may be any principal of AWS."""
    assert request_of({"type": "AWSService", "invokedBy": "AWS Internal"}).principal.kind is PrincipalKind.UNKNOWN


def test_source_of_a_service_is_what_the_record_says() -> None:
    """aws:SourceArn and aws:SourceAccount are what the record carries, else none or of the account concerned."""
    scope = {"sourceArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:v", "sourceAccount": ACCOUNT}
    told = request_of({**MADE.service(STORAGE), "inScopeOf": scope})

    assert keys_of(told, "aws:SourceArn", "aws:SourceAccount") == [scope["sourceArn"], ACCOUNT]
    assert keys_of(request_of(MADE.service(STORAGE)), "aws:SourceArn", "aws:SourceAccount") == [
        Domain((ABSENT, ArnIn(ACCOUNT)), "inferred"),
        Domain((ABSENT, ACCOUNT), "inferred"),
    ]
    assert keys_of(request_of(MADE.role("app", "s")), "aws:SourceArn", "aws:SourceAccount") == [ABSENT, ABSENT]


def test_organization_is_known_only_when_given_and_absent_for_services() -> None:
    """A caller with an account may belong to an organization; a service principal never does."""
    role, service = MADE.role("app", "s"), MADE.service(STORAGE)

    found = [
        keys_of(request_of(who, organization=org), "aws:PrincipalOrgID")[0]
        for who in (role, service)
        for org in (None, "o-1")
    ]

    assert found == [UNKNOWN, "o-1", ABSENT, ABSENT]


def test_what_the_record_says_of_the_request_comes_first() -> None:
    """The recorded request context overrules what is derived, in whatever letter case, and makes unknown keys known."""
    recorded = {"aws:principalorgid": "o-9", "aws:PrincipalIsAWSService": False, "aws:MultiFactorAuthAge": 60}
    request = request_of(MADE.role("app", "s"), eventContext={"requestContext": recorded})

    assert keys_of(request, *recorded) == ["o-9", "false", "60"]


@pytest.mark.parametrize(("recorded", "members"), [("true", ("true",)), ("false", (ABSENT, "false")), (None, None)])
def test_session_says_whether_it_has_multi_factor_authentication(recorded: str | None, members: object) -> None:
    """A session with MFA has the key; one without has it as false, or, as a federated one, not at all."""
    caller = MADE.role("app", "s")
    attributes = {"mfaAuthenticated": recorded} if recorded else {}
    caller["sessionContext"]["attributes"] = attributes

    found = request_of(caller).context.get("aws:MultiFactorAuthPresent")

    assert (found.members if isinstance(found, Domain) else found) == members


@pytest.mark.parametrize(("service", "is_known"), [(STORAGE, True), ("sns.amazonaws.com", False)])
def test_storage_service_sends_the_vault_that_it_works_for(service: str, *, is_known: bool) -> None:
    """The vault in the context is the source of the storage service's call; of other services the source is another."""
    vault = "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod"
    parameters = {"keyId": KEY, "encryptionContext": {"aws:backup:backup-vault": vault}}

    found = request_of(MADE.service(service), requestParameters=parameters).context["aws:SourceArn"]

    assert isinstance(found, Domain)
    assert (vault in found.members) is is_known
    assert ABSENT in found.members


@pytest.mark.parametrize("action", ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"])
def test_data_keys_are_made_by_the_symmetric_algorithm(action: str) -> None:
    """The request names no algorithm; only symmetric keys encrypt data keys."""
    assert keys_of(request_of(MADE.role("app", "s"), action), "kms:EncryptionAlgorithm") == ["SYMMETRIC_DEFAULT"]


def test_name_of_a_service_is_no_address() -> None:
    """Where a service made the call, the source address is not known."""
    request = request_of(MADE.role("app", "s", "dynamodb.amazonaws.com"), sourceIPAddress="dynamodb.amazonaws.com")

    assert keys_of(request, "aws:SourceIp") == [UNKNOWN]


def test_encryption_context_is_absent_key_by_key_when_the_call_has_another() -> None:
    """Names that are not part of the context are absent; all are unknown where no request parameters were recorded."""
    parameters = {"encryptionContext": {"a": "1"}, "keyId": KEY}
    names = ("kms:EncryptionContext:a", "kms:EncryptionContext:b", "kms:EncryptionContextKeys")

    assert keys_of(request_of(MADE.role("app", "s"), requestParameters=parameters), *names) == ["1", ABSENT, ("a",)]
    assert keys_of(request_of(MADE.role("app", "s"), requestParameters=None), *names) == [UNKNOWN] * 3


def test_grant_keys_are_those_of_the_grant_that_is_asked_for() -> None:
    """CreateGrant has the grantee, the operations and the constraint of its grant; no other call has any."""
    parameters = {
        "keyId": KEY,
        "granteePrincipal": STORAGE,
        "operations": ["Decrypt", "RetireGrant"],
        "constraints": {"encryptionContextSubset": {"a": "1"}},
    }
    names = ("kms:GranteePrincipal", "kms:GrantOperations", "kms:GrantConstraintType", "kms:EncryptionContext:a")
    grant = request_of(MADE.role(LINKED, "s"), "CreateGrant", requestParameters=parameters)

    assert keys_of(grant, *names) == [STORAGE, ("Decrypt", "RetireGrant"), "EncryptionContextSubset", "1"]
    assert keys_of(request_of(MADE.role(LINKED, "s")), *names) == [ABSENT] * 4
