"""The IAM policy in the documentation allows what the live path asks, no more and no less, and all of that only reads."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from trail_diff.aws.client import iam_action
from trail_diff.aws.doctor import LISTING, probes

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "trail_diff"
PAGE = ROOT / "docs" / "tasks" / "credentials.md"
ASKING = [
    *(PACKAGE / "aws" / "live").glob("*.py"),
    PACKAGE / "aws" / "client.py",
    PACKAGE / "aws" / "event_history" / "lookup_events.py",
]
SERVICES = {"backup", "cloudtrail", "kms", "sts"}
ALWAYS_ALLOWED = {"sts:GetCallerIdentity"}


def operations_in(path: Path) -> Iterator[str]:
    """Yield every text in a file that is the name of an operation, as boto3 spells those that this tool may make."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if re.fullmatch(r"(?:get|list|describe|lookup)(?:_[a-z]+)+", text):
                yield text


def services_in(path: Path) -> set[str]:
    """Return the services that a file names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in SERVICES}


def asked_actions() -> set[str]:
    """Return the IAM actions of all calls that the live path can make; each file asks one service."""
    return {
        iam_action(service, operation)
        for path in ASKING
        for service in services_in(path)
        for operation in operations_in(path)
    }


def test_documented_policy_allows_what_is_asked() -> None:
    """Every call has its permission in the policy that the page gives, and no permission is there without a call."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    block = next(text for text in blocks if "cloudtrail:LookupEvents" in text)

    allowed = set(json.loads(block)["Statement"][0]["Action"])

    assert allowed == asked_actions() - ALWAYS_ALLOWED


def test_all_calls_only_read() -> None:
    """No call changes anything: every operation gets, lists, describes or looks up."""
    assert asked_actions()
    assert all(re.match(r"\w+:(?:Get|List|Describe|Lookup)", action) for action in asked_actions())


def test_doctor_tries_what_is_asked() -> None:
    """The checkup tries each call of the live path, under the name of its action, and no other."""
    tried = [*probes({}, None), LISTING]

    assert {probe.action for probe in tried} == asked_actions() - ALWAYS_ALLOWED
    assert all(probe.action == iam_action(probe.service, probe.operation) for probe in tried)
