"""The server for assistants, asked by the client of the SDK over stdio."""

import asyncio
import inspect
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from trail_diff.api.assistants import Desk, make_server
from trail_diff.errors import JobNotFoundError, TrailDiffError, UsageError

mcp = pytest.importorskip("mcp")

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
JOB = "2c47cafb-f2a8-4324-bc60-6017794526c5"


def ask(tool: str, *options: str, **named: str) -> Any:
    """Return what a tool answers, from a process of its own that has the options."""
    arguments = ["-m", "trail_diff", "mcp", "--root", str(INCIDENT), *options]
    parameters = mcp.StdioServerParameters(command=sys.executable, args=arguments)
    return asyncio.run(call(mcp.stdio_client(parameters), tool, named))


def ask_here(tool: str, **named: str) -> Any:
    """Return what a tool answers, from a server in this process."""
    return asyncio.run(call(make_server(Desk([INCIDENT])), tool, named))


async def call(server: Any, tool: str, named: dict[str, str]) -> Any:
    """Return what a tool answers; without a name of one, the tools."""
    async with mcp.Client(server) as client:
        return await client.call_tool(tool, named) if tool else await client.list_tools()


def test_tools_only_read() -> None:
    """Every tool is there, and says of itself that it changes nothing."""
    tools = ask_here("").tools

    assert {tool.name for tool in tools} == {"diagnose", "next_step", "triage", "jobs", "callers", "what_if"}
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_incident_is_solved_with_pseudonyms() -> None:
    """The original incident has its cause, and no account of the export is in the answer."""
    answer = ask("diagnose", events="trail", job_id=JOB, key_policy="key-policy.json")

    assert "a statement of the key policy denies the call" in answer.content[0].text
    assert "111122223333" not in answer.content[0].text


def test_names_are_shown_when_wanted() -> None:
    """With --no-redact, names are as the export has them."""
    assert "111122223333" in ask("callers", "--no-redact", events="trail").content[0].text


def test_next_step_names_the_argument_that_takes_its_output() -> None:
    """An assistant has tools and no options: what settles a job is an argument of diagnose, which then takes it."""
    desk = Desk([INCIDENT.parent / "night"], redacts=False)
    rows = cells(desk.jobs("trail", "new-vault", failed=True), "time")

    told = desk.next_step("trail", rows[0][1])

    assert "save its output as `job.json` and add `jobs` `job.json`" in told
    assert "aws backup list-backup-jobs --by-state COMPLETED" in told
    assert "`--" not in told + desk.triage("trail")
    assert "jobs" in inspect.signature(desk.diagnose).parameters


def test_question_in_an_error_is_a_tool() -> None:
    """What an error advises to ask is a tool with its arguments, and no command."""
    answer = ask_here("diagnose", events="trail", job_id="1b351e9a-dadf-9a8d-cf69-d9e1500ab53a")

    assert answer.is_error
    assert (
        "the tool callers with key='1b351e9a-dadf-9a8d-cf69-d9e1500ab53a' lists who uses it" in answer.content[0].text
    )


def test_assistant_is_answered_in_japanese() -> None:
    """With --lang ja the answers and the errors are in Japanese."""
    assert "原因" in Desk([INCIDENT], lang="ja").diagnose("trail", JOB)
    assert "ありません" in ask("jobs", "--lang", "ja", events="nowhere").content[0].text


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("..", "leads out"),
        ("/", "leads out"),
        ("trail\0x", "no such file"),
        ("x" * 5000, "no such file"),
        ("", "an empty"),
    ],
)
def test_hostile_path_is_refused_at_once(path: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies outside of the roots is not even listed, and what is no path is an error with a hint."""
    desk, listed = Desk([INCIDENT]), Path.rglob

    def list_below(place: Path, pattern: str) -> Any:
        assert place.is_relative_to(INCIDENT)
        return listed(place, pattern)

    monkeypatch.setattr(Path, "rglob", list_below)

    with pytest.raises(TrailDiffError, match=said):
        desk.jobs(path)


def test_job_has_to_be_named() -> None:
    """An empty id is an error with a hint, as everywhere."""
    with pytest.raises(UsageError, match="which job"):
        Desk([INCIDENT]).diagnose("trail", " ")


def test_root_has_to_be_a_folder() -> None:
    """A root that is not there is refused at the start, when somebody can mend it."""
    with pytest.raises(UsageError, match="no such folder"):
        Desk([INCIDENT / "nowhere"])


Ask = Callable[..., Awaitable[str]]


def converse(root: Path, talk: Callable[[Ask], Awaitable[None]]) -> list[str]:
    """Hold a conversation with one server, and return all that it answered."""
    answers: list[str] = []

    async def run() -> None:
        async with mcp.Client(make_server(Desk([root]))) as client:

            async def ask_it(tool: str, **named: object) -> str:
                answer = await client.call_tool(tool, named)
                answers.append(answer.content[0].text)
                assert not answer.is_error, answers[-1]
                return answers[-1]

            await talk(ask_it)

    asyncio.run(run())
    return answers


def cells(markdown: str, first: str) -> list[list[str]]:
    """Return the cells of the table with a first column of that name, without the marks of code."""
    lines = markdown.partition(f"| {first} |")[2].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in lines]


def test_original_incident_is_solved_by_an_assistant() -> None:
    """Jobs, diagnosis, callers and a trial follow from one another, by the names that the answers themselves gave."""

    async def talk(ask: Ask) -> None:
        [[_, job, *_]] = cells(await ask("jobs", events="trail", failed=True), "time")
        told = await ask("diagnose", events="trail", job_id=job)
        assert "a statement of the key policy denies the call" in told
        key = re.findall(r"arn:aws:kms:[\w-]+:\d{12}:key/[0-9a-f-]{36}", told)[0]
        callers = await ask("callers", events="trail", key=key)
        assert [row[0] for row in cells(callers, "caller")].count("backup-storage.amazonaws.com") == 2
        assert await ask("callers", events="trail", key=key.rpartition("/")[2]) == callers
        assert "would break" in await ask("what_if", events="trail", key_policy="key-policy.json", key=key)

    answers = converse(INCIDENT, talk)

    assert not [name for name in ("111122223333", "prod-vault", "1b351e9a") if name in "".join(answers)]


def test_night_is_solved_by_an_assistant() -> None:
    """Of thirty failed jobs an assistant learns the groups, and the cause of one job of each, by the vaults it was told."""
    causes: list[str] = []

    async def talk(ask: Ask) -> None:
        groups = cells(await ask("triage", events="trail"), "jobs")
        assert sum(int(group[0]) for group in groups) == 30
        failed = cells(await ask("jobs", events="trail", failed=True), "time")
        for count, vault, *_ in groups:
            jobs = [job for _, job, _, _, place, *_ in failed if place == vault]
            assert len(jobs) == int(count)
            causes.append((await ask("diagnose", events="trail", job_id=jobs[0])).splitlines()[0])
        assert cells(await ask("jobs", events="trail", vault=groups[0][1], failed=True), "time") == [
            job for job in failed if job[4] == groups[0][1]
        ]

    answers = converse(INCIDENT.parent / "night", talk)

    for cause in ("key policy denies", "disabled", "grant", "service control policy", "KMS is not"):
        assert cause in " ".join(causes), causes
    assert not [name for name in ("111122223333", "prod-vault", "finance-vault") if name in "".join(answers)]


def test_error_names_things_as_the_answers_did() -> None:
    """A pseudonym in a place where it does not belong is shown as the pseudonym that it is."""
    desk = Desk([INCIDENT])
    key = re.findall(r"arn:aws:kms:\S+?/[0-9a-f-]{36}", desk.diagnose("trail", JOB))[0]

    with pytest.raises(JobNotFoundError) as error:
        desk.diagnose("trail", key)

    assert key in str(error.value)


def test_what_an_assistant_mistakes_is_explained() -> None:
    """A key in place of a job, and a job in place of a key, are named as what they are."""
    desk = Desk([INCIDENT])
    key = "arn:aws:kms:eu-west-1:111122223333:key/1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"

    with pytest.raises(JobNotFoundError, match="is a key, not a job"):
        desk.diagnose("trail", key)
    with pytest.raises(UsageError, match="is a job, not a key"):
        desk.callers("trail", f"arn:aws:backup:eu-west-1:111122223333:backup-job:{JOB}")


def test_vault_in_place_of_a_job_is_explained_with_pseudonyms() -> None:
    """The jobs of what was named are told, by the name that was given or a pseudonym of it, and no other name is."""
    desk = Desk([INCIDENT])
    [[_, _, _, _, vault, *_]] = cells(desk.jobs("trail", failed=True), "time")

    for name in ("prod-vault", vault, "arn:aws:backup:eu-west-1:111122223333:backup-vault:prod-vault"):
        with pytest.raises(JobNotFoundError) as error:
            desk.diagnose("trail", name)
        told = f"{error.value.message}; {error.value.hint}"
        assert told.startswith(name)
        assert f"its failed jobs are {JOB.upper()}" in told
        assert "111122223333" not in told.replace(name, "")
    assert "prod-vault" not in desk.jobs("trail")


def test_advice_names_the_argument_of_the_tool() -> None:
    """An assistant has no options: what is missing is named as the tool's argument."""
    answer = ask_here("what_if", events="trail", key_policy="key-policy.json")

    assert answer.is_error
    assert "name it with key" in answer.content[0].text
    assert "--key" not in answer.content[0].text


def test_nothing_outside_of_the_roots_is_read() -> None:
    """A path that leads out of the roots is refused with what to do."""
    answer = ask_here("jobs", events="../../README.md")

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
