"""All rules of evidence, in the order in which the weighing lists what they say."""

from collections.abc import Mapping

from trail_diff.diagnosis.evidence.changed_around import judge_by_surroundings
from trail_diff.diagnosis.evidence.domain import judge_by_domain
from trail_diff.diagnosis.evidence.granted_meanwhile import judge_by_grant
from trail_diff.diagnosis.evidence.interface import Rule
from trail_diff.diagnosis.evidence.never_worked import judge_by_origin
from trail_diff.diagnosis.evidence.policy_change import judge_by_change
from trail_diff.diagnosis.evidence.refusal_recorded import judge_by_silence
from trail_diff.diagnosis.evidence.refuted_by_success import judge_by_success
from trail_diff.diagnosis.evidence.siblings import judge_by_siblings
from trail_diff.diagnosis.evidence.stated import judge_by_statement
from trail_diff.diagnosis.evidence.stops_and_resumes import judge_by_stop
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.report import Judgement

RULES: Mapping[str, Rule] = {
    "stated": judge_by_statement,
    "policy-change": judge_by_change,
    "refuted-by-success": judge_by_success,
    "stops-and-resumes": judge_by_stop,
    "siblings": judge_by_siblings,
    "granted-meanwhile": judge_by_grant,
    "never-worked": judge_by_origin,
    "domain": judge_by_domain,
    "refusal-recorded": judge_by_silence,
    "changed-around": judge_by_surroundings,
}


def judge_hypothesis(examined: Examined, hypothesis: Hypothesis) -> tuple[Judgement, ...]:
    """Let every rule judge a hypothesis that its own family does not refute already."""
    if hypothesis.standing == "refuted":
        return ()
    judged = (rule(examined, hypothesis) for rule in RULES.values())
    return tuple(one for one in judged if one is not None)
