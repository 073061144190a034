"""Rule 4. Stops and resumes: a caller's calls stop at a change and resume at a later one, while others go on.

Source: every call on the key that was read (`Case.uses`) between the changes of its policy, state and grants, of the
caller's role and of aliases. It fails where the caller simply had nothing to do in between; the failed job, which
should have called, speaks against that. A key that is not enabled stops everybody, so there nobody has to go on.
Nothing is said where the time between was not all searched: a call there would not have been seen.
"""

from datetime import datetime

from trail_diff.diagnosis.evidence.spans import Span, blamed_span
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.hypotheses.key_state import CRYPTO_ACTIONS
from trail_diff.model.learnt import Use
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "stops-and-resumes"


def judge_by_stop(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge what is blamed by whether the calls end where it begins and begin again where it ends."""
    span = blamed_span(examined, hypothesis)
    if span is None:
        return None
    if span.until is None:
        return _by_alias(examined, hypothesis, span)
    if not _is_searched(examined, span.since, span.until):
        return None
    on_key = [use for use in examined.case.uses if use.key == span.key]
    own = [use for use in on_key if use.error_code is None and _is_concerned(use, hypothesis)]
    others = [use for use in on_key if use not in own]
    stopped = any(use.last < span.since for use in own) and not any(span.holds(use.first, use.last) for use in own)
    resumed = any(use.first >= span.until for use in own)
    went_on = hypothesis.layer == "key-state" or any(
        span.holds(use.first, use.last) for use in others if use.error_code is None or _is_concerned(use, hypothesis)
    )
    if not (stopped and went_on and resumed):
        return None
    return Judgement(RULE, "supports", (Reason.STOPS_AT_CHANGE, Reason.RESUMES_AT_CHANGE), span.evidence())


def _by_alias(examined: Examined, hypothesis: Hypothesis, span: Span) -> Judgement | None:
    """Judge a refusal by an alias that moved to the key on which it was: the calls were made on another one before."""
    uses = [use for use in examined.case.uses if use.key == span.key and (use.caller, use.action) == hypothesis.call()]
    moved = span.key != (hypothesis.key or examined.key) and hypothesis.origin != "key-policy"
    if not moved or any(use.last >= span.since for use in uses):
        return None
    return Judgement(RULE, "supports", (Reason.ALIAS_MOVED,), span.evidence())


def _is_searched(examined: Examined, since: datetime, until: datetime) -> bool:
    """Check whether a call between two changes would have been seen."""
    searched = examined.case.searched
    return searched is None or any(one.start <= since and until <= one.end for one in searched)


def _is_concerned(use: Use, hypothesis: Hypothesis) -> bool:
    """Check whether a use is one that would end: the caller's own of the action, or everybody's of a key."""
    if hypothesis.layer == "key-state":
        return use.action in CRYPTO_ACTIONS
    return (use.caller, use.action) == hypothesis.call()
