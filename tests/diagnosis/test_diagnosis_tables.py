"""Runs the tables of decided cases on the side-by-side table and on what a key was at a time."""

from pathlib import Path
from typing import Any

import pytest
from tables import KEYS, Entry, build_case, build_event, build_facts, build_moment, case_id, read_table

from trail_diff.diagnosis.diff import diff_callers, is_different, is_relevant
from trail_diff.diagnosis.key_history import deletion_scheduled, grants_at, policy_at, state_at
from trail_diff.model.report import CallerGroup, Evidence

CASES = Path(__file__).parent / "cases"
NIGHT = build_moment("2 18:10")


def tell_row(group: CallerGroup) -> str:
    """Return a row as tables have it: caller, action, key, calls and errors of both sides, presence, what it is."""
    key = next((name for name, arn in KEYS.items() if arn == group.key), "-")
    sides = " ".join(f"{side.calls}/{side.errors}" for side in (group.failed, group.succeeded))
    marks = "".join([" relevant" * is_relevant(group), " different" * is_different(group)])
    return f"{group.caller.name} {group.action} {key}: {sides} {group.presence}{marks}"


@pytest.mark.parametrize("case", read_table(CASES / "diff.json"), ids=case_id)
def test_calls_are_put_side_by_side_as_the_table_says(case: Entry) -> None:
    """The rows come in the stated order with the stated counts, and matter or differ as stated."""
    built = build_case(case)

    groups = diff_callers(built.failed, built.succeeded)

    seen: Entry = {"rows": list(map(tell_row, groups)), "arns": [group.caller.arn for group in groups]}
    if groups:
        seen |= {
            "codes": [list(code) for code in groups[0].failed.error_codes.items()],
            "times": [groups[0].succeeded.first, groups[0].succeeded.last],
            "accounts": list(groups[0].recorded_in),
            "ties": list(groups[0].tied_by),
        }
    expected = {name: case[name] for name in seen if name in case}
    if "times" in expected:
        expected["times"] = list(map(build_moment, expected["times"]))
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize("case", read_table(CASES / "key_history.json"), ids=case_id)
def test_key_was_at_night_what_the_table_says(case: Entry) -> None:
    """The policy, the state, the grants or the span of the deletion are those stated, or are not known."""
    assert tell_history(case) == case["answer"]


def tell_history(case: Entry) -> Any:
    """Return what is asked of the key's history at ten past six of the second evening, as tables have it."""
    changes, facts = [build_event(change) for change in case.get("changes", [])], build_facts(case.get("facts", {}))
    match case["ask"]:
        case "policy":
            version = policy_at(changes, KEYS["key"], NIGHT, facts, about=KEYS[case.get("about", "key")])
            return version and [
                tell_place(version.evidence),
                "today" if version.is_todays else tell_time(version.since),
            ]
        case "state":
            state = state_at(changes, KEYS["key"], NIGHT, facts)
            return state and [state.state, tell_place(state.evidence)]
        case "grants":
            grants = grants_at(changes, NIGHT, facts)
            if "operations" in case:
                assert [grant["operations"] for grant in grants or ()] == [case["operations"]]
            return None if grants is None else [grant["GrantId"] for grant in grants]
        case _:
            span = deletion_scheduled(facts)
            return span and [tell_time(span.start), tell_time(span.end)]


def tell_place(evidence: Evidence) -> str:
    """Return where evidence is: an event's id, or a file with a place in it."""
    return evidence.event_id or f"{evidence.file}{'#' if evidence.path else ''}{evidence.path}"


def tell_time(moment: Any) -> str:
    """Return a time as tables have it."""
    return f"{moment.day} {moment:%H:%M}"
