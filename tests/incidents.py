"""Incidents to be diagnosed, each made of two nights of records and what the answer has to be.

`CASES` holds those made in `scenes`; fixtures/incidents holds whole exports with the same expectations. Run as a
script, it prints how often each cause was found, missed or mistaken over both.
"""

import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from read.wrapping import WRAPS
from scenes import bystanders, deceptions, gaps, grants, key_states, other_jobs, policies, refusals, today
from scenes.stage import BAD, Incident, Scene

from trail_diff.cli import run
from trail_diff.model.codes import Cause

FOLDER = Path(__file__).parent.parent / "fixtures" / "incidents"
CASES: dict[str, Incident] = {
    name: incident
    for family in (policies, key_states, grants, refusals, other_jobs, gaps, bystanders, deceptions, today)
    for name, incident in family.CASES.items()
}


FORMS = [name for name in WRAPS if not name.startswith(("ocsf", "athena", "lake", "elastic-", "sentinel"))]
"""Export forms that hold whole records, job events included; each incident comes in another one."""


def diagnose(name: str, folder: Path, add: Callable[[Scene], None] = lambda _scene: None) -> Any:
    """Write the files of an incident, its export in a form of its own, and give the report on it.

    `add` puts more into the scene than the incident is made of.
    """
    incident = CASES[name]
    scene = Scene()
    incident.make(scene)
    add(scene)
    records = scene.finish().sorted()
    form = FORMS[list(CASES).index(name) % len(FORMS)]
    (folder / "export").write_bytes(WRAPS[form](records))
    for file, content in scene.files.items():
        (folder / file).write_text(content, encoding="utf-8")
    if "compare" in scene.options:
        return run_in(folder, ["compare", "export", *(one for one in scene.options if one != "compare")])
    asked = [] if "--job-id" in scene.options else ["--job-id", BAD]
    return run_in(folder, [*asked, "--events", "export", *scene.options])


def run_in(folder: Path, arguments: list[str]) -> Any:
    """Run the command line inside a folder and give its JSON."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with redirect_stdout(io.StringIO()) as shown, redirect_stderr(io.StringIO()) as problems:
            run([*arguments, "--format", "json"])
    finally:
        os.chdir(before)
    assert shown.getvalue(), problems.getvalue()
    return json.loads(shown.getvalue())


def shipped() -> dict[str, dict[str, Any]]:
    """Return what is expected of each export in fixtures/incidents."""
    return {
        path.parent.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.glob("*/expected.json"))
    }


_COLUMNS = ("right", "wrong cause", "no cause")


def main() -> int:
    """Print how often each cause was found, mistaken or missed, and how often each confidence was right.

    Fails unless every answer was right: a confirmed or likely one names the cause, a possible one names it among its
    rivals.
    """
    results: Counter[tuple[str, str]] = Counter()
    certainty: Counter[tuple[str, str]] = Counter()
    for name, wanted, report in _answers():
        results[_result(name, wanted, report["verdict"]["cause"])] += 1
        if report["verdict"]["confidence"] is not None:
            certainty[_by_confidence(name, wanted, report)] += 1
    _print_table("cause", [*Cause, "none", "all"], _COLUMNS, results)
    _print_table("confidence", ["confirmed", "likely", "possible"], ("right", "wrong"), certainty)
    all_right = all(column == "right" for _, column in (*results, *certainty))
    return 0 if all_right else 1


def _answers() -> Iterator[tuple[str, list[str | None], Any]]:
    """Yield each incident with the causes that are right, and the report on it."""
    for name, incident in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            yield name, [incident.cause], diagnose(name, Path(place))
    for name, expected in shipped().items():
        wanted = expected["expect"].get("cause")
        yield name, wanted if isinstance(wanted, list) else [wanted], run_in(FOLDER / name, expected["argv"])


def _print_table(title: str, rows: Sequence[str], columns: Sequence[str], results: Counter[tuple[str, str]]) -> None:
    sys.stdout.write("".join([f"{title:<32}", *(f"{column:>13}" for column in columns), "\n"]))
    for row in rows:
        own = [row] if row != "all" else rows
        counts = [sum(results[one, column] for one in own) for column in columns]
        sys.stdout.write("".join([f"{row:<32}", *(f"{count:>13}" for count in counts), "\n"]))


def _by_confidence(name: str, wanted: list[str | None], report: Any) -> tuple[str, str]:
    """Return the row and column of a confidence: a possible answer is right when its rivals hold the cause."""
    verdict = report["verdict"]
    named = [verdict["cause"]]
    if verdict["confidence"] == "possible":
        named += [finding["cause"] for finding in report["findings"]]
    is_right = any(cause in wanted for cause in named)
    if not is_right:
        sys.stdout.write(f"{name}: {verdict['confidence']} {named}, expected {wanted}\n")
    return verdict["confidence"], "right" if is_right else "wrong"


def _result(name: str, wanted: list[str | None], got: str | None) -> tuple[str, str]:
    """Return the row and column of a result; an incident without a cause that gets none is right."""
    row = wanted[0] or "none"
    if got in wanted:
        return row, "right"
    sys.stdout.write(f"{name}: {got}, expected {wanted}\n")
    return row, "wrong cause" if got else "no cause"


if __name__ == "__main__":
    sys.exit(main())
