"""Calls of other services that failed for a key: who else KMS may have refused, and how to see which key it was."""

import json
from pathlib import Path
from typing import Any

import pytest
from incidents import run_in
from recording import Recording, as_trail_file
from tables import Entry, case_id, read_table

from trail_diff.cli import run

MADE = Recording()
KEY = MADE.key_arn("trail")
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
TABLE = Path(__file__).parent / "cases" / "service_calls.json"


def explain(case: Entry, folder: Path) -> Any:
    """Return the report on the one call of a row, with a policy that allows its service something."""
    made, (source, name) = Recording(), str(case["call"]).split()
    code, _, message = str(case["error"]).replace("$KEY", KEY).partition(": ")
    asked = json.loads(json.dumps(case["asked"]).replace("$KEY", KEY))
    fields = {"errorCode": code, "errorMessage": message, "requestParameters": asked, "readOnly": False}
    made.add("2026-03-02T18:00:00Z", f"{source}.amazonaws.com", name, made.role("ops", "s"), **fields)
    (folder / "export.json").write_text(as_trail_file(made.sorted()), encoding="utf-8")
    given = []
    if service := case.get("service"):
        allow = {**ROOT, "Principal": {"Service": service}, "Condition": case.get("condition", {})}
        if not allow["Condition"]:
            del allow["Condition"]
        (folder / "policy.json").write_text(json.dumps({"Statement": [ROOT, allow]}), encoding="utf-8")
        given = ["--key-policy", "policy.json"]
    return run_in(folder, ["compare", "export.json", *given])


@pytest.mark.parametrize("case", read_table(TABLE), ids=case_id)
def test_call_of_a_service_is_explained_as_the_table_says(case: Entry, tmp_path: Path) -> None:
    """The service that is itself refused is named and its policy decided; a key that no record names is asked for."""
    report, expect = explain(case, tmp_path), case["expect"]
    first: Entry = next(iter(report["findings"]), {})
    remedy: Entry = next((one for one in report["remedies"] if one["helps"] is not False), {})
    seen = {
        "cause": report["verdict"]["cause"],
        "confidence": report["verdict"]["confidence"],
        "statement": (first.get("statement") or {}).get("index"),
        "caller": (first.get("caller") or {}).get("name"),
        "fix": remedy.get("id"),
        "expected": [f"{one['caller']['name']} {one['action']}" for one in report["expected"]],
    }

    assert {name: seen[name] for name in expect if name in seen} == {n: expect[n] for n in expect if n in seen}
    assert expect.get("fixed", "") in str(remedy.get("patch"))
    assert expect.get("lacks", "\0") not in str(remedy.get("patch"))
    assert any(expect.get("steps", "") in step["command"] for step in (*report["next_steps"], {"command": ""}))


def test_service_is_named_in_the_default_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom KMS may have refused stands in the default text, though no policy is known."""
    case = next(iter(read_table(TABLE)))
    explain(case, tmp_path)
    monkeypatch.chdir(tmp_path)

    run(["compare", "export.json", "--lang", "en"])

    assert case["expect"]["shown"] in capsys.readouterr().out
