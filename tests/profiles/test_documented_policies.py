"""Key policies after those in the guides of AWS's services, tried as `what-if --service` tries them.

Each row says how it was compared with the pages that it names: `key-policy` where a page prints the statements,
`permissions` where it lists actions in words or for an identity policy and the row makes statements of them, `partly` and
`not-compared` where a page says less, as the note has it. `beyond` are known calls that none of the pages speaks of.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from making import ACCOUNT, ROLE
from tables import KEYS, NAMES, Entry, read_table

from trail_diff.cli import run
from trail_diff.model.what_if import WhatIfRow
from trail_diff.profiles.catalogue import call_profiles
from trail_diff.usage.known_calls import KnownCalls, expected_calls
from trail_diff.usage.what_if import Policies, replay

CASES = read_table(Path(__file__).parent / "documented_policies.json")
ROOT = {"Effect": "Allow", "Principal": {"AWS": NAMES["ROOT"]}, "Action": "kms:*", "Resource": "*"}
REFUSED = ("explicit-deny", "implicit-deny")
GRADES = {"key-policy", "permissions", "partly", "not-compared"}


def service_of(case: Entry) -> str:
    """Return the name of a test: the service whose policy it is about."""
    return str(case["service"])


def try_policy(case: Entry, *statements: dict[str, Any], role: str | None = ROLE) -> tuple[WhatIfRow, ...]:
    """Try the known calls of the case's service, those of a role among them, against a policy."""
    calls = list(expected_calls(ACCOUNT, KEYS["key"], KnownCalls(case["service"], role=role)))
    return replay(calls, Policies({"Statement": list(statements)}, None, tuple(case.get("grants", ()))))


def refused_by(case: Entry, *statements: dict[str, Any]) -> set[str]:
    """Return which calls a policy refuses: a service by its name, a role as the role."""
    rows = (row for row in try_policy(case, *statements) if row.new in REFUSED)
    return {f"{'role' if row.caller.role_arn == ROLE else row.caller.name} {row.action}" for row in rows}


def test_every_service_has_its_policy() -> None:
    """Each service of which a call is known to be made by somebody that policies can name is in the table."""
    named = {one.service for one in call_profiles().profiles if one.actions and one.caller.identity != "unknown"}

    assert {case["service"] for case in CASES} == named


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_row_says_how_it_was_compared(case: Entry) -> None:
    """A row names the pages of AWS's documentation, a known grade, and where they do not print it, what they have."""
    assert case["compared"] in GRADES
    assert case["pages"]
    assert all(page.startswith("https://docs.aws.amazon.com/") and page.endswith(".html") for page in case["pages"])
    assert case["compared"] == "key-policy" or case["note"]


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_documented_policy_refuses_no_known_call(case: Entry) -> None:
    """Beside the account's own statement, the documented ones refuse no call but what AWS does not support."""
    assert refused_by(case, ROOT, *case["statements"]) == set(case.get("unsupported", ()))


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_documented_policy_alone_refuses_what_no_page_has(case: Entry) -> None:
    """The documented statements alone refuse just those known calls that none of the pages speaks of."""
    assert refused_by(case, *case["statements"]) == {*case.get("unsupported", ()), *case.get("beyond", ())}


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_without_its_statements_calls_are_refused(case: Entry) -> None:
    """Of each documented statement for a service, some call is refused when it is left out and nothing else allows."""
    whole = try_policy(case, *case["statements"])
    none = try_policy(case, {**ROOT, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-admin"}})

    assert any(row.new in REFUSED for row in none)
    assert sum(row.new in REFUSED for row in whole) < sum(row.new in REFUSED for row in none)


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_documented_policy_passes_on_the_command_line(
    case: Entry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`what-if --service` exits 0 with the documented policy, and 1 where only an administrator is let in."""
    admin = {**ROOT, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-admin"}}
    for name, statements in {"documented": [ROOT, *case["statements"]], "locked": [admin]}.items():
        document = {"Version": "2012-10-17", "Statement": statements}
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "grants.json").write_text('{"Grants": []}', encoding="utf-8")
    told = ["--service", str(case["service"]), "--role", ROLE, "--key", KEYS["key"]]

    passed = run(["what-if", "--key-policy", str(tmp_path / "documented.json"), *told])
    grants = ["--grants", str(tmp_path / "grants.json")]
    failed = run(["what-if", "--key-policy", str(tmp_path / "locked.json"), *grants, *told])

    assert (passed, failed) == (0, 1)
    assert "would be refused" in capsys.readouterr().out
