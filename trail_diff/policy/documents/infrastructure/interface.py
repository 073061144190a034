"""What a reader of infrastructure documents yields: the keys of a document, each with its policy before and after."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from trail_diff.model.codes import KeyChange, Layer
from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import MOVES


class Surroundings(Struct, frozen=True):
    """What is known of where a document is applied: parameters by name, and account, Region and partition if known.

    `keys` are the ARNs of those of its keys that are known, by address.
    """

    parameters: Mapping[str, str] = {}
    account: str | None = None
    region: str | None = None
    partition: str | None = None
    keys: Mapping[str, str] = {}


class Held(Struct, frozen=True):
    """The policies of one layer, or the grants, that somebody has beside a key's by one resource, before and after.

    `target` is whose they are: `role/app` or `user/app`, an account, root or unit of the organization, a VPC endpoint,
    the key of a grant. What is not told stays unresolved; an empty one may be any.
    """

    layer: Layer
    target: str
    address: str
    before: tuple[Any, ...] = ()
    after: tuple[Any, ...] = ()


class PlannedKey(Struct, frozen=True):
    """One KMS key of a document.

    `address` is the key's name in the document, `names` all names it can be asked for by: address, ARN, id, aliases,
    and the vaults, tables, buckets, queues and topics that the document encrypts with it. `before` and `after` are the
    policies before and after the document is applied, None where there is none or where it is not told; text in them
    may hold unresolved values. `unknown` is the expression of a policy that is not known at all until it is applied.
    `path` is the JSON pointer of the policy in the document. `reason` tells what the policy does not: the key is
    deleted, replaced or disabled, so that calls on it fail; or this is a part of the document that may hold keys, and
    was not read. `service` begins the names of the services that call for a resource that is encrypted with the key, or
    gets another one, where their calls do not name it; `targets` are the names of that other key. `may_lock_out`: KMS
    is told to take a policy that nobody may change again. `tags` are those before and after, None where not told.
    `held` are policies beside a key's: one that changes, and those that whoever it is about has beside it.
    """

    address: str
    change: KeyChange
    names: frozenset[str] = frozenset()
    before: Any = None
    after: Any = None
    unknown: str | None = None
    path: str = ""
    reason: Reason | None = None
    service: str | None = None
    targets: frozenset[str] = frozenset()
    may_lock_out: bool = False
    tags: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None] = (None, None)
    held: tuple[Held, ...] = ()

    @property
    def arn(self) -> str | None:
        """Return the key's ARN, where the document has it."""
        return next((name for name in sorted(self.names) if ":key/" in name), None)


def unread(address: str, expression: str, path: str) -> PlannedKey:
    """Return what stands for a part of a document that may hold keys; the expression says where that part is."""
    return PlannedKey(address, "deployed", texts(address), unknown=expression, path=path, reason=Reason.PART_NOT_READ)


def removed_grant(address: str, before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> PlannedKey:
    """Return what stands for a grant that goes, by its values: what it allows may not be allowed without it."""
    was, will = (_as_listed(side) for side in (before, after))
    key, grantee = texts(was.get("KeyId")), was.get("GranteePrincipal")
    is_told = was.keys() >= {"GranteePrincipal", "Operations"} and grantee
    gone = (Held("grant", one, address, (was,), (will,) if will.get("GranteePrincipal") else ()) for one in key)
    return PlannedKey(
        address,
        "deployed",
        texts(address) | key,
        unknown=grantee if isinstance(grantee, str) else None,
        path=path,
        reason=Reason.GRANT_IS_REMOVED,
        held=tuple(gone) if is_told else (),
    )


def _as_listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a grant as ListGrants has it; the tools differ in how they write the names of its fields."""

    def renamed(value: Any) -> Any:
        return {"".join(part[:1].upper() + part[1:] for part in name.split("_")): one for name, one in value.items()}

    grant = renamed(as_object(values))
    constraints = grant.get("Constraints")
    given = [as_object(one) for one in (constraints if isinstance(constraints, list) else [constraints])]
    found = {name: one for block in given for name, one in renamed(block).items() if one}
    return (
        {**grant, "Constraints": found}
        if found
        else {name: one for name, one in grant.items() if name != "Constraints"}
    )


def described(
    address: str, names: frozenset[str], policy: Any, values: Mapping[str, Any], place: tuple[str, str]
) -> PlannedKey:
    """Return a key as it was described; AWS leaves out what it did not record, so without a policy it is not known.

    `values` are the key's own, `place` the expression of its policy and the JSON pointer to it.
    """
    if policy:
        return PlannedKey(address, "deployed", names, after=policy, path=place[1], reason=end_of_key({}, values))
    return PlannedKey(address, "deployed", names, unknown=place[0], path=place[1], reason=Reason.POLICY_NOT_TOLD)


NOT_KEYS = frozenset(
    {Reason.PART_NOT_READ, Reason.GRANT_IS_REMOVED, Reason.OTHER_POLICY_NOT_TRIED, Reason.OTHER_POLICY_CHANGES, *MOVES}
)
"""Reasons of what a document has beside keys, and that no policy was tried of."""

Reader = Callable[[Mapping[str, Any], Surroundings], Iterator[PlannedKey]]
"""Yields the keys of a document of one tool, and nothing for documents of others."""


_BYPASS = ("bypass_policy_lockout_safety_check", "BypassPolicyLockoutSafetyCheck", "bypassPolicyLockoutSafetyCheck")


def may_lock_out(values: Mapping[str, Any]) -> bool:
    """Check whether KMS is told not to check that the policy can be changed again."""
    return any(str(values.get(name)).lower() == "true" for name in _BYPASS)


MATERIAL = ("valid_to", "key_material_base64", "validTo", "keyMaterialBase64")
"""What Terraform and Pulumi call the moment that imported key material expires, and the material."""

ENABLED = ("is_enabled", "enabled", "isEnabled", "Enabled")
_STATES = ("key_state", "keyState")
_ENDED: Mapping[str, Reason] = {
    "Disabled": Reason.KEY_IS_DISABLED,
    "PendingDeletion": Reason.KEY_IS_DELETED,
    "PendingReplicaDeletion": Reason.KEY_IS_DELETED,
    "PendingImport": Reason.KEY_LOSES_MATERIAL,
}
"""Key states in which calls fail (KMS developer guide, "Key states of AWS KMS keys")."""


def end_of_key(before: Mapping[str, Any], after: Mapping[str, Any]) -> Reason | None:
    """Return what becomes of a key beside its policy, by its values before and after; the tools name them alike.

    Key material that is imported anew may expire later than before, but not earlier. A moment that is not known yet is
    one.
    """
    ended = _ended(after)
    if ended is not None and _ended(before) is None:
        return ended
    if any(before.get(name) and not after.get(name) for name in MATERIAL[1::2]):
        return Reason.KEY_LOSES_MATERIAL
    was, will = (next((values[name] for name in MATERIAL[::2] if values.get(name)), None) for values in (before, after))
    is_later = isinstance(was, str) and isinstance(will, str) and will >= was
    return Reason.KEY_MATERIAL_EXPIRES if will and not is_later else None


def _ended(values: Mapping[str, Any]) -> Reason | None:
    state = next((str(values[name]) for name in _STATES if values.get(name)), "")
    told = {str(values[name]).lower() for name in ENABLED if values.get(name) is not None} - {"true"}
    is_open = Reason.KEY_MAY_BE_DISABLED if told else None
    return _ENDED.get(state, Reason.KEY_IS_DISABLED if "false" in told else is_open)


def as_object(value: object) -> Mapping[str, Any]:
    """Return a JSON object, an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: object) -> list[Any]:
    """Return a JSON array, an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def texts(*values: object) -> frozenset[str]:
    """Return those values that are text and not empty."""
    return frozenset(value for value in values if isinstance(value, str) and value)
