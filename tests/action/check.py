"""Hold the Action and the hook against the tools that read them: actionlint, and pre-commit on a small repository.

Run by `make test-action`, as both are fetched; the Action's first step is run as well, which installs this project.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from scenes.gate import KEY, TEMPLATE, write_gate

ROOT = Path(__file__).parent.parent.parent
HOOK = "trail-diff-what-if"
_TAKEN_OVER = ("name", "id", "if", "shell", "env", "run")


def main() -> int:
    """Check both, and return the exit status."""
    with tempfile.TemporaryDirectory() as place:
        check_syntax(Path(place) / "linted", sys.argv[1])
        check_install(Path(place) / "installed")
        check_hook(Path(place) / "hooked", sys.argv[2])
    return 0


def check_syntax(folder: Path, actionlint: str) -> None:
    """Lint the workflow of the docs with this Action in it, and the Action's steps as a workflow of their own.

    Raises:
        CalledProcessError: actionlint objects to something.
    """
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", folder], check=True)  # noqa: S603, S607
    (folder / ".trail-diff").mkdir()
    shutil.copy(ROOT / "action.yml", folder / ".trail-diff")
    shutil.copy(ROOT / "docs" / "ci" / "github.yml", workflows / "example.yml")
    (workflows / "steps.json.yml").write_text(json.dumps(_as_workflow()), encoding="utf-8")
    subprocess.run([actionlint, "-no-color"], cwd=folder, check=True)  # noqa: S603
    sys.stdout.write("actionlint: the Action, its steps and the example are right\n")


def _as_workflow() -> dict[str, Any]:
    """Return the Action's steps as a reusable workflow with the same inputs: actionlint reads no Action's steps."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    inputs = {name: {"type": "string"} for name in action["inputs"]}
    steps = [{name: one[name] for name in _TAKEN_OVER if name in one} for one in action["runs"]["steps"]]
    job = {"runs-on": "ubuntu-latest", "steps": steps}
    return {"name": "steps", "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"gate": job}}


def check_install(folder: Path) -> None:
    """Run the Action's first step, and the command that it puts on the path.

    Raises:
        CalledProcessError: the step fails, or what it installed.
    """
    folder.mkdir()
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    script = action["runs"]["steps"][0]["run"]
    paths = folder / "paths"
    given = {"PYTHON": sys.executable, "ACTION": str(ROOT), "RUNNER_TEMP": str(folder), "GITHUB_PATH": str(paths)}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | given
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=folder, env=environment, check=True)  # noqa: S603, S607
    command = Path(paths.read_text(encoding="utf-8").strip()) / "trail-diff"
    subprocess.run([command, "what-if", "--help"], env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    sys.stdout.write("install: the Action's first step installs what the next ones run\n")


def check_hook(folder: Path, pre_commit: str) -> None:
    """Run the hook, as pre-commit installs it, on a template that breaks a call and on one that breaks none.

    Raises:
        AssertionError: it passes what breaks, or fails what does not.
    """
    folder.mkdir()
    write_gate(folder)
    old = (folder / "old.json").read_text(encoding="utf-8")
    arguments = ["--plan", TEMPLATE, "--old", "old.json", "--calls", "calls.json", "--key", KEY]
    config = {"repos": [{"repo": str(ROOT), "rev": _head(ROOT), "hooks": [{"id": HOOK, "args": arguments}]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    for command in (["git", "init", "--quiet"], ["git", "add", "."]):
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603
    breaking = _run_hook(folder, pre_commit)
    assert breaking.returncode == 1, breaking.stdout + breaking.stderr
    assert "would break" in breaking.stdout, breaking.stdout
    (folder / TEMPLATE).write_text(old, encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=folder, check=True)  # noqa: S607
    passing = _run_hook(folder, pre_commit)
    assert passing.returncode == 0, passing.stdout + passing.stderr
    sys.stdout.write("pre-commit: the hook stops what breaks a call, and lets the other pass\n")


def _head(repository: Path) -> str:
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.run(command, cwd=repository, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603


def _run_hook(folder: Path, pre_commit: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "GITHUB_ACTIONS")}
    environment["PRE_COMMIT_HOME"] = str(folder.parent / "pre-commit")
    return subprocess.run(  # noqa: S603
        [pre_commit, "run", "--all-files", "--verbose"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
