"""What to look at where KMS answered with an error that no policy causes: the one command about what failed. Pure.

Source: KMS API reference, "Common errors" and the errors of each operation. What an unknown code is about is not
guessed: then all that is asked of a key stays open.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping

from trail_diff.arns import arn_account, arn_region
from trail_diff.diagnosis.cause_steps import region_option
from trail_diff.diagnosis.examined import Examined
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import NextStep

_CREDENTIALS = (
    "ExpiredToken InvalidClientTokenId UnrecognizedClient SignatureDoesNotMatch InvalidSignature IncompleteSignature "
    "MissingAuthenticationToken RequestExpired"
)
_CODES: Mapping[Reason, str] = {
    Reason.QUOTA_REACHED: "LimitExceeded",
    Reason.KEY_DOES_NOT_FIT: "InvalidKeyUsage UnsupportedOperation",
    Reason.GRANT_NOT_VALID: "InvalidGrantToken InvalidGrantId",
    Reason.KEY_STORE_NOT_READY: "CloudHsmCluster CustomKeyStore XksProxy XksKey",
    Reason.CREDENTIALS_NOT_VALID: _CREDENTIALS,
    Reason.KMS_FAILED_ITSELF: "KMSInternal DependencyTimeout InternalFailure ServiceUnavailable",
    Reason.REQUEST_NOT_VALID: "Validation InvalidArn InvalidAliasName MalformedPolicyDocument AlreadyExists Tag "
    "InvalidMarker KMSInvalidMac KMSInvalidSignature",
}
"""How the codes begin that are about each; `Exception` or more of a name may follow."""


def steps_of_errors(examined: Examined) -> tuple[NextStep, ...]:
    """Return what shows why calls failed, where each that makes the difference did for what no policy causes."""
    failed = [one for group in examined.driving for one in group.failed.error_codes]
    if not failed or any(_about(code) is None for code in failed):
        return ()
    ties = [tie.event for tie in examined.case.failed.events if _about(tie.event.error_code) is not None]
    return tuple(_make_step(event, reason) for event in ties if (reason := _about(event.error_code)) is not None)


def _about(code: str | None) -> Reason | None:
    for reason, beginnings in _CODES.items():
        if code is not None and code.startswith(tuple(beginnings.split())):
            return reason
    return None


def _make_step(event: Event, reason: Reason) -> NextStep:
    key = next((access.key for access in event.accesses if access.key), None)
    command = " ".join(_COMMANDS.get(reason, _show_record)(event, key))
    region = region_option(arn_region(key) or event.aws_region) if reason not in _OF_NO_REGION else ""
    return NextStep(reason, command + region, account=arn_account(key), is_fact=False)


def _show_quota(event: Event, key: str | None) -> Iterator[str]:
    if event.event_name == "CreateGrant" and key is not None:
        yield f"aws kms list-grants --key-id {shlex.quote(key)} --query 'length(Grants)'"
        return
    yield "aws service-quotas list-service-quotas --service-code kms --query 'Quotas[].[QuotaName,Value]' --output text"


def _show_key(_event: Event, key: str | None) -> Iterator[str]:
    yield f"aws kms describe-key --key-id {shlex.quote(key or 'KEY')}"
    yield "--query 'KeyMetadata.[KeyUsage,KeySpec,KeyState,Origin,MultiRegion]'"


def _show_grants(_event: Event, key: str | None) -> Iterator[str]:
    yield f"aws kms list-grants --key-id {shlex.quote(key or 'KEY')}"


def _show_stores(_event: Event, _key: str | None) -> Iterator[str]:
    yield "aws kms describe-custom-key-stores"


def _show_caller(_event: Event, _key: str | None) -> Iterator[str]:
    yield "aws sts get-caller-identity"


def _show_health(_event: Event, _key: str | None) -> Iterator[str]:
    yield "aws health describe-events --filter services=KMS --region us-east-1"


def _show_record(event: Event, _key: str | None) -> Iterator[str]:
    wanted = f"AttributeKey=EventId,AttributeValue={shlex.quote(event.event_id)}"
    yield f"aws cloudtrail lookup-events --lookup-attributes {wanted}"
    yield "--query 'Events[].CloudTrailEvent' --output text"


_COMMANDS: Mapping[Reason, Callable[[Event, str | None], Iterator[str]]] = {
    Reason.QUOTA_REACHED: _show_quota,
    Reason.KEY_DOES_NOT_FIT: _show_key,
    Reason.GRANT_NOT_VALID: _show_grants,
    Reason.KEY_STORE_NOT_READY: _show_stores,
    Reason.CREDENTIALS_NOT_VALID: _show_caller,
    Reason.KMS_FAILED_ITSELF: _show_health,
}
_OF_NO_REGION = frozenset({Reason.CREDENTIALS_NOT_VALID, Reason.KMS_FAILED_ITSELF})
