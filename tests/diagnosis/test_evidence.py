"""Cases for hypotheses and rules of evidence: what is named, how certain, what is cleared, and by which rule.

Each case is two nights of one job (`scenes.stage`), told in JSON: policies by time, calls, changes, facts.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from msgspec import structs
from recording import as_trail_file
from scenes.stage import BAD, ROLE, SESSION, STORAGE, Scene, policy

from trail_diff.case.builder import Question
from trail_diff.inputs import Inputs
from trail_diff.model.learnt import Window
from trail_diff.pipeline import analyse, load_case

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "evidence.json").read_text(encoding="utf-8"))
STATEMENTS: dict[str, Any] = CASES.pop("statements")
GRANTEE_OPERATIONS = ["Decrypt", "GenerateDataKey", "CreateGrant"]


def play(case: Any) -> Scene:
    """Return the scene of a case."""
    scene = Scene()
    scene.failed_first = case.get("failed_first", False)
    scene.message = case.get("message", scene.message)
    scene.state = case.get("state", scene.state)
    scene.baseline = case.get("baseline", True)
    for time, names in case.get("policies", {}).items():
        scene.put_policy(time, *(STATEMENTS[name] for name in names))
    for time, who, action, *rest in case.get("calls", ()):
        _call(scene, time, who, action, rest[0] if rest else None)
    for time, name, parameters, *fields in case.get("changes", ()):
        key_admin = scene.made.user("key-admin")
        scene.made.kms(time, name, scene.key, key_admin, parameters=parameters, **(fields[0] if fields else {}))
    if "policy_today" in case:
        today = policy(scene.made, *(STATEMENTS[name] for name in case["policy_today"]))
        scene.give("--key-policy", "policy.json", today)
    if "grants_today" in case:
        scene.give("--grants", "grants.json", {"Grants": case["grants_today"]})
    if "state_today" in case:
        scene.state_today(case["state_today"])
    return scene


def _call(scene: Scene, time: str, who: str, action: str, error: str | None) -> None:
    made = scene.made
    role = made.role(ROLE, SESSION, "backup.amazonaws.com")
    identity = {"storage": made.service(STORAGE), "role": role, "user": made.user("alice")}.get(who)
    identity = identity or made.service(f"{who}.amazonaws.com")
    refused: Any = {}
    if error is not None and error.startswith("!"):
        refused = {"errorCode": error[1:]}
    elif error is not None:
        refused = made.denied(identity, f"kms:{action}", scene.key, error)
    context = scene.context if who in ("storage", "backup") else {}
    made.kms(time, action, scene.key, identity, context, **refused)


@pytest.mark.parametrize("name", CASES)
def test_evidence_leads_to_the_answer(name: str, tmp_path: Path) -> None:
    """The verdict, the statements blamed and cleared, and what each rule says are as the case demands."""
    case = CASES[name]
    scene = play(case)
    (tmp_path / "export").write_text(as_trail_file(scene.finish().sorted()), encoding="utf-8")
    for file, content in scene.files.items():
        (tmp_path / file).write_text(content, encoding="utf-8")

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    verdict, wanted = report["verdict"], case["expect"]
    got = {
        "outcome": verdict["outcome"],
        "cause": verdict["cause"],
        "confidence": verdict["confidence"],
        "blamed": sorted({one["statement"]["index"] for one in report["findings"] if one["statement"]}),
        "cleared": sorted({one["statement"]["index"] for one in report["ruled_out"] if one["statement"]}),
        "rules": sorted({f"{says['rule']} {says['says']}" for row in report["weighing"] for says in row["judgements"]}),
        "steps": [step["command"].split(" --")[0] for step in report["next_steps"]],
    }
    assert {field: got[field] for field in wanted} == wanted, case["why"]


@pytest.mark.parametrize(
    ("span", "is_supported"),
    [
        pytest.param(("2026-03-02T17:00:00Z", "2026-03-02T19:00:00Z"), False, id="only the window"),
        pytest.param(("2026-03-02T00:00:00Z", "2026-03-03T10:00:00Z"), True, id="from change to change"),
    ],
)
def test_calls_stop_only_where_the_time_between_was_searched(
    span: tuple[str, str], tmp_path: Path, *, is_supported: bool
) -> None:
    """A source that was asked for the window alone cannot tell that calls stopped at one change until the next."""
    scene = play(CASES["stops-and-resumes"])
    export = tmp_path / "trail.json"
    export.write_text(as_trail_file(scene.finish().sorted()))
    case = load_case(Inputs(events=(str(export),)), Question(BAD))
    start, end = map(datetime.fromisoformat, span)

    report = analyse(structs.replace(case, searched=(Window(start, end),)))

    rules = {one.rule for row in report.weighing for one in row.judgements}
    assert ("stops-and-resumes" in rules) is is_supported
