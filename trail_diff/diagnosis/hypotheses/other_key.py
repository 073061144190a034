"""The hypothesis that the job was refused on another key than the one that was asked about.

A caller that is missing on the key in question, and whose call of the same action was refused on another key in the
same time, was not kept out by the key in question: a resource was encrypted anew, a default key was changed, or the key
that was asked about is not the one. What the refusal's record names is the cause, on that other key.
"""

from collections.abc import Iterator

from trail_diff.case.keys import is_at
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.key_state import stated_cause
from trail_diff.diagnosis.hypotheses.refused_calls import evidence_of
from trail_diff.diagnosis.hypotheses.stated import stated_layer
from trail_diff.events.encryption_context import ContextVerdict, contexts_of, read_context
from trail_diff.events.signs import failed_actions_of
from trail_diff.model.codes import Cause, Layer
from trail_diff.model.learnt import Caller, Event
from trail_diff.model.reasons import Reason

_Refusal = tuple[Caller, str, str, Cause, Layer]


def propose_other_key(examined: Examined) -> Iterator[Hypothesis]:
    """Propose each refusal on another key of a call that is missing on the key in question."""
    found: dict[_Refusal, list[Event]] = {}
    wanted = {
        (group.caller.across_sessions(), group.action): group.key
        for group in examined.driving
        if group.presence == "only-succeeded"
    }
    job = examined.case.failed.job
    for event in examined.case.failed.untied.find(failed_actions_of, *wanted):
        is_of_other = read_context(contexts_of(event), job) is ContextVerdict.NAMES_OTHER
        if is_of_other or not is_at(event, job.vault or job.resource or "", job):
            continue
        named = stated_layer(event.denial) or stated_cause(event)
        caller = event.caller.across_sessions()
        for access in event.accesses:
            is_other = (caller, access.action) in wanted and wanted[caller, access.action] != access.key
            if named is not None and access.key is not None and is_other:
                found.setdefault((caller, access.action, access.key, *named), []).append(event)
    for (_, action, key, cause, layer), events in found.items():
        yield Hypothesis(
            cause=cause,
            standing="likely",
            caller=events[0].caller,
            action=action,
            key=key,
            layer=layer,
            reasons=(Reason.REFUSED_ON_OTHER_KEY, Reason.RECORD_STATES_LAYER),
            evidence=evidence_of(*events[:3]),
        )
