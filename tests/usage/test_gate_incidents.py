"""The gate on every incident whose cause is a changed key policy: it would have stopped the change, and passes the fix."""

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from incidents import CASES, FOLDER, diagnose, run_in, shipped

from trail_diff.cli import run

_CAUSES = ("key-policy-explicit-deny", "key-policy-no-allow")
_NO_CHANGE_TO_STOP = {
    "from-date": "the guilty policy was in force on both nights, and denies from a date on",
    "create-grant-named": "no policy is known",
    "unnamed-layer-alone": "no policy is known",
    "key-of-another-account": "no policy is known under which the call worked",
    "date-has-passed": "the guilty policy was in force on both nights, and denies from a date on",
    "allow-expired": "the guilty policy was in force on both nights, and allows up to a date",
    "restored-table": "the policy was the same on both nights, and the call another",
    "job-names-service": "no policy is known",
    "other-endpoint": "the succeeded job called through the endpoint that the policy exempts",
    "vault-with-new-key": "the succeeded job used another key",
    "message-and-policy-in-the-log": "only the job's message tells of the call",
    "message-and-two-denies": "only the job's message tells of the call",
    "vault-of-one-name": "the succeeded job is that of another Region, and used another key",
}
_HALF_FIXED = {
    "deny-and-lost-allow": "the fix spares the service from the Deny; its Allow, lost by the same change, stays lost",
}
"""Incidents whose fix is not certain to help: under it the calls are at risk, which has to be allowed."""
_BYSTANDERS = {"recorder-refused": ["ConfigRecorder"]}
"""Callers that the change refuses as well, and that the job does not need: a fix for the job keeps them out."""
_WITHOUT_CALLS = {"message-and-policy-given", "message-and-key-asked-about"}
"""Incidents without a record of a call on the key: there is nothing to replay."""
SHIPPED = shipped()
_NOT_MADE = _NO_CHANGE_TO_STOP.keys() | _WITHOUT_CALLS
MADE = [name for name, incident in CASES.items() if incident.cause in _CAUSES and name not in _NOT_MADE]
OTHERS = [name for name in CASES if name not in MADE]
WHOLE = [name for name, one in SHIPPED.items() if one["expect"].get("cause") in _CAUSES]


def gate(folder: Path, report: Any, new: Any, options: list[str]) -> tuple[int, list[str]]:
    """Run the gate on the succeeded job's calls in a folder that holds the export; return its status, and who breaks."""
    guilty = report["policies"][0]
    start, end = report["coverage"]["windows"]["succeeded"]
    if not (folder / "calls.json").exists():
        run_in(folder, ["callers", *options[:2], "--from", start, "--to", end, "--save", "calls.json"])
    (folder / "new.json").write_text(json.dumps(new), encoding="utf-8")
    (folder / "old.json").write_text(json.dumps(before(report)), encoding="utf-8")
    policies = ["--key-policy", "new.json", "--old", "old.json", "--key", guilty["key"]]
    with redirect_stdout(io.StringIO()) as shown:
        status = run(["what-if", *policies, "--calls", "calls.json", *options[2:], "--no-progress", "--format", "json"])
    rows = json.loads(shown.getvalue())["calls"]
    return status, sorted({row["caller"]["name"] for row in rows if row["observed"] and row["outcome"] == "breaks"})


def before(report: Any) -> Any:
    """Return the policy under which the job succeeded: the one replaced, if nothing was put on the key in between.

    Where the events do not tell it, the first offered fix stands for it: the calls worked under something like it.
    """
    guilty, (_, end) = report["policies"][0], report["coverage"]["windows"]["succeeded"]
    between = [
        one for one in report["changes"] if one["name"] == "PutKeyPolicy" and end < one["time"] < guilty["since"]
    ]
    is_it = guilty["previous"] is not None and not between
    return guilty["previous"] if is_it else offered(report)[0]


def offered(report: Any) -> list[Any]:
    """Return the policies of the remedies to use: those that help; where none is certain to, the first on offer."""
    certain = [one["policy"] for one in report["remedies"] if one["helps"] is True and one["policy"]]
    return certain or [one["policy"] for one in report["remedies"] if one["helps"] is not False and one["policy"]][:1]


def harmless(policy: Any) -> Any:
    """Return a policy that comes to the same: statements in another order, with a Sid each, and one Allow more."""
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    principal = {"AWS": "arn:aws:iam::444455556666:role/auditor"}
    more = {"Sid": "Auditor", "Effect": "Allow", "Principal": principal, "Action": "kms:DescribeKey", "Resource": "*"}
    named = [{**one, "Sid": f"Renamed{place}"} for place, one in enumerate(statements)]
    return {**policy, "Statement": [more, *reversed(named)]}


def facts_in(argv: list[str]) -> list[str]:
    """Return those options of an incident that tell of what stands beside the key policy."""
    places = [place for place, one in enumerate(argv) if one in ("--grants", "--org-id")]
    return [part for place in places for part in argv[place : place + 2]]


def check(folder: Path, report: Any, options: list[str], name: str) -> None:
    """Check that the gate stops the policy that is the cause, and passes what comes to the same, and each fix."""
    assert gate(folder, report, report["policies"][0]["document"], options)[0] == 1
    assert gate(folder, report, harmless(before(report)), options) == (0, [])
    assert offered(report)
    bystanders = _BYSTANDERS.get(name, [])
    for proposed in offered(report):
        assert gate(folder, report, proposed, options) == (int(bool(bystanders) or name in _HALF_FIXED), bystanders)
        if name in _HALF_FIXED:
            assert gate(folder, report, proposed, [*options, "--allow-at-risk"])[0] == 0


@pytest.mark.parametrize("name", MADE)
def test_made_incident_would_have_been_stopped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The changed policy breaks the succeeded job's calls; with the proposed fix none breaks."""
    report = diagnose(name, tmp_path)
    monkeypatch.chdir(tmp_path)

    check(
        tmp_path,
        report,
        ["--events", "export", *(["--grants", "grants.json"] if Path("grants.json").exists() else [])],
        name,
    )


@pytest.mark.parametrize("name", WHOLE)
def test_shipped_incident_would_have_been_stopped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of whole exports."""
    argv = SHIPPED[name]["argv"]
    shutil.copytree(FOLDER / name, tmp_path / "incident")
    monkeypatch.chdir(tmp_path / "incident")
    events = argv[argv.index("--events") + 1]

    check(Path(), run_in(Path(), argv), ["--events", events, *facts_in(argv)], name)


@pytest.mark.parametrize("part", range(4))
def test_harmless_change_passes_whatever_the_cause(part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the other incidents, a policy that comes to the same as the one in force passes on the calls of both nights.

    Without a call it does not: there is no evidence.
    """
    statuses = {}
    for name in OTHERS[part::4]:
        folder = tmp_path / name
        folder.mkdir()
        report = diagnose(name, folder)
        if report["policies"]:
            monkeypatch.chdir(folder)
            statuses[name] = passing(report["policies"][0])

    assert len(statuses) > 5
    assert statuses == {name: 3 if name in _WITHOUT_CALLS else 0 for name in statuses}


def passing(policy: Any) -> int:
    """Run the gate on a policy in force and a harmless change of it, with all calls of an export; return its status."""
    Path("old.json").write_text(json.dumps(policy["document"]), encoding="utf-8")
    Path("new.json").write_text(json.dumps(harmless(policy["document"])), encoding="utf-8")
    facts = ["--grants", "grants.json"] if Path("grants.json").exists() else []
    given = ["--key-policy", "new.json", "--old", "old.json", "--key", policy["key"], "--events", "export", *facts]
    with redirect_stdout(io.StringIO()):
        return run(["what-if", *given, "--no-progress"])
