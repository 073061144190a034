"""Every made-up incident, its export and facts redacted in one run, gets the same answer, and tells no name."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from incidents import CASES, FORMS, run_in
from read.wrapping import WRAPS
from scenes.stage import BAD, Scene

from trail_diff.cli import run
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor

ROWS = ("pandas-split", "notebook", "psql", "splunk-json-rows", "docker-pieces")
WITH_FORM = [("trouble-halfway", "logs-tail-json"), *(("invalid-state-disabled", form) for form in ROWS)]
"""Incidents whose message tells the cause, in forms in which a message is not known by a field's name."""


def play(name: str, folder: Path, form: str | None = None) -> list[str]:
    """Write the files of an incident, and give the arguments that ask about it."""
    scene = Scene()
    CASES[name].make(scene)
    form = form or FORMS[list(CASES).index(name) % len(FORMS)]
    (folder / "export").write_bytes(WRAPS[form](scene.finish().sorted()))
    for file, content in scene.files.items():
        (folder / file).write_text(content, encoding="utf-8")
    if "compare" in scene.options:
        return ["compare", "export", *(one for one in scene.options if one != "compare")]
    asked = [] if "--job-id" in scene.options else ["--job-id", BAD]
    return [*asked, "--events", "export", *scene.options]


def share(folder: Path, into: Path, arguments: list[str]) -> list[str]:
    """Redact each file of a folder with what all of them tell, and give the arguments to ask the same of the result."""
    names = sorted(file.name for file in folder.iterdir())
    (into / "shared").mkdir()
    with contextlib.chdir(folder):
        assert run(["redact", *names, "-o", str(into / "shared"), "--map", str(into / "map.json")]) == 0
    redactor = Redactor(make_pseudonyms(into / "map.json"))
    given = []
    for flag, value in zip(["", *arguments], arguments, strict=False):
        is_name = flag in ("--key", "--account", "--org-id")
        given.append(redactor.name_or_arn(value) if is_name else value)
    exports = sorted(
        file.name for file in (into / "shared").iterdir() if file.name not in arguments or file.name == "export"
    )
    at = given.index("export")
    if given[0] == "compare":
        given[at : at + 1] = exports
    else:
        given[at - 1 : at + 1] = [word for export in exports for word in ("--events", export)]
    return given


def told(report: Any) -> Any:
    """Return what an answer says, without names."""
    return {
        "verdict": [report["verdict"][name] for name in ("outcome", "cause", "confidence")],
        "findings": [(f["cause"], f["statement"], f["layer"], sorted(f["reasons"])) for f in report["findings"]],
        "ruled out": [one["cause"] for one in report["ruled_out"]],
        "remedies": [(one["id"], one["helps"], (one["replay"] or {}).get("calls")) for one in report["remedies"]],
        "absence": sorted(json.dumps([a["action"], a["readings"]]) for a in report["absence"]),
        "decisions": sorted(f"{d['action']} {d['decision']} {len(d['unknown_keys'])}" for d in report["decisions"]),
        "callers": sorted(f"{c['caller']['kind']} {c['action']} {c['presence']}" for c in report["callers"]),
        "warnings": report["coverage"]["warnings"],
        "records": report["coverage"]["records_read"],
    }


@pytest.mark.parametrize(("name", "form"), [*((name, None) for name in CASES), *WITH_FORM])
def test_redacted_incident_gets_the_same_answer(name: str, form: str | None, tmp_path: Path) -> None:
    """Verdict, statements, decisions, readings and remedies are those of the originals, whatever patterns a policy has.

    Also where a record goes on over several lines of a log, with a policy as text in it.
    """
    (tmp_path / "in").mkdir()
    arguments = play(name, tmp_path / "in", form)

    given = share(tmp_path / "in", tmp_path, arguments)

    shared = tmp_path / "shared"
    assert told(run_in(shared, given)) == told(run_in(tmp_path / "in", arguments))


FORMATS = ["table", "markdown", "json", "csv", "html"]
NAME = re.compile(r":(?:role/(?:service-role/)?|backup-vault:|table/|user/|key/|assumed-role/|trail/)([\w.-]{4,})")
FIELD = re.compile(r'"(?:userName|backupVaultName|accessKeyId|principalId|sourceIPAddress)": "([^"]{4,})"')


def names_in(text: str) -> set[str]:
    """Return the accounts, names in ARNs, users, vaults, access keys, principals and addresses that a text holds."""
    found = {*re.findall(r"(?<![\w-])\d{12}(?!\w)", text), *NAME.findall(text), *FIELD.findall(text)}
    parts = {part for name in found for part in name.split(":") if len(part) > 3}
    words_of_aws = r"amazonaws\.com|AWSService|AWS Internal|ec2-infra|aws-service-role|^(?:main|other|root)$"
    return {part for part in parts if not re.search(words_of_aws, part)}


@pytest.mark.parametrize("name", CASES)
def test_no_renderer_shows_a_name(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --redact no account, name, access key or address is left in the report, in whatever form it is written."""
    arguments = play(name, tmp_path)
    scene = Scene()
    CASES[name].make(scene)
    names = names_in(json.dumps(scene.finish().records) + "".join(scene.files.values()))
    place = list(CASES).index(name)
    shown_as = ["--format", FORMATS[place % 5], "--lang", ["en", "ja"][place // 5 % 2], "-v"]

    with contextlib.chdir(tmp_path):
        run([*arguments, *shown_as, "--redact"])

    shown = capsys.readouterr().out
    assert shown
    assert not {each for each in names if re.search(rf"(?<![A-Za-z0-9]){re.escape(each)}(?![A-Za-z0-9])", shown)}


@pytest.mark.parametrize("form", WRAPS)
def test_every_form_is_counted_alike(form: str, tmp_path: Path) -> None:
    """In every form of export the redacted calls are those of the originals: as many callers, of the same kinds."""
    scene = Scene()
    CASES["organization-only"].make(scene)
    records = scene.finish().sorted()
    (tmp_path / "export").write_bytes(WRAPS[form](records))

    assert run(["redact", str(tmp_path / "export"), "-o", str(tmp_path / "shared")]) == 0

    before, after = (run_in(tmp_path, ["callers", "--events", name]) for name in ("export", "shared"))
    assert [kinds(before), before["coverage"]["records_read"]] == [kinds(after), after["coverage"]["records_read"]]
    place = tmp_path / "shared"
    shared = "".join(file.read_text(encoding="utf-8") for file in (place.iterdir() if place.is_dir() else [place]))
    assert not {name for name in names_in(json.dumps(records)) if name in shared}


def kinds(report: Any) -> list[Any]:
    """Return who called what how often, without names."""
    return sorted(
        [use["caller"]["kind"], use["action"], use["calls"], use["errors"], use["first"]] for use in report["callers"]
    )
