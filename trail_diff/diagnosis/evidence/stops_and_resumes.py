"""Rule 4. Stops and resumes: a caller's calls stop at a change and resume at a later one, while others go on.

Source: every call on the key that was read (`Case.uses`) between the changes of its policy. It fails where the caller
simply had nothing to do in between; the failed job, which should have called, speaks against that. Nothing is said
where the time between was not all searched: a call there would not have been seen.
"""

from trail_diff.diagnosis.evidence.requests import explained_for
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.diagnosis.key_history import policy_versions
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Judgement

RULE = "stops-and-resumes"


def judge_by_stop(examined: Examined, hypothesis: Hypothesis) -> Judgement | None:
    """Judge a policy by whether the caller's calls end where it begins and begin again where it ends."""
    explained = explained_for(examined, hypothesis) if hypothesis.origin == "key-policy" else None
    if explained is None or explained.policy is None or explained.policy.since is None or explained.key is None:
        return None
    since = explained.policy.since
    later = [one for one in policy_versions(examined.case.changes, explained.key) if one.since and one.since > since]
    on_key = [use for use in examined.case.uses if use.key == explained.key and use.error_code is None]
    own = [
        use
        for use in on_key
        if (use.caller, use.action) == (explained.group.caller.across_sessions(), explained.group.action)
    ]
    if not later or later[0].since is None:
        return None
    until = later[0].since
    searched = examined.case.searched
    if searched is not None and not any(span.start <= since and until <= span.end for span in searched):
        return None
    went_on = any(use not in own and use.first < until and use.last > since for use in on_key)
    stopped = any(use.last < since for use in own) and not any(since < use.last and use.first < until for use in own)
    resumed = [use for use in own if use.first >= until]
    if not (stopped and went_on and resumed):
        return None
    evidence = (explained.policy.evidence, later[0].evidence)
    return Judgement(RULE, "supports", (Reason.STOPS_AT_CHANGE, Reason.RESUMES_AT_CHANGE), evidence)
