"""What each condition key can be for each kind of caller: one row for a key, one column for a kind of caller.

Sources: IAM User Guide, "AWS global condition context keys" and "Forward access sessions"; KMS Developer Guide,
"Condition keys for AWS KMS"; AWS's data perimeter policy examples (March 2026). What no page states but follows from
these is `inferred`. A key that stands in no row is unknown.
"""

from typing import Literal

from msgspec import Struct

from trail_diff.policy.request.domains import ABSENT, AWS_OWNED, IS_UNKNOWN, NEVER_THE_CUSTOMERS, Domain

Fact = Literal[
    "region", "time", "epoch", "key-account", "principal-arn", "account", "principal-type", "user-id", "user-name",
    "organization", "service-name", "service-names", "is-service", "source-arn", "source-account", "via-service",
    "address", "endpoint", "address-in-vpc", "grant-for-resource", "mfa",
]  # fmt: skip
"""What a record, or what was handed in, may tell of a request."""


class Told(Struct, frozen=True):
    """What a fact tells of a key, where there is one; what the key can be where there is none."""

    fact: Fact
    otherwise: Domain = IS_UNKNOWN


Cell = Domain | Told


class Row(Struct, frozen=True):
    """What a key can be.

    `direct`: a principal of an account that calls by itself. `forwarded`: the same, used onward by a service (forward
    access session). `role`: a session of a role that a service holds, a service-linked role, or EC2's identity-only
    role. `service`: a service principal.
    """

    key: str
    direct: Cell
    forwarded: Cell
    role: Cell
    service: Cell


_GONE = Domain((ABSENT,), "documented")
_SURELY_GONE = Domain((ABSENT,), "inferred")
_TRUE, _FALSE = Domain(("true",), "documented"), Domain(("false",), "documented")
_FALSE_TOO = Domain(("false",), "inferred")
_EITHER = Domain(("true", "false"), "documented")
_AWS_ADDRESS = Domain((ABSENT, AWS_OWNED), "documented")
_NOT_TOLD = Domain((ABSENT,))


def _all(key: str, cell: Cell) -> Row:
    return Row(key, cell, cell, cell, cell)


def _of_account(key: str, fact: Fact, service: Cell) -> Row:
    return Row(key, Told(fact), Told(fact), Told(fact), service)


GLOBAL_ROWS: tuple[Row, ...] = (
    _all("aws:RequestedRegion", Told("region")),
    _all("aws:SecureTransport", _TRUE),
    _all("aws:CurrentTime", Told("time")),
    _all("aws:EpochTime", Told("epoch")),
    _all("aws:ResourceAccount", Told("key-account")),
    _of_account("aws:PrincipalArn", "principal-arn", NEVER_THE_CUSTOMERS),
    _of_account("aws:PrincipalAccount", "account", NEVER_THE_CUSTOMERS),
    _of_account("kms:CallerAccount", "account", NEVER_THE_CUSTOMERS),
    _of_account("aws:PrincipalType", "principal-type", NEVER_THE_CUSTOMERS),
    _of_account("aws:userid", "user-id", NEVER_THE_CUSTOMERS),
    Row("aws:username", Told("user-name", _GONE), Told("user-name", _GONE), _GONE, _SURELY_GONE),
    _of_account("aws:PrincipalOrgID", "organization", _GONE),
    Row("aws:PrincipalOrgPaths", IS_UNKNOWN, IS_UNKNOWN, IS_UNKNOWN, _GONE),
    Row("aws:PrincipalTag/", IS_UNKNOWN, IS_UNKNOWN, IS_UNKNOWN, _SURELY_GONE),
    Row("aws:PrincipalIsAWSService", _FALSE, _FALSE, _FALSE, Told("is-service", _EITHER)),
    Row("aws:PrincipalServiceName", _GONE, _GONE, _GONE, Told("service-name")),
    Row("aws:PrincipalServiceNamesList", _GONE, _GONE, _GONE, Told("service-names")),
    Row("aws:ViaAWSService", _FALSE, _TRUE, _FALSE_TOO, _FALSE_TOO),
    Row("aws:CalledVia", _GONE, IS_UNKNOWN, _GONE, _SURELY_GONE),
    Row("aws:CalledViaFirst", _GONE, IS_UNKNOWN, _GONE, _SURELY_GONE),
    Row("aws:CalledViaLast", _GONE, IS_UNKNOWN, _GONE, _SURELY_GONE),
    Row("aws:SourceIp", Told("address"), Told("address"), Told("address", _AWS_ADDRESS), _AWS_ADDRESS),
    Row("aws:SourceVpce", Told("endpoint", _NOT_TOLD), _GONE, Told("endpoint", _SURELY_GONE), _GONE),
    Row("aws:VpcSourceIp", Told("address-in-vpc", _GONE), _GONE, Told("address-in-vpc", _SURELY_GONE), _GONE),
    *(
        Row(key, Told("endpoint", _GONE), absent, Told("endpoint", _SURELY_GONE), absent)
        for key, absent in (
            ("aws:SourceVpc", _GONE),
            ("aws:SourceVpcArn", _SURELY_GONE),
            ("aws:VpceAccount", _SURELY_GONE),
            ("aws:VpceOrgID", _SURELY_GONE),
            ("aws:VpceOrgPaths", _SURELY_GONE),
        )
    ),
    Row("aws:SourceAccount", _GONE, _GONE, _GONE, Told("source-account")),
    Row("aws:SourceArn", _GONE, _GONE, _GONE, Told("source-arn")),
    Row("aws:SourceOrgID", _GONE, _GONE, _GONE, IS_UNKNOWN),
    Row("aws:SourceOrgPaths", _GONE, _GONE, _GONE, IS_UNKNOWN),
    Row("aws:MultiFactorAuthPresent", Told("mfa"), Told("mfa"), Told("mfa"), _SURELY_GONE),
    Row("aws:FederatedProvider", IS_UNKNOWN, IS_UNKNOWN, _SURELY_GONE, _SURELY_GONE),
    Row("aws:MultiFactorAuthAge", IS_UNKNOWN, IS_UNKNOWN, IS_UNKNOWN, _SURELY_GONE),
    Row("kms:ViaService", _GONE, Told("via-service"), Told("via-service", _GONE), _GONE),
    Row("kms:RecipientAttestation:", IS_UNKNOWN, _SURELY_GONE, _SURELY_GONE, _SURELY_GONE),
)

GRANT_FOR_RESOURCE = Row(
    "kms:GrantIsForAWSResource",
    Domain(("false", ABSENT), "documented"),
    Told("grant-for-resource", _TRUE),
    Told("grant-for-resource"),
    IS_UNKNOWN,
)
"""The key of the three actions on grants."""
