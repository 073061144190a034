"""Two calls of one caller are the same request where they are alike in all that a statement tests."""

import pytest
from msgspec import structs

from trail_diff.diagnosis.evidence.requests import is_same_request
from trail_diff.model.learnt import Facets

ONE = Facets((("aws:backup:backup-vault", "a"),), "192.0.2.7", "vpce-1", "AROA1:s", "eu-west-1", "true")
DIFFERENCES = {
    "encryption_context": ("kms:EncryptionContext:aws:backup:backup-vault", (("aws:backup:backup-vault", "b"),)),
    "source_ip_address": ("aws:SourceIp", "192.0.2.8"),
    "vpc_endpoint_id": ("aws:SourceVpce", "vpce-2"),
    "principal_id": ("aws:userid", "AROA1:t"),
    "aws_region": ("aws:RequestedRegion", "us-east-1"),
    "mfa_authenticated": ("aws:MultiFactorAuthPresent", "false"),
}
NAMES = {
    "kms:encryptioncontextkeys": "encryption_context",
    "kms:encryptioncontext:department": "encryption_context",
    "aws:sourcearn": "encryption_context",
    "aws:sourceip": "source_ip_address",
    "aws:vpcsourceip": "source_ip_address",
    "aws:sourcevpc": "vpc_endpoint_id",
    "aws:sourcevpce": "vpc_endpoint_id",
    "aws:vpceaccount": "vpc_endpoint_id",
    "aws:userid": "principal_id",
    "aws:principaltag/team": "principal_id",
    "aws:sourceidentity": "principal_id",
    "aws:requestedregion": "aws_region",
    "aws:multifactorauthpresent": "mfa_authenticated",
}


@pytest.mark.parametrize("field", DIFFERENCES)
@pytest.mark.parametrize("key", NAMES)
def test_only_what_is_tested_tells_two_calls_apart(key: str, field: str) -> None:
    """A difference counts where the statement tests a key that has it, and nowhere else."""
    other = structs.replace(ONE, **{field: DIFFERENCES[field][1]})

    assert is_same_request(ONE, other, frozenset({key})) is (NAMES[key] != field)
    assert is_same_request(ONE, ONE, frozenset({key})) is True


@pytest.mark.parametrize("key", ["kms:encryptioncontext:department", "aws:sourcearn", "aws:sourceip"])
def test_context_that_a_record_does_not_tell_leaves_it_open(key: str) -> None:
    """A record without parameters tells of no context, which is not an empty one."""
    untold = structs.replace(ONE, encryption_context=None)

    assert is_same_request(untold, untold, frozenset({key})) is (True if key == "aws:sourceip" else None)


@pytest.mark.parametrize(
    "key", ["aws:currenttime", "aws:multifactorauthage", "kms:grantisforawsresource", "kms:validto"]
)
def test_what_no_record_tells_leaves_it_open(key: str) -> None:
    """Times, and what the request of a grant says, are not compared."""
    assert is_same_request(ONE, ONE, frozenset({key, "aws:userid"})) is None
