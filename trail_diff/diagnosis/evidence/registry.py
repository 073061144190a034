"""All rules of evidence, in the order in which the weighing lists what they say."""

from collections.abc import Mapping

from trail_diff.diagnosis.evidence.interface import Rule
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.report import Judgement

RULES: Mapping[str, Rule] = {}


def judge_hypothesis(examined: Examined, hypothesis: Hypothesis) -> tuple[Judgement, ...]:
    """Let every rule judge a hypothesis that its own family does not refute already."""
    if hypothesis.standing == "refuted":
        return ()
    judged = (rule(examined, hypothesis) for rule in RULES.values())
    return tuple(one for one in judged if one is not None)
