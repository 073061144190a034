"""The grant to make again: a command with the grantee, operations and constraints that a record or a list has. Pure.

A grant cannot be replayed from a policy alone, so such a remedy is never certain to help. It is made for whom it
was made before, or for the caller; never for more operations than that one was seen to need.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from trail_diff.arns import arn_account, arn_region
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.held_grants import holds_grant
from trail_diff.diagnosis.key_history import grant_id_of
from trail_diff.diagnosis.needs import is_let_in_abroad, needed_by_linked_role
from trail_diff.model.codes import CallerKind
from trail_diff.model.learnt import Caller
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Remedy
from trail_diff.policy.remedies.remedy import PATCHLESS

_OPERATIONS = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateMac",
        "VerifyMac",
        "ReEncryptFrom",
        "ReEncryptTo",
        "Sign",
        "Verify",
        "GetPublicKey",
        "DeriveSharedSecret",
        "CreateGrant",
        "RetireGrant",
        "DescribeKey",
    }
)
"""What a grant can allow (KMS API reference, CreateGrant, Operations)."""


def is_foreign_linked_role(finding: Finding) -> bool:
    """Check whether a finding is about a service-linked role of another account than the key's which needs a grant.

    Its own policy cannot be edited and a key policy alone lets nobody of another account in: a grant does. A role
    whose own policy allows what its service asks of other accounts' keys needs none.
    """
    caller, owner = finding.caller, arn_account(finding.key)
    if caller is None or caller.kind is not CallerKind.SERVICE_LINKED_ROLE or owner is None:
        return False
    is_foreign = (arn_account(caller.role_arn) or caller.account) not in (None, owner)
    return is_foreign and not is_let_in_abroad(caller)


def grant_again(examined: Examined, finding: Finding) -> Remedy:
    """Return the remedy of a grant that is missing, with the command as far as it is known what to grant to whom."""
    command = _command(examined, finding)
    return structs.replace(PATCHLESS["create-grant"](), commands=(command,) if command else ())


def name_key(key: str) -> str:
    """Return the options of the AWS CLI that name a key in its Region."""
    region = arn_region(key)
    return f"--key-id {shlex.quote(key)}" + (f" --region {shlex.quote(region)}" if region else "")


def _command(examined: Examined, finding: Finding) -> str | None:
    key = finding.key or examined.key
    if Reason.CREATE_GRANT_REFUSED in finding.reasons and not is_foreign_linked_role(finding):
        return _command_refused(examined, finding, key)
    recorded = next(_recorded(examined, finding), {})
    wanted = {_lower(name): value for name, value in recorded.items()}
    caller = finding.caller
    grantee = wanted.get("granteePrincipal") or wanted.get("granteeServicePrincipal")
    if Reason.GRANTEE_WAS_DELETED in finding.reasons or not isinstance(grantee, str):
        grantee = _grantee(caller)
    operations = _operations(examined, finding, wanted)
    if key is None or grantee is None or not operations:
        return None
    return describe_grant({**wanted, "granteePrincipal": grantee, "operations": operations}, key)


def _command_refused(examined: Examined, finding: Finding, key: str | None) -> str | None:
    """Return the command that makes the very grant that was refused, where its record tells which."""
    named = {one.event_id for one in finding.evidence} - {None}
    for tie in examined.case.failed.events:
        asked = tie.event.request_parameters
        if tie.event.event_id in named and key is not None and isinstance(asked.get("operations"), list):
            return describe_grant(asked, key)
    return None


def describe_grant(grant: Mapping[str, Any], key: str) -> str | None:
    """Return the command that makes a grant as a record or a list has it; None where it does not tell enough."""
    wanted = {_lower(name): value for name, value in grant.items()}
    grantee, operations = wanted.get("granteePrincipal") or wanted.get("granteeServicePrincipal"), wanted["operations"]
    if not isinstance(grantee, str):
        return None
    kind = "--grantee-service-principal" if grantee.endswith(".amazonaws.com") else "--grantee-principal"
    parts = [f"aws kms create-grant {name_key(key)} {kind} {shlex.quote(grantee)}"]
    parts.append(f"--operations {' '.join(shlex.quote(str(one)) for one in operations)}")
    if constraints := wanted.get("constraints"):
        if not _are_constraints(constraints):
            return None  # a grant without them would let in more
        parts.append(f"--constraints {shlex.quote(json.dumps(_capitalized(constraints), sort_keys=True))}")
    retiring = wanted.get("retiringPrincipal") or wanted.get("retiringServicePrincipal")
    if isinstance(retiring, str):
        is_service = retiring.endswith(".amazonaws.com")
        option = "--retiring-service-principal" if is_service else "--retiring-principal"
        parts.append(f"{option} {shlex.quote(retiring)}")
    if isinstance(wanted.get("name"), str) and wanted["name"]:
        parts.append(f"--name {shlex.quote(wanted['name'])}")
    return " ".join(parts)


def _operations(examined: Examined, finding: Finding, wanted: Mapping[str, Any]) -> list[str]:
    """Return the operations of the recorded grant; else those that the caller asked for, or needs with them."""
    listed = wanted.get("operations")
    if isinstance(listed, list) and listed:
        return [str(one) for one in listed]
    return [name for name in _asked(examined, finding) if name in _OPERATIONS]


def _asked(examined: Examined, finding: Finding) -> list[str]:
    caller = finding.caller.across_sessions() if finding.caller else None
    actions = {one.action for one in examined.groups if one.caller.across_sessions() == caller}
    actions |= {finding.action} if finding.action else set()
    if finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_LINKED_ROLE:
        actions |= needed_by_linked_role(finding.caller, actions)
    return sorted(action.removeprefix("kms:") for action in actions)


def _recorded(examined: Examined, finding: Finding) -> Iterator[Mapping[str, Any]]:
    """Yield the grant as a record or a list has it: the one that the evidence names, then one of the caller."""
    changes, listed = examined.case.changes, examined.case.facts.grants or ()
    named = {one.event_id for one in finding.evidence} - {None}
    pointed = [event for event in changes if event.event_id in named]
    ids = {grant_id_of(event) for event in pointed} - {None}
    made = [event for event in changes if event.event_name == "CreateGrant" and event.error_code is None]
    places = {(one.path or "").rpartition("/Grants/")[2] for one in finding.evidence if one.file}
    yield from (event.request_parameters for event in made if event.event_id in named or grant_id_of(event) in ids)
    yield from (grant for index, grant in enumerate(listed) if str(index) in places or grant.get("GrantId") in ids)
    key = finding.key or examined.key
    if finding.caller is not None:
        for event in reversed(made):
            on_key = event.is_on((None, key))
            if on_key and holds_grant(event.request_parameters, finding.caller):
                yield event.request_parameters


def _grantee(caller: Caller | None) -> str | None:
    """Return who can be granted something: a role or a user; what a service principal needs it makes itself."""
    if caller is None or caller.kind is CallerKind.SERVICE_PRINCIPAL:
        return None
    return caller.role_arn or (caller.arn if caller.kind is CallerKind.USER else None)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _are_constraints(recorded: object) -> bool:
    """Check whether what a record has for constraints is as KMS takes it: an ARN, or encryption contexts of texts."""
    return isinstance(recorded, Mapping) and all(
        isinstance(one, str)
        or (isinstance(one, Mapping) and all(isinstance(part, str) for pair in one.items() for part in pair))
        for one in recorded.values()
    )


def _capitalized(constraints: Mapping[str, Any]) -> dict[str, Any]:
    return {name[:1].upper() + name[1:]: value for name, value in constraints.items()}
