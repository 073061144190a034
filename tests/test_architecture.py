"""Holds the direction of the imports."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "trail_diff"
INCIDENT = PACKAGE.parent / "fixtures" / "original-incident"
MODULES = sorted(PACKAGE.rglob("*.py"))
ONLY_IN = {
    "boto3": {"aws.client"},
    "botocore": {"aws.client"},
    "mcp": {"api.assistants"},
    "typer": {"cli"},
    "tabulate": {"render"},
    "pandas": {"api.frames", "api.results"},
    "rich": {"cli.progress"},
    "platformdirs": {"aws.event_history.slices"},
    "jinja2": {"render.html_page"},
    "markupsafe": {"render.html_page", "render.html_tables"},
    "wcwidth": {"render.width"},
    "yaml": {"read.repair.yaml_text", "policy.documents.lines", "policy.documents.text"},
    "zstandard": {"read.compressed"},
}
LEAVES = {"arns", "errors", "moments", "outfile", "times"}
BELOW_READING = {"events", "model"}
BELOW_CASE = {"profiles", "read", *BELOW_READING}
BELOW_POLICY = {"case", *BELOW_CASE}
BELOW_DIAGNOSIS = {"policy", *BELOW_POLICY}
BELOW_GATHER = {"policy", *BELOW_POLICY}
BELOW_AWS = {"gather", *BELOW_GATHER}
BELOW_INPUTS = {"aws", "redaction", *BELOW_AWS}
LAYERS: dict[str, set[str]] = {
    "__main__": {"cli"},
    "cli": {"api", "pasted", "pipeline", "key_usage", "inputs", "triaging", "usage", "render", *BELOW_INPUTS},
    "api": {"pasted", "pipeline", "key_usage", "inputs", "triaging", "render", *BELOW_INPUTS},
    "__init__": {"api", "pipeline", "inputs", "render", *BELOW_INPUTS},
    "pasted": {"inputs", *BELOW_INPUTS},
    "nights": {"inputs", "triaging", *BELOW_INPUTS},
    "bundles": {"inputs", *BELOW_INPUTS},
    "pipeline": {"bundles", "inputs", "nights", "diagnosis", "triaging", *BELOW_INPUTS},
    "key_usage": {"inputs", "usage", *BELOW_INPUTS},
    "inputs": BELOW_INPUTS,
    "aws": BELOW_AWS,
    "redaction": BELOW_AWS,
    "triaging": BELOW_POLICY,
    "usage": {"gather", *BELOW_DIAGNOSIS},
    "gather": BELOW_GATHER,
    "diagnosis": BELOW_DIAGNOSIS,
    "policy": BELOW_POLICY,
    "case": BELOW_CASE,
    "profiles": BELOW_READING,
    "read": BELOW_READING,
    "events": {"model"},
    "render": {"model"},
    "model": set(),
    "outfile": {"errors"},
    "arns": set(),
    "errors": set(),
    "moments": {"times"},
    "times": set(),
}
"""What each room may import beside itself and the leaves, the highest room first: nobody imports upwards."""


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Return the full names of the modules that a file imports, lazily or not."""
    names: list[str] = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return tuple(names)


def is_in(path: Path, places: set[str]) -> bool:
    """Check whether a file is one of the named modules, or in one of the named packages."""
    name = name_of(path)
    return any(name == place or name.startswith(f"{place}.") for place in places)


def name_of(path: Path) -> str:
    """Return a module's dotted name inside the package."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def loaded_by(*arguments: str | Path) -> set[str]:
    """Return the names of all modules that are loaded when a command has run."""
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


def room_of(name: str) -> str:
    """Return the room of a module: the folder below the package, or the module itself where it stands at the root."""
    return name.split(".", maxsplit=1)[0]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    """Every module is in the table of layers, and imports only what the table allows its room."""
    room = room_of(name_of(path))
    allowed = {room, "__init__", *LAYERS[room], *(LEAVES if room not in LEAVES else ())}

    imported = {name.removeprefix("trail_diff").removeprefix(".") for name in imports_of(path) if is_ours(name)}

    assert not {name for name in imported if room_of(name or "__init__") not in allowed}


def test_the_table_of_layers_names_what_there_is() -> None:
    """The table names each room and each module at the root, and nothing else."""
    assert {room_of(name_of(path)) for path in MODULES} == set(LAYERS)


def test_no_module_imports_itself_in_a_circle() -> None:
    """No module imports another that imports it again when both are loaded."""
    graph = {name_of(path): {name.removeprefix("trail_diff.") for name in loaded_with(path)} for path in MODULES}

    assert list(TopologicalSorter(graph).static_order())


def loaded_with(path: Path) -> Iterator[str]:
    """Yield the names of our own modules that are imported when a module is."""
    for node in parsed(path).body:
        if isinstance(node, ast.ImportFrom) and node.module and is_ours(node.module):
            yield node.module


def is_ours(name: str) -> bool:
    """Check whether a module belongs to the package."""
    return name == "trail_diff" or name.startswith("trail_diff.")


@pytest.mark.parametrize(
    "path", [path for path in MODULES if is_in(path, {"case", "diagnosis", "events"})], ids=name_of
)
def test_pure_stages_know_no_input_or_output(path: Path) -> None:
    """A pure stage imports nothing that reads files, the environment or the clock."""
    imported = set(imports_of(path))

    assert not {"os", "pathlib", "time", "socket"} & {module.split(".")[0] for module in imported}
    assert not {"trail_diff.read.files", "trail_diff.read.envelope"} & imported


def test_an_export_on_disk_is_read_without_aws() -> None:
    """With --events on disk, nothing is loaded that could reach AWS."""
    arguments = ["--job-id", "2c47cafb-f2a8-4324-bc60-6017794526c5", "--events", str(INCIDENT / "trail")]
    code = f"import sys; from trail_diff.cli import run; run({arguments}); print(sorted(sys.modules), file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert "key policy" in done.stdout
    assert "trail_diff.read.files" in done.stderr
    assert not [name for name in ("boto3", "botocore", "trail_diff.aws.client") if f"'{name}'" in done.stderr]


def test_a_language_that_nobody_asks_for_is_not_loaded() -> None:
    """The phrases of another language take as long to load as a small export to read."""
    arguments: list[str | Path] = ["callers", "--events", INCIDENT / "trail", "--lang"]

    assert "trail_diff.render.phrases_ja" not in loaded_by(*arguments, "en")
    assert "trail_diff.render.phrases_en" not in loaded_by(*arguments, "ja")


def test_help_loads_no_heavy_library() -> None:
    """`--help` loads neither pandas nor boto3 nor msgspec."""
    loaded = loaded_by("--help")

    assert "typer" in loaded
    assert not loaded & {"pandas", "boto3", "msgspec", "tabulate", "wcwidth", "rich", "jinja2", "hashlib", "secrets"}


@pytest.mark.parametrize("name", ["aws.event_history.history_plan", "events.vaults", "gather.raw_case"])
def test_planning_and_holding_ask_nothing(name: str) -> None:
    """What to ask, and what was answered, are values: neither knows AWS, a clock or files."""
    imported = set(imports_of(PACKAGE.joinpath(*name.split(".")).with_suffix(".py")))

    assert not {"trail_diff.aws.client", "os", "pathlib", "time", "threading", "socket"} & imported
    assert not {module for module in imported if module.startswith("trail_diff.aws.live")}


@pytest.mark.parametrize("path", [path for path in MODULES if not is_in(path, {"aws"})], ids=name_of)
def test_aws_is_loaded_only_when_it_is_asked(path: Path) -> None:
    """Outside the room of AWS, nothing loads what asks AWS when it is imported itself."""
    light = {"trail_diff.aws.live.options", "trail_diff.aws.engines.choices"}

    assert not {name for name in loaded_with(path) if name.startswith("trail_diff.aws")} - light


@pytest.mark.parametrize("command", ["callers", "jobs"])
def test_listing_loads_only_what_it_uses(command: str) -> None:
    """Listing a small export as JSON loads no policy evaluator, nothing that draws tables, and no heavy library."""
    loaded = loaded_by(command, "--events", INCIDENT / "trail", "--format", "json")

    assert "trail_diff.gather.engine" in loaded
    assert not loaded & {"pandas", "boto3", "multiprocessing.context", "tabulate", "wcwidth", "jinja2"}
    assert not {name for name in loaded if name.startswith(("trail_diff.policy", "trail_diff.diagnosis.hypotheses"))}


def test_what_if_loads_only_what_it_uses() -> None:
    """Replaying a small export against a policy loads neither pandas nor boto3, and nothing that tells causes."""
    policy, key = INCIDENT / "key-policy.json", "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"

    loaded = loaded_by("what-if", "--key-policy", policy, "--key", key, "--events", INCIDENT / "trail")

    assert "trail_diff.policy.decide.evaluate" in loaded
    assert not loaded & {"pandas", "boto3", "multiprocessing.context", "jinja2"}
    assert not {name for name in loaded if name.startswith("trail_diff.diagnosis.hypotheses")}
