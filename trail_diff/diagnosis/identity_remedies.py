"""Policies that allow a caller where its own policies do not, or where the key's policy is not known. Pure.

A statement for an identity policy holds all that the caller was seen to ask for, or is expected to, on the very key: if
it allowed the call alone that was refused first, the next would be refused. It is replayed with the key policy, as far
as that is known.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from trail_diff.arns import is_alias
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.grant_remedies import grant_again, is_foreign_linked_role
from trail_diff.diagnosis.needs import Call, key_of, needed_calls, policies_then, replay_calls, requests_of
from trail_diff.model.codes import CallerKind
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Remedy
from trail_diff.policy.remedies.allows import allow_callers, risks_of_allowing


def is_aws_managed(examined: Examined, finding: Finding) -> bool:
    """Check whether a finding is about an AWS managed key, whose policy nobody can edit."""
    state = examined.case.facts.key_state or {}
    return state.get("KeyManager") == "AWS" and state.get("Arn") in (None, finding.key or examined.key)


def allow_by_identity(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return the policy to attach to the caller; what else helps for a service-linked role, whose own AWS keeps."""
    if is_foreign_linked_role(finding):
        return (grant_again(examined, finding),)
    if finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_LINKED_ROLE:
        return allow_without_policy(examined, finding)
    calls, key = needed_calls(examined, finding), key_of(examined, finding)
    if not calls or key is None or is_alias(key):  # no policy names a key by its alias
        return ()
    policy = {
        "Version": "2012-10-17",
        "Statement": [bind_to_key(one, key) for one in allow_callers(requests_of(calls))],
    }
    return (_replayed(examined, key, calls, policy),)


def allow_without_policy(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return the statements to add to a key policy that is not known; a Deny in it may still be in the way."""
    calls = needed_calls(examined, finding)
    if not calls:
        return ()
    patch = tuple({"op": "add", "path": "/Statement/-", "value": one} for one in allow_callers(requests_of(calls)))
    is_service = finding.caller is not None and finding.caller.kind is CallerKind.SERVICE_PRINCIPAL
    return (
        Remedy(
            "allow-service-principal" if is_service else "allow-caller-role",
            helps="undetermined",
            patch=patch,
            risks=(Reason.KEY_POLICY_NOT_GIVEN, *risks_of_allowing(requests_of(calls))),
        ),
    )


def bind_to_key(statement: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a statement of a key policy as one of an identity policy: the key in the place of the principal."""
    own = {name: value for name, value in statement.items() if name != "Principal"}
    return {**own, "Resource": key}


def _replayed(examined: Examined, key: str, calls: Sequence[Call], policy: dict[str, Any]) -> Remedy:
    known = policies_then(examined, key)
    policies = structs.replace(known, identity_policies=(policy,))
    replay = replay_calls(calls, policies)
    is_certain = known.key_policy is not None and not replay.undetermined
    reason = Reason.IDENTITY_POLICY_ALLOWS if is_certain else Reason.KEY_POLICY_NOT_GIVEN
    return Remedy(
        "allow-in-identity-policy",
        helps=False if replay.still_denied else True if is_certain else "undetermined",
        policy=policy,
        replay=replay,
        risks=(Reason.NEEDS_ALLOW_AS_WELL,) if replay.still_denied else (reason,),
    )
