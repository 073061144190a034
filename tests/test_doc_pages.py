"""docs/causes.md has every cause, docs/reasons.md every reason, docs/json.md every field; each shows what the tool has."""

import itertools
import re
import tomllib
from pathlib import Path

import causes_doc
import profiles_doc
import pytest
import reasons_doc
from msgspec import Struct, structs

import trail_diff
from trail_diff.diagnosis.hypotheses.registry import TEXTS
from trail_diff.model import decisions, learnt, lists, report, triage, what_if
from trail_diff.model.codes import Cause
from trail_diff.model.reasons import Reason

JSON_PAGE = Path(__file__).parent.parent / "docs" / "json.md"
PYTHON_PAGE = JSON_PAGE.with_name("python.md")
SECTIONS = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", JSON_PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
ROOMS = (decisions, learnt, lists, report, triage, what_if)


def test_every_cause_is_described() -> None:
    """Each cause code that a report can hold has its section."""
    assert set(TEXTS) == set(causes_doc.EXAMPLES) == set(Cause)


def test_page_of_causes_is_up_to_date() -> None:
    """The page is what its texts and the incidents make; `make golden` writes it anew."""
    assert causes_doc.PAGE.read_text(encoding="utf-8") == causes_doc.make_page()


def test_every_reason_is_listed() -> None:
    """Each reason code that a report can hold stands in one group of the page."""
    listed = [code for _, codes in reasons_doc.groups() for code in codes]

    assert listed == list(Reason)


def test_page_of_reasons_is_up_to_date() -> None:
    """The page is what the catalogues say; `make golden` writes it anew."""
    assert reasons_doc.PAGE.read_text(encoding="utf-8") == reasons_doc.make_page()


def test_page_of_call_profiles_is_up_to_date() -> None:
    """The page and the JSON Schema of the call profiles are what they are made of."""
    assert profiles_doc.PAGE.read_text(encoding="utf-8") == profiles_doc.make_page()
    assert profiles_doc.SCHEMA.read_text(encoding="utf-8") == profiles_doc.make_schema()


@pytest.mark.parametrize(("name", "text"), SECTIONS, ids=[name for name, _ in SECTIONS])
def test_every_field_is_described(name: str, text: str) -> None:
    """Each table of the page lists the fields that the value has in JSON, each once."""
    kind: type[Struct] = next(getattr(room, name) for room in ROOMS if hasattr(room, name))
    described = [field for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for field in row.split("`")[1::2]]

    assert sorted(described) == sorted(field.encode_name for field in structs.fields(kind))


def test_every_public_name_is_described() -> None:
    """The page on Python lists what can be imported, and nothing else."""
    names = PYTHON_PAGE.read_text(encoding="utf-8").partition("\n## Names\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)", names, re.MULTILINE)

    assert sorted(rows) == sorted(trail_diff.__all__)


def test_every_value_of_a_report_is_described() -> None:
    """Each kind of value that a JSON Schema defines has a table, enums and unions of words aside."""
    from render.schemas import report_schema, triage_schema

    shapes = report_schema()["$defs"] | triage_schema()["$defs"]
    values = {name for name, shape in shapes.items() if "properties" in shape}

    assert values == {name for name, _ in SECTIONS} - {"JobRow", "CallerUse", "WhatIfRow"}


def test_page_on_safety_names_the_licence_of_every_dependency() -> None:
    """Each package that is installed, with or without an extra for users, has a row with its licence."""
    project = tomllib.loads((JSON_PAGE.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [project["optional-dependencies"][extra] for extra in ("parquet", "mcp", "zstd")]
    needed = {re.split(r"[>=\[]", one)[0] for one in (*project["dependencies"], *itertools.chain(*extras))}

    page = JSON_PAGE.with_name("safe.md").read_text(encoding="utf-8")

    assert needed == needed & set(re.findall(r"^\| ([\w-]+)", page, re.MULTILINE))
