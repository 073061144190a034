"""Refuse documents that tell only a part: a plan that ended in an error, a change set that failed, one of its pages."""

from collections.abc import Mapping
from typing import Any

from trail_diff.errors import PolicyError
from trail_diff.policy.documents.infrastructure.interface import as_list, as_object

_UNFINISHED = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS", "FAILED"})
_NOTHING_TO_CHANGE = ("didn't contain changes", "No updates are to be performed")
"""Why CloudFormation lets a change set fail that has nothing to change."""


def check_whole(document: Mapping[str, Any]) -> None:
    """Check that a document tells all that would be applied.

    Raises:
        PolicyError: it does not, so that nothing could be said of what it leaves out.
    """
    if document.get("errored") is True and "resource_changes" in document:
        raise PolicyError("the plan ended in an error, so it is not whole", hint="plan again once that is corrected")
    if "Changes" in document:
        _check_change_set(document)
    errors = [one for one in as_list(document.get("diagnostics")) if as_object(one).get("severity") == "error"]
    if "steps" in document and errors:
        raise PolicyError("the preview ended in an error, so it is not whole", hint="preview again once it succeeds")


def _check_change_set(document: Mapping[str, Any]) -> None:
    if document.get("NextToken"):
        raise PolicyError("the change set goes on, on another page", hint="describe it without --max-items")
    status, why = document.get("Status"), str(document.get("StatusReason"))
    if status in _UNFINISHED and not any(words in why for words in _NOTHING_TO_CHANGE):
        raise PolicyError(f"the change set is {status}, so it is not whole", hint="describe it again once it is made")
