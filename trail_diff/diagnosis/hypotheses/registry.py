"""All families of hypotheses, in the order in which their findings are listed among equals."""

from collections.abc import Mapping

from msgspec import structs

from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.expected import rest_on_expectation
from trail_diff.diagnosis.hypotheses import grants, key_policy, key_state, managed_key, not_kms, refusals, stated
from trail_diff.diagnosis.hypotheses.ambiguous import propose_ambiguous
from trail_diff.diagnosis.hypotheses.grants import propose_grants
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, Proposer
from trail_diff.diagnosis.hypotheses.key_policy import propose_key_policy
from trail_diff.diagnosis.hypotheses.key_state import propose_key_state
from trail_diff.diagnosis.hypotheses.managed_key import propose_managed_key
from trail_diff.diagnosis.hypotheses.not_kms import propose_not_kms
from trail_diff.diagnosis.hypotheses.other_key import propose_other_key
from trail_diff.diagnosis.hypotheses.refusals import propose_context, propose_throttling
from trail_diff.diagnosis.hypotheses.stated import propose_stated
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason

PROPOSERS: Mapping[str, Proposer] = {
    "key-state": propose_key_state,
    "stated": propose_stated,
    "ambiguous": propose_ambiguous,
    "grants": propose_grants,
    "key-policy": propose_key_policy,
    "other-key": propose_other_key,
    "managed-key": propose_managed_key,
    "context": propose_context,
    "throttling": propose_throttling,
    "not-kms": propose_not_kms,
}

TEXTS: Mapping[Cause, CauseText] = {
    cause: text
    for family in (key_policy, stated, grants, key_state, managed_key, refusals, not_kms)
    for cause, text in family.TEXTS.items()
}
"""What the documentation says of each cause, from the family that proposes it."""


def propose(examined: Examined) -> tuple[Hypothesis, ...]:
    """Let every family propose what it sees.

    When no record names the key that was asked about, what records tell is about another key and explains nothing; only
    its state may. A job that has another key is diagnosed on its own.
    """
    proposed = tuple(
        rest_on_expectation(examined, structs.replace(hypothesis, origin=origin))
        for origin, proposer in PROPOSERS.items()
        for hypothesis in proposer(examined)
    )
    warnings = examined.case.coverage.warnings
    if Reason.KEY_NOT_IN_EVENTS in warnings and Reason.ASKED_KEY_NOT_CONCERNED not in warnings:
        return tuple(one for one in proposed if one.standing == "refuted" or one.layer == "key-state")
    return proposed
