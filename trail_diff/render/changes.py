"""Which changes stand beside what was found: those that it rests on, else the last that its layer may rest on."""

from collections.abc import Mapping, Sequence

from trail_diff.arns import last_name
from trail_diff.model.codes import Layer
from trail_diff.model.report import Change, Finding, Report

_MOST = 2
_OF_A_KEY = frozenset({"PutKeyPolicy", "DisableKey", "EnableKey", "ScheduleKeyDeletion", "CancelKeyDeletion"})
_OF_A_VAULT = frozenset({"CreateBackupVault", "DeleteBackupVault"})
_MANAGED = frozenset({"CreatePolicyVersion", "SetDefaultPolicyVersion"})
_OF_THE_ORGANIZATION = frozenset({"AttachPolicy", "DetachPolicy", "UpdatePolicy"})
_OF_A_LAYER: Mapping[Layer, frozenset[str]] = {
    "key-policy": frozenset({"PutKeyPolicy"}),
    "identity-policy": _MANAGED,
    "permissions-boundary": _MANAGED,
    "scp": _OF_THE_ORGANIZATION,
    "rcp": _OF_THE_ORGANIZATION,
}
"""Changes of policies in each layer. Whom one of IAM or of the organization concerns, no record tells: it is shown
between two runs, and nothing is concluded from it."""


def changes_of(report: Report, finding: Finding) -> Sequence[Change]:
    """Return the changes that a finding rests on; else the last of its layer's policies before the job ended, if any.

    Of a key policy it is one of the finding's own key.
    """
    evidence = {one.event_id for one in finding.evidence}
    rested_on = [change for change in report.changes if change.event_id in evidence and change.error_code is None]
    names = _OF_A_LAYER.get(finding.layer) if finding.layer is not None else None
    is_of_key = finding.layer == "key-policy"
    if rested_on or names is None or not (is_of_key or report.succeeded):
        return rested_on[:_MOST]
    key = (finding.key or report.failed.key) if is_of_key else None
    return [one for one in _done(report) if one.name in names and one.key == key][-1:]


def changes_between(report: Report) -> Sequence[Change]:
    """Return the last changes of the policies and states of the keys that make the difference, before the job ended.

    They are what there is to look at where a difference has no cause. A vault that was made again is told in any case.
    """
    keys = {report.failed.key, *(group.key for group in report.callers if group.driving)} - {None}
    vault, is_open = last_name(report.failed.vault), report.verdict.outcome == "difference"
    return [
        one
        for one in _done(report)
        if (is_open and one.key in keys and one.name in _OF_A_KEY)
        or (report.succeeded and one.name in _OF_A_VAULT and one.resource == vault is not None)
    ][-_MOST:]


def _done(report: Report) -> Sequence[Change]:
    """Return what was changed before the job ended."""
    end = report.failed.completed or report.failed.created
    return [one for one in report.changes if one.error_code is None and (end is None or one.time <= end)]
