"""Every incident gets its answer: the cause, the statement, the remedy, or an honest inconclusive."""

import re
from pathlib import Path
from typing import Any

import pytest
from incidents import CASES, FOLDER, diagnose, run_in, shipped
from scenes.additions import ADDITIONS

SHIPPED = shipped()
BESIDE, PARTS = ("other-keys", "harmless-changes"), ("outcome", "cause", "confidence")


@pytest.mark.parametrize("name", CASES)
def test_made_incident_gets_its_answer(name: str, tmp_path: Path) -> None:
    """The verdict, the finding it rests on, the remedies and what is left open are as the incident demands."""
    report = diagnose(name, tmp_path)

    assert CASES[name].faults(report) == []


@pytest.mark.parametrize("addition", ADDITIONS)
def test_more_evidence_brings_no_refuted_cause_back(addition: str, tmp_path: Path) -> None:
    """What was ruled out is not blamed once more is known, and what goes on beside changes no verdict.

    Each addition has incidents of its own.
    """
    places, names = list(ADDITIONS), list(CASES)
    for name in names[places.index(addition) :: 2 * len(places)]:
        known, more = tmp_path / name, tmp_path / f"{name}-more"
        known.mkdir()
        more.mkdir()

        before, after = diagnose(name, known), diagnose(name, more, ADDITIONS[addition])

        refuted = {blamed(one) for one in before["ruled_out"]}
        leading = after["findings"][:1] if after["verdict"]["cause"] else []
        assert not refuted & {blamed(one) for one in leading}, name
        if addition in BESIDE:
            assert [after["verdict"][part] for part in PARTS] == [before["verdict"][part] for part in PARTS], name


def blamed(one: Any) -> tuple[str, int | None]:
    """Return the cause, and the statement, that a finding or a ruling is about."""
    return one["cause"], one["statement"]["index"] if one["statement"] else None


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_incident_gets_its_answer(name: str) -> None:
    """Whole exports, in the forms people have them in, get the expected verdict, caller, statement and baseline."""
    expected = SHIPPED[name]["expect"]

    report = run_in(FOLDER / name, SHIPPED[name]["argv"])

    verdict = report["verdict"]
    assert fits(expected.get("outcome"), verdict["outcome"])
    assert fits(expected.get("cause"), verdict["cause"])
    assert fits(expected.get("confidence"), verdict["confidence"])
    findings = [finding for finding in report["findings"] if finding["cause"] == verdict["cause"]]
    for name_of, got in (
        ("statement_index", [(f["statement"] or {}).get("index") for f in findings]),
        ("layer", [f["layer"] for f in findings]),
    ):
        assert expected.get(name_of) is None or expected[name_of] in got
    assert same_id(expected.get("baseline_job_id"), (report["succeeded"] or {}).get("id"))
    helping = {remedy["id"] for remedy in report["remedies"] if remedy["helps"] is True}
    assert expected.get("remedy_helps_any") is not True or helping
    assert not helping & set(expected.get("remedy_not_help") or [])
    assert not expected.get("warnings_any") or set(expected["warnings_any"]) & set(report["coverage"]["warnings"])


def fits(wanted: Any, got: Any) -> bool:
    """Check whether a value is what was wanted; None is not checked, a list means one of these."""
    return wanted is None or (got in wanted if isinstance(wanted, list) else got == wanted)


def same_id(wanted: str | None, got: str | None) -> bool:
    """Check whether two job ids are the same."""
    return wanted is None or wanted.lower() == (got or "").lower()


def test_exports_hold_no_real_account() -> None:
    """Fixtures speak of made-up accounts only."""
    known = {"111122223333", "123456789012", "444455556666"}
    text = "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in FOLDER.rglob("*.json") if path.is_file()
    )

    assert set(re.findall(r"arn:aws:iam::(\d{12}):", text)) <= known
