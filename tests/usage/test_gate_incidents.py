"""The gate on every incident whose cause is a changed key policy: it would have stopped the change, and passes the fix."""

import json
import shutil
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
    "queue-filled-by-a-bucket": "the record names another service than the policy: undecided before and after",
    "restored-table": "the policy was the same on both nights, and the call another",
    "job-names-service": "no policy is known",
    "other-endpoint": "the succeeded job called through the endpoint that the policy exempts",
    "vault-with-new-key": "the succeeded job used another key",
}
_HALF_FIXED = {"deny-and-lost-allow"}
"""The proposed fix spares the service from the Deny, and its lost Allow stays lost: at risk, until a grant is given."""
SHIPPED = shipped()
MADE = [name for name, incident in CASES.items() if incident.cause in _CAUSES and name not in _NO_CHANGE_TO_STOP]
WHOLE = [name for name, one in SHIPPED.items() if one["expect"].get("cause") in _CAUSES]


def gate(folder: Path, report: Any, new: Any, options: list[str]) -> int:
    """Run the gate in a folder that holds the incident's export, on the succeeded job's calls; return its status."""
    guilty = report["policies"][0]
    start, end = report["coverage"]["windows"]["succeeded"]
    run_in(folder, ["callers", *options[:2], "--from", start, "--to", end, "--save", "calls.json"])
    (folder / "new.json").write_text(json.dumps(new), encoding="utf-8")
    given = [
        "--key-policy",
        "new.json",
        "--calls",
        "calls.json",
        "--old",
        "old.json",
        "--key",
        guilty["key"],
        *options[2:],
    ]
    (folder / "old.json").write_text(json.dumps(before(report)), encoding="utf-8")
    return run(["what-if", *given, "--no-progress"])


def before(report: Any) -> Any:
    """Return the policy under which the job succeeded: the one replaced, if nothing was put on the key in between.

    Where the events do not tell it, the first proposed fix stands for it: the calls worked under something like it.
    """
    guilty, (_, end) = report["policies"][0], report["coverage"]["windows"]["succeeded"]
    between = [
        one for one in report["changes"] if one["name"] == "PutKeyPolicy" and end < one["time"] < guilty["since"]
    ]
    is_it = guilty["previous"] is not None and not between
    return guilty["previous"] if is_it else helping(report)[0]


def helping(report: Any) -> list[Any]:
    """Return the policies of the remedies that help."""
    return [remedy["policy"] for remedy in report["remedies"] if remedy["helps"] is True and remedy["policy"]]


def facts_in(argv: list[str]) -> list[str]:
    """Return those options of an incident that tell of what stands beside the key policy."""
    places = [place for place, one in enumerate(argv) if one in ("--grants", "--org-id")]
    return [part for place in places for part in argv[place : place + 2]]


def check(folder: Path, report: Any, options: list[str], *more: str) -> None:
    """Check that the gate stops the policy that is the cause, and passes each policy that is proposed instead."""
    assert gate(folder, report, report["policies"][0]["document"], options) == 1
    assert helping(report)
    for proposed in helping(report):
        assert gate(folder, report, proposed, [*options, *more]) == 0


@pytest.mark.parametrize("name", MADE)
def test_made_incident_would_have_been_stopped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The changed policy breaks the succeeded job's calls; with the proposed fix none breaks."""
    report = diagnose(name, tmp_path)
    monkeypatch.chdir(tmp_path)

    grants = ["--grants", "grants.json"] if Path("grants.json").exists() else []
    check(tmp_path, report, ["--events", "export", *grants], *(["--allow-at-risk"] if name in _HALF_FIXED else []))


@pytest.mark.parametrize("name", WHOLE)
def test_shipped_incident_would_have_been_stopped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of whole exports."""
    argv = SHIPPED[name]["argv"]
    shutil.copytree(FOLDER / name, tmp_path / "incident")
    monkeypatch.chdir(tmp_path / "incident")
    events = argv[argv.index("--events") + 1]

    check(Path(), run_in(Path(), argv), ["--events", events, *facts_in(argv)])
