"""The server for assistants, asked by the client of the SDK over stdio."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from trail_diff.api.assistants import Desk
from trail_diff.errors import UsageError

mcp = pytest.importorskip("mcp")

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOB = "2c47cafb-f2a8-4324-bc60-6017794526c5"


def ask(tool: str, *options: str, **named: str) -> Any:
    """Return what a tool answers, from a server of its own."""
    arguments = ["-m", "trail_diff", "mcp", "--root", str(INCIDENT), *options]
    parameters = mcp.StdioServerParameters(command=sys.executable, args=arguments)

    async def call() -> Any:
        async with mcp.Client(mcp.stdio_client(parameters)) as client:
            return await client.list_tools() if tool == "" else await client.call_tool(tool, named)

    return asyncio.run(call())


def test_tools_only_read() -> None:
    """Every tool is there, and says of itself that it changes nothing."""
    tools = ask("").tools

    assert {tool.name for tool in tools} == {"diagnose", "triage", "jobs", "callers", "what_if"}
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_incident_is_solved_with_pseudonyms() -> None:
    """The original incident has its cause, and no account of the export is in the answer."""
    answer = ask("diagnose", events="trail", job_id=JOB, key_policy="key-policy.json")

    assert "a statement of the key policy denies the call" in answer.content[0].text
    assert "111122223333" not in answer.content[0].text


def test_names_are_shown_when_wanted() -> None:
    """With --no-redact, names are as the export has them."""
    assert "111122223333" in ask("callers", "--no-redact", events="trail").content[0].text


def test_nothing_outside_of_the_roots_is_read() -> None:
    """A path that leads out of the roots is refused with what to do."""
    answer = ask("jobs", events="../../README.md")

    assert answer.is_error
    assert "leads out of what may be read" in answer.content[0].text


def test_link_that_leads_out_of_the_roots_is_refused(tmp_path: Path) -> None:
    """A folder with a link to a file elsewhere is not read, whatever the link is called."""
    inside, secret = tmp_path / "inside", tmp_path / "secret.json"
    inside.mkdir()
    secret.write_text("{}", encoding="utf-8")
    (inside / "a.json").symlink_to(secret)

    with pytest.raises(UsageError, match="leads out of what may be read"):
        Desk([inside]).jobs(".")
