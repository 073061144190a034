"""Key policies after those in the guides of AWS's services, tried as `what-if --service` tries them.

They were written from memory of the pages named in the table, and have not been compared with these: that a policy
passes here does not show that the one on the page would.
"""

from pathlib import Path
from typing import Any

import pytest
from making import ACCOUNT, ROLE
from tables import KEYS, NAMES, Entry, read_table

from trail_diff.model.what_if import WhatIfRow
from trail_diff.profiles.catalogue import call_profiles
from trail_diff.usage.what_if import KnownCalls, Policies, expected_calls, replay

CASES = read_table(Path(__file__).parent / "documented_policies.json")
ROOT = {"Effect": "Allow", "Principal": {"AWS": NAMES["ROOT"]}, "Action": "kms:*", "Resource": "*"}
REFUSED = ("explicit-deny", "implicit-deny")


def service_of(case: Entry) -> str:
    """Return the name of a test: the service whose policy it is about."""
    return str(case["service"])


def try_policy(case: Entry, *statements: dict[str, Any], role: str | None = ROLE) -> tuple[WhatIfRow, ...]:
    """Try the known calls of the case's service, those of a role among them, against a policy."""
    calls = list(expected_calls(ACCOUNT, KEYS["key"], KnownCalls(case["service"], role=role)))
    return replay(calls, Policies({"Statement": list(statements)}, None, tuple(case.get("grants", ()))))


def test_every_service_has_its_policy() -> None:
    """Each service of which a call is known to be made by somebody that policies can name is in the table."""
    named = {one.service for one in call_profiles().profiles if one.actions and one.caller.identity != "unknown"}

    assert {case["service"] for case in CASES} == named


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_documented_policy_refuses_no_known_call(case: Entry) -> None:
    """Beside the account's own statement, the documented ones refuse none of the calls, a role's among them."""
    rows = try_policy(case, ROOT, *case["statements"])

    assert {f"{row.caller.name} {row.action}" for row in rows if row.new in REFUSED} == set()
    assert rows


@pytest.mark.parametrize("case", CASES, ids=service_of)
def test_without_its_statements_calls_are_refused(case: Entry) -> None:
    """Of each documented statement for a service, some call is refused when it is left out and nothing else allows."""
    whole = try_policy(case, *case["statements"])
    none = try_policy(case, {**ROOT, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-admin"}})

    assert any(row.new in REFUSED for row in none)
    assert sum(row.new in REFUSED for row in whole) < sum(row.new in REFUSED for row in none)
