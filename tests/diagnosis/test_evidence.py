"""Cases for hypotheses and rules of evidence: what is named, how certain, what is cleared, and by which rule.

Each case is two nights of one job (`scenes.stage`), told in JSON: policies by time, calls, changes, facts.
"""

import json
import random
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from incidents import run_in
from msgspec import structs
from recording import as_trail_file
from scenes.stage import BAD, ROLE, SESSION, STORAGE, Scene, policy

from trail_diff.case.question import Question
from trail_diff.diagnosis.evidence.registry import RULES
from trail_diff.gather.exports import Export
from trail_diff.inputs import Inputs
from trail_diff.model.learnt import Window
from trail_diff.pipeline import analyse, load_case

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "evidence.json").read_text(encoding="utf-8"))
STATEMENTS: dict[str, Any] = CASES.pop("statements")
SAYS = ("proves", "supports", "doubts", "refutes")
RULES_SAY: dict[str, set[str]] = {
    "stated": {"proves", "supports"},
    "policy-change": {"supports", "refutes"},
    "refuted-by-success": {"doubts", "refutes"},
    "stops-and-resumes": {"supports"},
    "siblings": {"supports", "doubts", "refutes"},
    "granted-meanwhile": {"supports"},
    "never-worked": {"supports"},
    "domain": {"supports"},
    "refusal-recorded": {"refutes"},
    "changed-around": {"supports"},
}
"""What each rule can say: a recorded statement alone proves, and what success or silence shows only refutes."""


def play(case: Any) -> Scene:
    """Return the scene of a case."""
    scene = Scene()
    scene.failed_first = case.get("failed_first", False)
    scene.message = case.get("message", scene.message)
    scene.state = case.get("state", scene.state)
    scene.baseline = case.get("baseline", True)
    for time, put in case.get("policies", {}).items():
        for names in put if put and isinstance(put[0], list) else [put]:  # several were put in one second
            scene.put_policy(time, *(STATEMENTS[name] for name in names))
    for time, who, action, *rest in case.get("calls", ()):
        _call(scene, (scene.key, scene.context), time, who, action, *rest)
    for time, name, parameters, *fields in case.get("changes", ()):
        key_admin = scene.made.user("key-admin")
        scene.made.kms(time, name, scene.key, key_admin, parameters=parameters, **(fields[0] if fields else {}))
    _play_around(scene, case)
    if "policy_today" in case:
        today = policy(scene.made, *(STATEMENTS[name] for name in case["policy_today"]))
        scene.give("--key-policy", "policy.json", today)
    if "grants_today" in case:
        scene.give("--grants", "grants.json", {"Grants": case["grants_today"]})
    if "state_today" in case:
        scene.state_today(case["state_today"])
    return scene


def _play_around(scene: Scene, case: Any) -> None:
    """Add what goes on beside the two jobs: other jobs, another vault with a key of its own, changes of the role."""
    made = scene.made
    for number, (created, state, *rest) in enumerate(case.get("jobs", ())):
        fields = {"vault": scene.vault, "message": scene.message, **(rest[0] if rest else {})}
        told = {"statusMessage": fields["message"]} if state != "COMPLETED" else {}
        vault, role = fields["vault"], made.role_arn(ROLE)
        table, ended = made.arn("dynamodb", f"table/other-{number}"), created.replace(":00Z", ":30Z")
        made.backup_job(f"other-{number}", created, ended, state, vault=vault, resource=table, role=role, **told)
    key, elsewhere = made.key_arn("other"), case.get("elsewhere", {})
    context = {name: value.replace(scene.vault, "other-vault") for name, value in scene.context.items()}
    for time, names in elsewhere.get("policies", {}).items():
        made.put_key_policy(time, key, policy(made, *(STATEMENTS[name] for name in names)), made.user("key-admin"))
    for time, who, action, *rest in elsewhere.get("calls", ()):
        _call(scene, (key, context), time, who, action, *rest)
    for time, to in case.get("alias", ()):
        named = {"aliasName": "alias/backup", "targetKeyId": made.key_arn(to)}
        made.kms(time, "UpdateAlias", made.key_arn(to), made.user("key-admin"), parameters=named)
    for time, name in case.get("role_changes", ()):
        named = {"roleName": ROLE.rpartition("/")[2], "policyArn": "arn:aws:iam::111122223333:policy/use-keys"}
        made.add(time, "iam.amazonaws.com", name, made.user("admin"), requestParameters=named, readOnly=False)


def _call(scene: Scene, on: tuple[str, Any], time: str, who: str, *call: str) -> None:
    """Let somebody make a call on a key with a context: its action, and its error where it has one."""
    made, (key, context), action, error = scene.made, on, call[0], call[1] if len(call) > 1 else None
    role = made.role(ROLE, SESSION, "backup.amazonaws.com")
    if who == "role-again":
        role = json.loads(json.dumps(role).replace("AROAEXAMPLE", "AROAMADEAGAIN"))
        who = "role"
    through = made.role(ROLE, SESSION, "dynamodb.amazonaws.com")
    known = {"storage": made.service(STORAGE), "role": role, "role-dynamodb": through, "user": made.user("alice")}
    identity = known.get(who)
    identity = identity or made.service(f"{who}.amazonaws.com")
    refused: Any = {}
    if error is not None and error.startswith("!"):
        refused = {"errorCode": error[1:]}
    elif error is not None:
        refused = made.denied(identity, f"kms:{action}", key, error)
    made.kms(time, action, key, identity, context if who in ("storage", "backup") else {}, **refused)


def run_case(case: Any, folder: Path) -> Any:
    """Write the files of a case into a folder, and return the report on them."""
    scene = play(case)
    (folder / "export").write_text(as_trail_file(scene.finish().sorted()), encoding="utf-8")
    for file, content in scene.files.items():
        (folder / file).write_text(content, encoding="utf-8")
    return run_in(folder, ["--job-id", BAD, "--events", "export", *scene.options])


def rules_of(report: Any) -> set[str]:
    """Return the rules that said anything in a report."""
    return {says["rule"] for row in report["weighing"] for says in row["judgements"]}


def _changes_cited(report: Any) -> list[str]:
    """Return when the changes were made that the first finding rests on."""
    cited = {one.get("event_id") for finding in report["findings"][:1] for one in finding["evidence"]}
    return [change["time"] for change in report["changes"] if change["event_id"] in cited]


def test_every_rule_has_cases() -> None:
    """For each rule there are cases in which it says each of what it can say, and one in which it says nothing."""
    said = {one for case in CASES.values() for one in case["expect"].get("rules", ())}
    silent = {rule for case in CASES.values() for rule in case["expect"].get("silent", ())}

    assert {rule: {says for says in SAYS if f"{rule} {says}" in said} for rule in RULES} == RULES_SAY
    assert silent == set(RULES)


@pytest.mark.parametrize("name", CASES)
def test_evidence_leads_to_the_answer(name: str, tmp_path: Path) -> None:
    """The verdict, the statements blamed and cleared, and what each rule says are as the case demands."""
    case = CASES[name]

    report = run_case(case, tmp_path)

    verdict, wanted = report["verdict"], case["expect"]
    got = {
        "outcome": verdict["outcome"],
        "cause": verdict["cause"],
        "confidence": verdict["confidence"],
        "blamed": sorted({one["statement"]["index"] for one in report["findings"] if one["statement"]}),
        "cleared": sorted({one["statement"]["index"] for one in report["ruled_out"] if one["statement"]}),
        "rules": sorted({f"{says['rule']} {says['says']}" for row in report["weighing"] for says in row["judgements"]}),
        "silent": sorted(set(wanted.get("silent", ())) - rules_of(report)),
        "steps": [step["command"].split(" --")[0] for step in report["next_steps"]],
        "changes": _changes_cited(report),
    }
    assert {field: got[field] for field in wanted} == wanted, case["why"]
    cited = [one for row in report["weighing"] for says in row["judgements"] for one in says["evidence"]]
    assert all(one.get("event_id") or one.get("file") for one in cited)


@pytest.mark.parametrize(
    "name", ["role-stops-and-resumes", "alias-stops-and-resumes", "other-key-without-the-deny", "jobs-fail-since"]
)
def test_a_large_export_has_the_same_evidence(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on beside the two jobs counts as well where only a part of an export is held."""
    whole = run_case(CASES[name], tmp_path)
    monkeypatch.setattr(Export, "is_large", property(lambda _export: True))

    assert run_case(CASES[name], tmp_path) == whole


def told(report: Any) -> Any:
    """Return what a report concludes, and what each rule says of each hypothesis, whatever its names."""
    verdict, rows = report["verdict"], report["weighing"]
    return (
        [verdict[name] for name in ("outcome", "cause", "confidence")],
        sorted([one["cause"], one["confidence"], json.dumps(one["statement"])] for one in report["findings"]),
        sorted(
            [row["cause"], row["standing"], *(f"{j['rule']} {j['says']}" for j in row["judgements"])] for row in rows
        ),
    )


@settings(max_examples=examples(15))
@given(st.sampled_from(list(CASES)), st.randoms(use_true_random=False))
def test_permuting_files_or_redacting_changes_no_verdict(name: str, chance: random.Random) -> None:
    """Records spread over files in any order, some of them twice, walked or named in any order, lead to one answer.

    So do those with pseudonyms.
    """
    scene = play(CASES[name])
    records = scene.finish().sorted()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        whole = told(run_case(CASES[name], folder))
        for number in range(3):
            some = [record for record in records if chance.random() < 0.5] if number else list(records)
            chance.shuffle(some)
            (folder / "files").mkdir(exist_ok=True)
            (folder / "files" / f"{chance.random()}.json").write_text(as_trail_file(some), encoding="utf-8")
        asked = ["--job-id", BAD, "--events", "files", *scene.options]

        named = [str(file.relative_to(folder)) for file in (folder / "files").iterdir()]
        chance.shuffle(named)
        listed = [word for file in named for word in ("--events", file)]

        assert told(run_in(folder, asked)) == whole
        assert told(run_in(folder, ["--job-id", BAD, *listed, *scene.options])) == whole
        assert told(run_in(folder, [*asked, "--redact"])) == whole


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
