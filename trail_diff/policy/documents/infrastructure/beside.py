"""Policies that a document changes beside the key's own, and that decide calls as well.

Whose they are is told by their properties, which all tools call alike: the role or user they are on, by themselves, by
an attachment or as a boundary, the account an organization's policy is attached to, the VPC endpoint. One that nothing
says whose it is is named, unless its text says nothing of AWS KMS, or it is new and denies nothing.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from trail_diff.arns import last_name
from trail_diff.model.codes import Layer
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import Held, PlannedKey, as_list, as_object, texts
from trail_diff.policy.documents.infrastructure.policy_document import DOCUMENT
from trail_diff.policy.documents.infrastructure.references import plain
from trail_diff.policy.documents.unresolved import expressions_in, unresolved

_POLICIES = re.compile(r"iam\W*(?:role|user|group|managed)?polic|organizations\W*policy|vpcendpoint")
_CALLERS = re.compile(r"iam\W*(role|user)(?:\b|$)")
_OF_CALLER = re.compile(r"permissionsboundary|inlinepolic|managedpolicyarns|^policies$")
_IS_TEXT = re.compile(r"\bStatement\b")
_ABOUT_KMS = re.compile(r'kms:|NotAction|Action[\\"]*\s*:\s*(?:\[[^\]]*?)?[\\"]+\*', re.IGNORECASE)
_TEXTS = ("policy", "policydocument", "content", plain(DOCUMENT))
_NAMES = ("arn", "id", "policyid", "policyarn", "physicalresourceid")
_EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
_KNOWN = {"arn:aws:iam::aws:policy/AWSDenyAll": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
"""Policies of AWS that deny; what others say is not known here."""

_One = tuple[Layer, str, Any, str, str]
"""A policy: its layer, whose it is, its text, the address to tell, and that of the resource that has the text."""


class Beside(Struct, frozen=True):
    """A resource before and after, empty where there is none; `references` are those of its arguments."""

    address: str
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    path: str = ""
    references: Mapping[str, tuple[str, ...]] = {}


def other_policies(resources: Sequence[Beside]) -> Iterator[PlannedKey]:
    """Yield what stands for each policy beside a key's that changes, with all of the document that it is beside."""
    resources = [one for one in resources if _is_policy(one.kind)]
    named = {name: one for one in resources for name in _names(one)}
    sides = [(one.address, *_sides(one, named)) for one in resources]
    found = [(address, each) for address, before, after in sides for each in _pair(before, after)]
    used = {each[4] for _address, before, after in sides for each in (*before, *after)}
    by_others = {each.address for address, each in found if each.address != address}
    held = [each for _address, each in found if each.target or each.address not in by_others]
    for one in resources:
        here = [each for each in held if each.address == one.address]
        is_held = bool(here) or one.address in used
        own = [each for each in here if each.before != each.after]
        places = {(each.layer, each.target) for each in own}
        if any(map(_may_refuse, own)) or (not is_held and _may_decide(*_policies_of(one))):
            beside = tuple(each for each in held if (each.layer, each.target) in places)
            reason = Reason.OTHER_POLICY_NOT_TRIED
            yield PlannedKey(one.address, "unchanged", texts(one.address), path=one.path, reason=reason, held=beside)


def _is_policy(kind: str) -> bool:
    return _POLICIES.search(plain(kind)) is not None or _CALLERS.search(plain(kind)) is not None


def _may_refuse(held: Held) -> bool:
    return held.layer == "permissions-boundary" or _may_decide(held.before, held.after)


def _may_decide(before: object, after: object) -> bool:
    """Check whether a change may refuse a call of AWS KMS, by its text: something new has to deny."""
    was, will = (json.dumps(side, default=str) for side in (before, after))
    is_of_others = _IS_TEXT.search(was + will) is not None and not _ABOUT_KMS.search(was + will)
    return was != will and not is_of_others and (bool(before) or "Deny" in will)


def _policies_of(one: Beside) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return a policy before and after; of a role or a user that there is what it has of policies of its own."""
    if _CALLERS.search(plain(one.kind)) and one.before:
        return _own(one.before), _own(one.after)
    return one.before, one.after


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role or a user has of policies of its own."""
    return {name: one for name, one in values.items() if _OF_CALLER.search(plain(name))}


def _pair(before: Sequence[_One], after: Sequence[_One]) -> Iterator[Held]:
    """Yield what a resource says of each that has policies by it, before and after."""
    for layer, target, address in dict.fromkeys((one[0], one[1], one[3]) for one in (*before, *after)):
        was, will = (
            tuple(one[2] for one in side if (one[0], one[1], one[3]) == (layer, target, address))
            for side in (before, after)
        )
        yield Held(layer, target, address, was, will)


def _sides(one: Beside, named: Mapping[str, Beside]) -> tuple[list[_One], list[_One]]:
    """Return the policies that somebody has by a resource, before and after.

    What a role or a user lists of them counts only as far as it changes: Terraform lists those of other resources, too.
    """
    before, after = ([*_Side(one, named, place).policies()] for place in (0, 1))
    if _CALLERS.search(plain(one.kind)):
        return ([], []) if before == after else (before, after)
    return before, after


class _Side(Struct, frozen=True):
    """A resource as it is before (0) or after (1)."""

    one: Beside
    named: Mapping[str, Beside]
    place: int

    def policies(self) -> Iterator[_One]:
        """Yield the policies that somebody has by it."""
        values = self._values(self.one)
        kind = re.sub(r"\W", "", plain(self.one.kind))
        if not values:
            return
        if "vpcendpoint" in kind:
            own = self._text(self.one) or {"Version": "2012-10-17", "Statement": [_EVERYTHING]}
            address = self.one.address
            yield from (("vpc-endpoint-policy", name, own, address, address) for name in _of_endpoint(values))
        elif "organizations" in kind:
            yield from self._of_organization(values)
        else:
            yield from self._of_identity(values)

    def _of_organization(self, values: Mapping[str, Any]) -> Iterator[_One]:
        policy, address = self._find(values.get("policyid"), "policy_id") or (self.one, self.one.address)
        layer: Layer = "rcp" if "RESOURCE" in str(self._values(policy).get("type")) else "scp"
        targets = texts(values.get("targetid"), *as_list(values.get("targetids")))
        text = self._text(policy)
        anywhere = {""} if self.one.before and "policyid" not in values else set()
        yield from ((layer, name, text, address, policy.address) for name in targets or anywhere if text is not None)

    def _of_identity(self, values: Mapping[str, Any]) -> Iterator[_One]:
        caller = _CALLERS.search(plain(self.one.kind))
        blocks = [*as_list(values.get("inlinepolicy")), *as_list(values.get("policies"))] if caller else [values]
        arns = [values.get("policyarn") or self._referred(), *as_list(values.get("managedpolicyarns"))]
        address = self.one.address
        found = [(text, address, address) for one in blocks if (text := _text_in(_flat(one))) is not None]
        found += [self._named(arn, "policy_arn") for arn in arns if isinstance(arn, str)]
        for whose in _callers(self.one, values, caller[1] if caller else None):
            yield from (("identity-policy", whose, *one) for one in found)
            boundary = values.get("permissionsboundary")
            if caller and isinstance(boundary, str) and boundary:
                yield "permissions-boundary", whose, *self._named(boundary, "permissions_boundary")

    def _named(self, arn: str, argument: str) -> tuple[Any, str, str]:
        """Return the policy of an ARN, with its addresses; one that is not in the document is open."""
        found = self._find(arn, argument)
        text = self._text(found[0]) if found else None
        if arn in _KNOWN or text is None:
            statement = _KNOWN.get(arn, {"Effect": "Allow", "Action": "*", "Resource": unresolved(arn)})
            return {"Version": "2012-10-17", "Statement": [statement]}, self.one.address, self.one.address
        return text, found[1] if found else self.one.address, found[0].address if found else self.one.address

    def _find(self, name: object, argument: str) -> tuple[Beside, str] | None:
        """Return the resource of a policy, and the address to tell: its own, where it alone changes."""
        referred = self.one.references.get(argument, ()) if self.place else ()
        names = [name, *expressions_in(str(name)), *referred]
        names += [one.split(".")[0] for one in expressions_in(str(name))]
        found = next((self.named[one] for one in names if isinstance(one, str) and one in self.named), None)
        if found is None:
            return None
        return found, found.address if self.one.before == self.one.after else self.one.address

    def _referred(self) -> str | None:
        referred = self.one.references.get("policy_arn", ()) if self.place else ()
        return unresolved(referred[0]) if referred else None

    def _values(self, one: Beside) -> Mapping[str, Any]:
        return _flat((one.before, one.after)[self.place])

    def _text(self, one: Beside) -> Any:
        """Return the policy in a resource's text; one that is not known before it is applied is open."""
        text, was = _text_in(self._values(one)), _text_in(_flat(one.before))
        if text is None and was is not None and self._values(one):
            statement = {**_EVERYTHING, "Resource": unresolved(f"{one.address}.policy")}
            return {"Version": "2012-10-17", "Statement": [statement]}
        return text


def _flat(values: object) -> Mapping[str, Any]:
    return {plain(str(name)): value for name, value in as_object(values).items()}


def _names(one: Beside) -> Iterator[str]:
    for side in map(_flat, (one.before, one.after)):
        yield from texts(*(side.get(name) for name in _NAMES if _text_in(side) is not None))
    yield one.address


def _text_in(values: Mapping[str, Any]) -> Any:
    """Return the policy among a resource's values; None where there is none that can be read."""
    for text in map(values.get, _TEXTS):
        with suppress(ValueError, RecursionError):
            policy = json.loads(text) if isinstance(text, str) else text
            if isinstance(policy, Mapping) and "Statement" in policy:
                return policy
    return None


def _of_endpoint(values: Mapping[str, Any]) -> frozenset[str]:
    return texts(values.get("vpcendpointid") or values.get("id") or values.get("physicalresourceid"))


def _callers(one: Beside, values: Mapping[str, Any], own: str | None) -> Iterator[str]:
    """Yield whose policies a resource tells of, as `role/app`: by the name, else by what stands for it."""
    if own is not None:
        names = (values.get(name) for name in ("name", f"{own}name", "arn", "physicalresourceid"))
        name = next((one for one in names if isinstance(one, str) and one), unresolved(one.address))
        yield f"{own}/{_last(name)}"
        return
    for kind in ("role", "user"):
        given = [values.get(kind), values.get(f"{kind}name"), *as_list(values.get(f"{kind}s"))]
        yield from (f"{kind}/{_last(name)}" for name in dict.fromkeys(texts(*given)))


def _last(name: str) -> str:
    return last_name(name) or name
