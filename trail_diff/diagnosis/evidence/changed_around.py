"""Rule 10. What changed around the key: between the runs something was changed that the refused call depends on.

Source: records of IAM that take something from the caller, where its own policies refuse, or make its role again, whose
unique id policies and grants go by; records that give a resource, a default, a vault or an alias the key on which the
call was refused, where it worked on another; records of how the resource that the context names is encrypted, where it
worked with another context; the end of a grant that may be the caller's; and records of tags and the like that the
blamed statement tests, or that policies which are not known may test. It fails where the change is a companion of
another one, so it only supports; a call that worked after it clears it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from trail_diff.arns import last_name
from trail_diff.diagnosis.evidence.requests import explained_for, outcome_of, tested_keys
from trail_diff.diagnosis.evidence.spans import OF_THE_CALLER, refused_at
from trail_diff.diagnosis.evidence.tested_state import changes_of_tested, may_be_tested
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.key_history import GRANT_ENDINGS
from trail_diff.diagnosis.statements import key_policy_allows
from trail_diff.events.changes import is_change_of
from trail_diff.events.signs import actions_of
from trail_diff.events.surroundings import PLACE_CHANGES, RESOURCE_CHANGES, is_about_resources, resource_names
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Caller, Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence, Judgement

RULE = "changed-around"
_MOST_CHANGES = 2
_GIVES = ("Attach",)
_TAKES = ("Detach", "Delete")
_NO_ALLOW = (Cause.KEY_POLICY_NO_ALLOW, Cause.IDENTITY_POLICY_NO_ALLOW)
_MADE_AGAIN = ("CreateRole", "DeleteRole")
_MAY_GIVE_KEY = RESOURCE_CHANGES | PLACE_CHANGES | {"CreateBackupVault"}


def judge_by_surroundings(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge a refusal by what was changed of its caller, or moved to its key, since the call worked."""
    caller, refused = hypothesis.caller, refused_at(examined, hypothesis)
    worked = _last_worked(examined, hypothesis, refused or examined.case.failed.window.start)
    if caller is None or worked is None:
        return None
    until, tested = refused or worked, _tested(examined, hypothesis)
    own = [one for one in examined.case.changes if one.error_code is None and worked < one.event_time <= until]
    found = [*_of_request(examined, hypothesis, own, tested)] if refused is not None else []
    found += [event for event in own if event not in found and _takes_from(event, caller, hypothesis)]
    found = found or list(changes_of_tested(examined, caller, hypothesis.key, tested or frozenset(), worked))
    if not found:
        return None
    evidence = tuple(Evidence(event_id=event.event_id) for event in found[-_MOST_CHANGES:])
    return Judgement(RULE, "supports", (Reason.SURROUNDINGS_CHANGED,), evidence)


def _of_request(
    examined: Examined, hypothesis: Hypothesis, changes: Sequence[Event], tested: frozenset[str] | None
) -> Iterator[Event]:
    """Yield the changes that made the call another one than the one that worked: on another key, in another context.

    `tested` are the condition keys of what is blamed, None where that is not known.
    """
    refused, worked = (_calls(examined, hypothesis, worked=one) for one in (False, True))
    is_moved = _worked_elsewhere(examined, hypothesis)
    is_tested = tested is None or any(key.startswith("kms:encryptioncontext") for key in tested)
    contexts = [{frozenset(event.encryption_context.items()) for event in side} for side in (refused, worked)]
    is_other = is_tested and all(contexts) and contexts[0].isdisjoint(contexts[1])
    names = resource_names((), refused, ()) if is_other else frozenset()
    for event in changes:
        is_of_resource = event.event_name in RESOURCE_CHANGES and is_about_resources(event, names)
        if is_of_resource or (is_moved and _gives_key(event, hypothesis.key)):
            yield from _deleted_before(event, changes)
            yield event


def _deleted_before(made: Event, changes: Sequence[Event]) -> Iterator[Event]:
    """Yield that the vault which a change made was deleted first: together they gave it another key."""
    for event in changes:
        is_of_vaults = (event.event_name, made.event_name) == ("DeleteBackupVault", "CreateBackupVault")
        if is_of_vaults and _vault_of(event) == _vault_of(made) and event.event_time <= made.event_time:
            yield event


def _vault_of(event: Event) -> object:
    return event.request_parameters.get("backupVaultName")


def _calls(examined: Examined, hypothesis: Hypothesis, *, worked: bool) -> list[Event]:
    """Return the calls that a hypothesis is about which were refused, or those of the succeeded run that worked."""
    side = examined.case.succeeded if worked else examined.case.failed
    return [
        tie.event
        for tie in (side.events if side is not None else ())
        if (tie.event.error_code is None) == worked and hypothesis.call() in set(actions_of(tie.event))
    ]


def _tested(examined: Examined, hypothesis: Hypothesis) -> frozenset[str] | None:
    """Return the condition keys of what is blamed in the key policy; None where that policy is not known."""
    explained = explained_for(examined, hypothesis) if hypothesis.layer == "key-policy" else None
    if explained is None:
        return None
    if hypothesis.cause is Cause.KEY_POLICY_NO_ALLOW:
        return tested_keys(key_policy_allows(explained.then))
    outcome = outcome_of(explained, hypothesis)
    return tested_keys([outcome]) if outcome is not None else frozenset()


def _last_worked(examined: Examined, hypothesis: Hypothesis, until: datetime) -> datetime | None:
    """Return when the call worked last before it was refused; a change before that did not end it."""
    uses = [use for use in examined.case.uses if (use.caller, use.action) == hypothesis.call()]
    times = [time for use in uses if use.error_code is None for time in (use.first, use.last)]
    own = [one.succeeded for one in examined.groups if (one.caller.across_sessions(), one.action) == hypothesis.call()]
    times += [one.last for one in own if one.last is not None and one.calls > one.errors]
    return max((time for time in times if time < until), default=None)


def _worked_elsewhere(examined: Examined, hypothesis: Hypothesis) -> bool:
    """Check whether the succeeded run made the call, and on other keys only."""
    groups = (one for one in examined.groups if (one.caller.across_sessions(), one.action) == hypothesis.call())
    keys = {one.key for one in groups if one.succeeded.calls > one.succeeded.errors}
    return hypothesis.key is not None and bool(keys) and hypothesis.key not in keys


def _gives_key(event: Event, key: str | None) -> bool:
    """Check whether a change makes a resource, a default, a vault or an alias name a key."""
    if event.event_name == "UpdateAlias":
        return any(access.key == key for access in event.accesses)
    return event.event_name in _MAY_GIVE_KEY and is_about_resources(event, {key or "", last_name(key) or ""} - {""})


def _takes_from(event: Event, caller: Caller, hypothesis: Hypothesis) -> bool:
    """Check whether a change can have made the call refused: what gives a right takes no other."""
    if hypothesis.cause in _NO_ALLOW and event.event_name in _MADE_AGAIN:
        return event.request_parameters.get("roleName") == caller.name is not None
    if hypothesis.layer not in OF_THE_CALLER:
        return False
    if hypothesis.cause in _NO_ALLOW and event.event_name in GRANT_ENDINGS:
        return event.is_on({hypothesis.key})
    if may_be_tested(event, caller, hypothesis.key):
        return True
    is_deny = hypothesis.cause is Cause.IDENTITY_POLICY_EXPLICIT_DENY
    return is_change_of(event, caller) and not event.event_name.startswith(_TAKES if is_deny else _GIVES)
