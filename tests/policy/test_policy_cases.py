"""Runs the decided cases: `documented.json` from AWS's documentation, `traps.json` our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from trail_diff.policy import compile_policies, decide, evaluate, load_case

CASES = Path(__file__).parent / "cases"
DOCUMENTED: list[dict[str, Any]] = json.loads((CASES / "documented.json").read_text(encoding="utf-8"))
TRAPS: list[dict[str, Any]] = json.loads((CASES / "traps.json").read_text(encoding="utf-8"))
DECISIONS = {
    "Allowed": "allowed",
    "ExplicitlyDenied": "explicit-deny",
    "ImplicitlyDenied": "implicit-deny",
    None: "undetermined",
}


def case_id(case: dict[str, Any]) -> str:
    """Name a test after its case."""
    return str(case["id"])


@pytest.mark.parametrize("case", DOCUMENTED, ids=case_id)
def test_documented_case_is_decided_as_aws_documents_it(case: dict[str, Any]) -> None:
    """A documented case comes out as documented, and one that AWS leaves open as undetermined with a reason."""
    decision = evaluate(*load_case(case))

    assert decision.decision == DECISIONS[case["expected"]], decision
    assert decision.reasons


@pytest.mark.parametrize("case", TRAPS, ids=case_id)
def test_trap_is_decided_with_its_layer_reasons_and_unknown_keys(case: dict[str, Any]) -> None:
    """Each trap, corner and layer comes out as its case says, with the keys that could settle it."""
    decision = evaluate(*load_case(case))

    assert decision.decision == case["decision"], decision
    assert set(case.get("reasons", ())) <= set(decision.reasons)
    assert decision.layer == case.get("layer", decision.layer)
    assert list(decision.unknown_keys) == case["unknownKeys"]


@pytest.mark.parametrize("case", DOCUMENTED + TRAPS, ids=case_id)
def test_quick_decision_is_the_same(case: dict[str, Any]) -> None:
    """Deciding against compiled policies, for the first time or again, gives what evaluating gives."""
    request, policies = load_case(case)
    compiled = compile_policies(policies)

    decisions = {decide(request, compiled), decide(request, compiled), evaluate(request, compiled).decision}

    assert decisions == {evaluate(request, policies).decision}
