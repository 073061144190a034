"""Runs the table of decided grants: what each gives a caller who has nothing else."""

from pathlib import Path

import pytest
from tables import KEYS, Entry, case_id, read_table

from trail_diff.policy import PolicySet, Request, evaluate, principal_from
from trail_diff.policy.request.domains import IS_ABSENT, IS_UNKNOWN

CASES = Path(__file__).parent / "cases"
SERVICE = "backup-storage.amazonaws.com"


@pytest.mark.parametrize("case", read_table(CASES / "grants.json"), ids=case_id)
def test_grant_gives_what_the_table_says(case: Entry) -> None:
    """A single grant matches or not for the stated reason, which decides the request and names what is not known."""
    given = {name: tuple(one) if isinstance(one, list) else one for name, one in case.get("context", {}).items()}
    request = Request(
        principal=principal_from(case.get("by", SERVICE)),
        action=case.get("action", "kms:Decrypt"),
        resource=case.get("resource", KEYS["key"]),
        context={**given, **dict.fromkeys((name.rstrip("*") for name in case.get("unknown", ())), IS_UNKNOWN)},
        otherwise=IS_ABSENT if case.get("defaultAbsent", True) else IS_UNKNOWN,
    )
    grant = case.get("bare", {"GranteePrincipal": SERVICE, **case.get("grant", {})})

    decision = evaluate(request, PolicySet.assuming_no_limits({"Statement": []}, (grant,)))

    (tested,) = [one for one in decision.statements if one.layer == "grant"]
    assert [tested.outcome, *tested.reasons] == case["outcome"]
    assert (tested.index, tested.effect, tested.sid) == (1, "Allow", case.get("sid", tested.sid))
    assert decision.decision == case.get("decision", decision.decision)
    assert list(decision.unknown_keys) == case.get("unknownKeys", list(decision.unknown_keys))
