"""Holds the direction of the imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "trail_diff"
INCIDENT = PACKAGE.parent / "fixtures" / "original-incident"
MODULES = sorted(PACKAGE.rglob("*.py"))
ONLY_IN = {
    "boto3": {"aws"},
    "botocore": {"aws"},
    "typer": {"cli"},
    "pandas": {"diff"},
    "rich": {"progress"},
    "platformdirs": {"sources.slices"},
    "jinja2": {"render.html_page"},
    "markupsafe": {"render.html_page", "render.html_tables"},
    "wcwidth": {"render.width"},
}
PURE = (
    "assemble",
    "baseline",
    "changes",
    "console",
    "contexts",
    "correlate",
    "coverage",
    "diff",
    "exhibits",
    "verdict",
    "jobs",
    "callers",
)


def imports_of(path: Path) -> Iterator[str]:
    """Give the full names of the modules that a file imports, lazily or not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_in(path: Path, places: set[str]) -> bool:
    """Tell whether a file is one of the named modules, or in one of the named packages."""
    name = name_of(path)
    return any(name == place or name.startswith(f"{place}.") for place in places)


def is_command_line(name: str) -> bool:
    """Tell whether a module is part of the command line."""
    return name.split(".", maxsplit=1)[0] in {"cli", "__main__"}


def name_of(path: Path) -> str:
    """Give a module's dotted name inside the package."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def loaded_by(*arguments: str | Path) -> set[str]:
    """Give the names of all modules that are loaded when a command has run."""
    given = [str(argument) for argument in arguments]
    code = f"import sys; from trail_diff.cli import run; run({given}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stderr.split())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_each_library_has_its_one_place(path: Path) -> None:
    """Libraries that are slow to import, or that touch the outside, are imported where the design puts them only."""
    roots = {name.split(".")[0] for name in imports_of(path)}

    misplaced = {library for library, places in ONLY_IN.items() if library in roots and not is_in(path, places)}

    assert not misplaced


@pytest.mark.parametrize("path", [path for path in MODULES if not is_command_line(name_of(path))], ids=name_of)
def test_nothing_imports_the_command_line_or_the_pipeline(path: Path) -> None:
    """Only the command line imports the pipeline, and nobody imports the command line."""
    allowed = {"__init__"} if name_of(path) == "__init__" else set()

    forbidden = {
        name for name in imports_of(path) if name == "trail_diff.pipeline" or name.startswith("trail_diff.cli")
    }
    assert not forbidden or allowed


@pytest.mark.parametrize("name", PURE)
def test_pure_stages_know_no_input_or_output(name: str) -> None:
    """A pure stage imports no source, no renderer, and nothing that reads files or the clock."""
    imported = set(imports_of(PACKAGE / f"{name}.py"))

    assert not {module for module in imported if module.startswith("trail_diff.render")}
    assert not {"os", "sys", "pathlib", "time", "socket"} & {module.split(".")[0] for module in imported}
    assert not {"trail_diff.read.files", "trail_diff.read.envelope"} & imported


@pytest.mark.parametrize("path", [path for path in MODULES if "render" in path.parts], ids=name_of)
def test_tabulate_stays_in_render(path: Path) -> None:
    """Renderers import the model and each other, never a stage."""
    stages = {f"trail_diff.{name}" for name in (*PURE, "gather", "normalize", "pipeline", "facts")}

    assert not stages & set(imports_of(path))


@pytest.mark.parametrize("path", [path for path in MODULES if "sources" in path.parts], ids=name_of)
def test_sources_are_given_their_connection(path: Path) -> None:
    """A source is handed what it asks AWS with; it opens no connection, and knows nothing of what is done with events."""
    imported = set(imports_of(path))

    assert not {name for name in imported if name.startswith(("trail_diff.aws.live", "trail_diff.inputs"))}
    assert "trail_diff.aws.client" not in imported or name_of(path) == "sources.lookup_events"


def test_an_export_on_disk_is_read_without_aws() -> None:
    """With --events on disk, nothing is loaded that could reach AWS."""
    arguments = ["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", str(INCIDENT / "trail")]
    code = f"import sys; from trail_diff.cli import run; run({arguments}); print(sorted(sys.modules), file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert "key policy" in done.stdout
    assert "trail_diff.read.files" in done.stderr
    assert not [name for name in ("boto3", "botocore", "trail_diff.aws.client") if f"'{name}'" in done.stderr]


def test_help_loads_no_heavy_library() -> None:
    """`--help` loads neither pandas nor boto3 nor msgspec."""
    loaded = loaded_by("--help")

    assert "typer" in loaded
    assert not loaded & {"pandas", "boto3", "msgspec", "tabulate", "wcwidth", "rich", "jinja2", "hashlib", "secrets"}


@pytest.mark.parametrize("name", ["sources.history_plan", "vaults", "collected"])
def test_planning_and_holding_ask_nothing(name: str) -> None:
    """What to ask, and what was answered, are values: neither knows AWS, a clock or files."""
    imported = set(imports_of(PACKAGE.joinpath(*name.split(".")).with_suffix(".py")))

    assert not {"trail_diff.aws.client", "os", "pathlib", "time", "threading", "socket"} & imported
    assert not {module for module in imported if module.startswith("trail_diff.aws.live")}


@pytest.mark.parametrize("path", [path for path in MODULES if not is_in(path, {"live"})], ids=name_of)
def test_aws_is_loaded_only_when_it_is_asked(path: Path) -> None:
    """Outside the live path and the sources of AWS, nothing loads AWS when it is imported itself."""
    if is_in(path, {"aws", "sources"}):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loaded = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}

    assert not {name for name in loaded if name == "trail_diff.aws.client" or name.startswith("trail_diff.aws.live.c")}


@pytest.mark.parametrize("command", ["callers", "jobs"])
def test_listing_loads_only_what_it_uses(command: str) -> None:
    """Listing a small export as JSON loads no policy evaluator, nothing that draws tables, and no heavy library."""
    loaded = loaded_by(command, "--events", INCIDENT / "trail", "--format", "json")

    assert "trail_diff.gather.in_memory" in loaded
    assert not loaded & {"pandas", "boto3", "multiprocessing.context", "tabulate", "wcwidth", "jinja2"}
    assert not {name for name in loaded if name.startswith(("trail_diff.policy", "trail_diff.diagnosis.causes"))}


def test_what_if_loads_only_what_it_uses() -> None:
    """Replaying a small export against a policy loads neither pandas nor boto3, and nothing that tells causes."""
    policy, key = INCIDENT / "key-policy.json", "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"

    loaded = loaded_by("what-if", "--key-policy", policy, "--key", key, "--events", INCIDENT / "trail")

    assert "trail_diff.policy.decide.evaluate" in loaded
    assert not loaded & {"pandas", "boto3", "multiprocessing.context", "jinja2"}
    assert not {name for name in loaded if name.startswith("trail_diff.diagnosis.causes")}
