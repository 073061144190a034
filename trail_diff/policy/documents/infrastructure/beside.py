"""Policies beside a key's own that a document changes: they decide calls as well, and are not tried, so they are named.

Which they are is told by the name of their type. One whose text is there and says nothing of AWS KMS is left out, and
so is a new one that denies nothing.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.interface import PlannedKey, as_object, texts

_POLICIES = re.compile(r"iam\W*(?:role|user|group|managed)?polic|organizations\W*policy|vpcendpoint")
_CALLERS = re.compile(r"iam\W*(?:role|user)(?:\b|$)")
_OF_CALLER = re.compile(r"permissionsboundary|inlinepolic|managedpolicyarns|^policies$")
_IS_TEXT = re.compile(r"\bStatement\b")
_ABOUT_KMS = re.compile(r'kms:|Action[\\"]*\s*:\s*\[?\s*[\\"]*\*', re.IGNORECASE)


def other_policy(
    address: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], path: str
) -> PlannedKey | None:
    """Return what stands for a policy that changes; None where it does not, or may not be about calls of AWS KMS."""
    plain, is_new = kind.replace("_", "").lower(), not before
    if _CALLERS.search(plain) and not is_new:
        before, after = _own(before), _own(after)
    elif not _POLICIES.search(plain):
        return None
    was, will = (json.dumps(as_object(side), default=str) for side in (before, after))
    is_of_others = _IS_TEXT.search(was + will) is not None and not _ABOUT_KMS.search(was + will)
    if was == will or is_of_others or (is_new and "Deny" not in will):
        return None
    return PlannedKey(address, "unchanged", texts(address), path=path, reason=Reason.OTHER_POLICY_NOT_TRIED)


def _own(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a role or a user has of policies of its own."""
    return {name: one for name, one in values.items() if _OF_CALLER.search(name.replace("_", "").lower())}
