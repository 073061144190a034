"""A case with what was worked out of it: what every cause is given."""

from datetime import datetime

from msgspec import Struct

from trail_diff.diagnosis.key_history import PolicyVersion
from trail_diff.model.decisions import CallerDecision
from trail_diff.model.learnt import Case, Event, KeyAccess
from trail_diff.model.report import CallerGroup


class Explained(Struct, frozen=True):
    """How the policies decide one caller group: in the failed job, and where it differs in the succeeded one.

    `then` is decided by the policy in force at the failed job, `before` by the one that a record shows to have been in
    force at the succeeded job (None: no record), `today` by today's where it is another one; `policy` is the one in
    force then, that of `key`: the group's, or the one that the failed job would have called instead. Where policies
    were put on the key while the job ran (`put_during_job`), the latest in force meanwhile that refuses counts, else
    the latest that may.
    `was_replaced`: that policy was replaced minutes before, and no other denies.
    `before_policy` is the one by which `before` was decided; `call` the event and the access that stand for the group.
    """

    group: CallerGroup
    then: CallerDecision
    before: CallerDecision | None = None
    today: CallerDecision | None = None
    policy: PolicyVersion | None = None
    key: str | None = None
    put_during_job: bool = False
    was_replaced: bool = False
    before_policy: PolicyVersion | None = None
    call: tuple[Event, KeyAccess] | None = None


class Examined(Struct, frozen=True):
    """The case with what was worked out of it: the table, the groups that make the difference, the decisions."""

    case: Case
    groups: tuple[CallerGroup, ...]
    driving: tuple[CallerGroup, ...]
    explained: tuple[Explained, ...] = ()

    @property
    def key(self) -> str | None:
        """Return the key that the diagnosis is about."""
        return self.case.failed.job.key

    def explain(self, group: CallerGroup) -> Explained | None:
        """Return how the policies decide a group."""
        return next((one for one in self.explained if one.group == group), None)


def holds_as_well(case: Case, moment: datetime) -> bool | None:
    """Check whether what no record says to have changed was the same at another time as at the failed job.

    That is certain where event history was asked for the changes in between. It is in doubt, as False, where an export
    or a log store has none of that time, or where the other time is later, as there was a change then that was undone;
    None where it is open.
    """
    end = case.failed.job.completed or case.failed.window.end
    first, last = min(began(case), moment), max(end, moment)
    is_whole = any(one.start <= first and last <= one.end for one in case.unbroken)
    if is_whole and case.is_of_history:
        return True
    return False if is_whole or moment > end else None


def began(case: Case) -> datetime:
    """Return when the failed job began; what changes later can be why it failed, but need not."""
    return case.failed.job.created or case.failed.window.start
