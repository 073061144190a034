"""What an examiner of causes is given and what it gives back: read this before writing one.

An examiner looks at the whole case and yields Findings (its cause holds, with evidence) and RuledOut values (its cause
does not hold, with the reason). It yields nothing of what the evidence leaves open. It never weighs one cause against
another: the verdict does.
"""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from trail_diff.history import PolicyVersion
from trail_diff.model import CallerDecision, CallerGroup, Case, Event, Evidence, Finding, RuledOut, TiedEvent


class Explained(Struct, frozen=True):
    """How the policies decide one caller group: in the failed job, and where it differs in the succeeded one.

    `then` is decided by the policy in force at the failed job, `before` by the one at the succeeded job (None: not
    known, or the group is not in it), `today` by today's where it is another one; `policy` is the one in force then.
    """

    group: CallerGroup
    then: CallerDecision
    before: CallerDecision | None = None
    today: CallerDecision | None = None
    policy: PolicyVersion | None = None
    policy_unchanged: bool = False


class Examined(Struct, frozen=True):
    """The case with what was worked out of it: the table, the groups that make the difference, the decisions."""

    case: Case
    groups: tuple[CallerGroup, ...]
    driving: tuple[CallerGroup, ...]
    explained: tuple[Explained, ...] = ()

    @property
    def key(self) -> str | None:
        """Give the key that the diagnosis is about."""
        return self.case.failed.job.key

    def explain(self, group: CallerGroup) -> Explained | None:
        """Give how the policies decide a group."""
        return next((one for one in self.explained if one.group == group), None)


Examiner = Callable[[Examined], Iterator[Finding | RuledOut]]


def failed_errors(examined: Examined) -> Iterator[TiedEvent]:
    """Give the failed job's own calls that ended in an error, unless the same caller's call failed before as well."""
    errors_before = {
        (group.caller.across_sessions(), group.action)
        for group in examined.groups
        if group.succeeded.errors and group.succeeded.errors == group.succeeded.calls
    }
    relevant = {(group.caller.across_sessions(), group.action) for group in examined.groups if group.failed.errors}
    for tie in examined.case.failed.events:
        if tie.event.error_code is None:
            continue
        actions = {access.action for access in tie.event.accesses}
        caller = tie.event.caller.across_sessions()
        places = {(caller, action) for action in actions}
        if places & relevant and not places & errors_before:
            yield tie


def evidence_of(*events: Event) -> tuple[Evidence, ...]:
    """Point to events."""
    return tuple(Evidence(event_id=event.event_id) for event in events)


def policy_of(event: Event) -> Mapping[str, object] | None:
    """Give the policy that a record carries, when it is one."""
    policy = event.request_parameters.get("policy")
    return policy if isinstance(policy, Mapping) else None
