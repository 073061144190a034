"""The functions for programs and notebooks: what they take, and what they give."""

import inspect
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import trail_diff
from trail_diff import (
    JobNotFoundError,
    TrailDiffError,
    UsageError,
    callers,
    diagnose,
    errors,
    jobs,
    redact,
    triage,
    what_if,
)
from trail_diff.read.files import FileSource
from trail_diff.read.interface import FoundJob, FoundRecord, ReadOptions, Tally

INCIDENT = Path(__file__).parents[2] / "fixtures" / "original-incident"
TRAIL, POLICY, OLD_POLICY = INCIDENT / "trail", INCIDENT / "key-policy.json", INCIDENT / "old-key-policy.json"
JOB, KEY = "2c47cafb-f2a8-4324-bc60-6017794526c5", "1b351e9a-dadf-9a8d-cf69-d9e1500ab53a"


def documents() -> list[dict[str, Any]]:
    """Return all records and jobs of the incident as a program would hold them."""
    found = FileSource([str(TRAIL)]).read(ReadOptions(), ReadOptions(), Tally(), None)
    records, described = [], []
    for one in found:
        if isinstance(one, FoundRecord):
            records.append(one.record)
        elif isinstance(one, FoundJob):
            described.append(one.document)
    return [*records, *described]


@pytest.mark.parametrize(
    "events",
    [str(TRAIL), TRAIL, [TRAIL], iter([str(TRAIL)]), documents(), {"Records": documents()}],
    ids=["text", "path", "list", "iterator", "records", "document"],
)
def test_events_may_be_paths_or_records(events: Any) -> None:
    """Paths, several of them, and records in memory lead to the same answer."""
    diagnosis = diagnose(events, JOB, key_policy=json.loads(POLICY.read_text()))

    assert (diagnosis.verdict.cause, diagnosis.verdict.confidence) == ("key-policy-explicit-deny", "confirmed")


def test_times_of_boto3_are_read() -> None:
    """A job as boto3 describes it has aware datetimes, which are read as the times they are."""
    described: dict[str, Any] = {
        "BackupJobId": JOB,
        "State": "FAILED",
        "CreationDate": datetime(2026, 3, 2, 18, tzinfo=UTC),
        "CompletionDate": datetime(2026, 3, 2, 18, 20, tzinfo=UTC),
    }

    listed = jobs(described)

    assert listed[0].job.created == datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("question", "named", "hint"),
    [
        (diagnose, {"events": 3}, "give a path, a record as a dict, or several"),
        (diagnose, {"events": b"{}"}, "give a path, a record as a dict, or several"),
        (diagnose, {"events": [3]}, "give paths or dicts"),
        (diagnose, {"events": '{"Records": []}'}, "give it parsed: events=json.loads(text)"),
        (diagnose, {"events": TRAIL}, "jobs(events) lists those found"),
        (diagnose, {"events": TRAIL, "job_id": 3}, "give a string"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "key_policy": 3}, "give a path or the document as a dict"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "policy": 3}, "it takes events, job_id"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "pad": 15}, "give a timedelta"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "pad": "soon"}, 'or "15m"'),
        (diagnose, {"events": TRAIL, "job_id": JOB, "keys": "arn:aws:s3:::trail"}, "lists the keys"),
        (diagnose, {"case": 3}, "give a path"),
        (diagnose, {}, "give paths or records"),
        (jobs, {"events": []}, "give paths or records"),
        (triage, {"events": iter(())}, "give paths or records"),
        (what_if, {"events": TRAIL, "key_policy": POLICY, "parameters": 3}, "give a dict of names and values"),
        (callers, {"events": TRAIL, "start": "03/02/2026"}, "give 2026-02-03 or 2026-03-02"),
        (callers, {"events": TRAIL, "keys": 3}, "give a string or several"),
        (callers, {"events": TRAIL, "start": datetime(2026, 3, 1)}, "give an aware time"),  # noqa: DTZ001
        (callers, {"events": TRAIL, "start": "noon"}, "give an aware datetime"),
        (callers, {"events": {"Records": [object()]}}, "give only what JSON can hold"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "account": "abc"}, "an account id has 12 digits"),
        (triage, {"events": TRAIL, "accounts": ["1111"]}, "an account id has 12 digits"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "organization_id": "foo"}, "it begins with o-"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "pad": timedelta(-1)}, "give a timedelta"),
        (callers, {"events": TRAIL, "start": "2026-03-02", "end": "2026-03-01"}, "give the earlier time as start"),
        (diagnose, {"events": TRAIL, "case": "case.zip"}, "a case bundle holds its events"),
        (what_if, {"events": TRAIL, "key_policy": POLICY}, "name it with keys"),
        (redact, {"documents": str(TRAIL)}, "give dicts; for files"),
        (redact, {"documents": ["x"]}, "parse them"),
        (redact, {"documents": callers(TRAIL).to_frame()}, 'frame.to_dict("records")'),
        (what_if, {"events": TRAIL, "key_policy": None}, "give it with key_policy"),
        (what_if, {"events": TRAIL, "key_policy": f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"}, "get-key-policy"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "jobs": JOB}, "goes after job_id"),
        (diagnose, {"events": TRAIL, "job_id": JOB, "jobs": {"a": 1}}, "give the output of aws backup describe-"),
        (jobs, {"events": TRAIL, "jobs": [{"BackupJobSummaries": []}]}, "give the "),
        (diagnose, {"events": JOB}, "diagnose(events, job_id="),
        (callers, {"events": TRAIL, "keys": f"job/{JOB}"}, f"diagnose(events, job_id={JOB!r}) explains it"),
    ],
)
def test_wrong_types_have_a_hint(question: Any, named: dict[str, Any], hint: str) -> None:
    """What cannot be taken is an error of ours that says what to give instead."""
    with pytest.raises(TrailDiffError) as error:
        question(**named)

    assert hint in error.value.hint
    assert error.value.__notes__ == [error.value.hint]


def test_table_of_pandas_is_refused_with_the_way_to_give_it() -> None:
    """A table would be taken for the names of its columns; its rows can be given."""
    frame: Any = callers(TRAIL).to_frame()

    with pytest.raises(UsageError) as error:
        callers(frame)

    assert 'frame.to_dict("records")' in error.value.hint


def test_rows_of_a_table_are_read_with_what_they_lack() -> None:
    """A table has NaN or NaT where a row lacks a field: these are null, at any depth, as the advice says to give rows."""
    records = documents()
    names = {name: None for record in records for name in record}
    rows = [{name: record.get(name, float("nan")) for name in names} for record in records]
    rows[0]["requestParameters"] = {"policy": [float("nan"), pd.NaT, pd.NA]}

    assert len(jobs(rows)) == len(jobs(records))


def test_account_may_have_the_dashes_of_the_console() -> None:
    """An account is taken as the command line takes it."""
    assert diagnose(TRAIL, JOB, account="1111-2222-3333").verdict.confidence == "confirmed"


def test_errors_name_arguments() -> None:
    """What an error advises is an argument of the function, or another function in place of its command."""
    with pytest.raises(JobNotFoundError) as near:
        diagnose(TRAIL, JOB[:12])
    with pytest.raises(JobNotFoundError) as key:
        diagnose(TRAIL, KEY)
    with pytest.raises(JobNotFoundError) as region:
        diagnose(TRAIL, JOB, regions="us-east-1")

    with pytest.raises(JobNotFoundError) as unknown:
        diagnose(documents(), "nothing")
    with pytest.raises(TrailDiffError) as state:
        diagnose(TRAIL, JOB, key_state={"none": 1})
    with pytest.raises(TrailDiffError) as folder:
        jobs(Path(trail_diff.__file__).parent / "data")

    assert near.value.hint.endswith(": give it with job_id")
    assert unknown.value.hint.startswith("jobs(events) lists the jobs found")
    assert state.value.message == "key_state: no KeyState in it"
    assert "holds no CloudTrail record and no job" in folder.value.message
    assert key.value.hint == f"callers(events, keys={KEY!r}) lists who uses it"
    assert region.value.hint == "give regions eu-west-1"


def test_texts_of_people_are_taken() -> None:
    """Times, durations and ids are read as the command line reads them; a day as the end counts to its end."""
    quoted = f" arn:aws:backup:eu-west-1:111122223333:backup-job:{JOB}\n"

    assert diagnose(TRAIL, quoted, pad="15m").failed.id == JOB.upper()
    assert len(callers(TRAIL, start="2026/03/02", end="2026/03/02")) > 0
    with pytest.raises(JobNotFoundError, match="is a key, not a job"):
        diagnose(TRAIL, KEY)


def test_unknown_language_is_an_error_with_a_hint() -> None:
    """A language that there is not is an error of ours that names those there are."""
    wrong: Any = "fr"

    with pytest.raises(UsageError) as error:
        jobs(TRAIL).to_markdown(lang=wrong)

    assert error.value.hint == "choose one of en, ja"


def test_completion_offers_public_names_only() -> None:
    """`dir(trail_diff)` is what the package promises, without the modules that it is made of."""
    assert {name for name in dir(trail_diff) if not name.startswith("_")} == set(trail_diff.__all__) - {"__version__"}


def test_every_error_is_public() -> None:
    """Each kind of error can be imported from the package, and caught as the one above all."""
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.TrailDiffError)]

    assert len(kinds) > 10
    assert all(getattr(trail_diff, kind.__name__) is kind for kind in kinds)


def test_answers_are_short_in_a_shell() -> None:
    """A shell shows each answer as one line."""
    assert repr(diagnose(TRAIL, JOB, key_policy=POLICY)).endswith("explained key-policy-explicit-deny confirmed>")
    assert "denies the call" in diagnose(TRAIL, JOB, key_policy=POLICY).summarize()
    assert repr(jobs(TRAIL)) == "<jobs: 4 of 77 records>"
    assert repr(callers(TRAIL)) == "<callers: 7 of 77 records>"
    assert repr(what_if(TRAIL, POLICY, old=OLD_POLICY, keys=KEY)).startswith("<what-if: breaks, ")


class _Frames(HTMLParser):
    """Collects the tags of a fragment."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))


def test_notebook_shows_the_page_in_a_frame() -> None:
    """In a notebook, the whole page stands in one sandboxed frame that has no origin of its own."""
    diagnosis = diagnose(TRAIL, JOB, key_policy=POLICY)

    parser = _Frames()
    parser.feed(diagnosis._repr_html_())

    [(tag, attributes)] = parser.tags
    assert (tag, attributes["sandbox"]) == ("iframe", "allow-scripts")
    assert attributes["srcdoc"] == diagnosis.to_html()


def test_answers_have_the_forms_of_the_command_line() -> None:
    """The dictionary is the JSON document, Markdown and HTML are the renderers', in either language."""
    listed = callers(TRAIL)

    assert listed.to_dict()["schema"] == "trail-diff/callers/1"
    assert len(listed.to_dict()["callers"]) == len(listed) == len(list(listed))
    assert listed.to_markdown().startswith("| caller | type |")
    assert listed.to_markdown(lang="ja") != listed.to_markdown()


def test_frames_have_documented_columns() -> None:
    """Every column of every table, and its type, stands in docs/python.md, and an empty table has them too."""
    documented = (INCIDENT.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
    answers: list[Any] = [
        diagnose(TRAIL, JOB, key_policy=POLICY),
        jobs(TRAIL),
        callers(TRAIL),
        triage(TRAIL, key_policy=POLICY),
        what_if(TRAIL, POLICY, old=OLD_POLICY, keys=KEY),
        callers(TRAIL, start="2030-01-01"),
    ]

    for frame in (answer.to_frame() for answer in answers):
        assert [
            f"{name} {kind}" for name, kind in frame.dtypes.items() if f"| `{name}` | `{kind}` |" not in documented
        ] == []


def test_triage_groups_the_failed_jobs() -> None:
    """Each failed job is in one group with its cause, and the function stays one after its room was loaded."""
    grouped = trail_diff.triage(TRAIL, key_policy=POLICY, since="2026-03-01")

    assert repr(grouped) == "<triage: 1 jobs in 1 groups>"
    assert grouped.to_dict()["schema"] == "trail-diff/triage/1"
    assert list(grouped.to_frame()["cause"]) == ["key-policy-explicit-deny"]
    assert callable(trail_diff.triage)
    assert callable(trail_diff.redact)


def test_rows_of_a_frame_are_those_of_the_answer() -> None:
    """A table has the numbers and the times of its answer, as numbers and times."""
    listed = callers(TRAIL)

    frame = listed.to_frame()

    assert frame["calls"].sum() == sum(row.calls for row in listed)
    assert list(frame["first"]) == [row.first for row in listed]


def test_same_name_has_the_same_pseudonym() -> None:
    """Documents that are redacted together have one pseudonym for each name, and a kept name stays."""
    first, second = [one for one in documents() if "app-web" in json.dumps(one)][:2]

    one, other = redact([first, second], keep="app-web")

    assert first["recipientAccountId"] == second["recipientAccountId"]
    assert one["recipientAccountId"] == other["recipientAccountId"] != first["recipientAccountId"]
    assert "app-web" in json.dumps(one)


def test_redacted_answer_holds_no_account() -> None:
    """With redact=True, an answer is the same and has no account of the export."""
    diagnosis = diagnose(TRAIL, JOB, key_policy=POLICY, redact=True)

    assert diagnosis.verdict.cause == "key-policy-explicit-deny"
    assert "111122223333" not in diagnosis.render("json")


def test_records_that_hold_no_job_say_so() -> None:
    """An error of the library reaches a program as it is."""
    with pytest.raises(TrailDiffError):
        diagnose([], JOB)


def test_asking_loads_pandas_only_for_tables() -> None:
    """Listing callers loads no pandas; completion knows the functions before anything is loaded."""
    code = (
        "import sys, trail_diff; assert 'diagnose' in dir(trail_diff)\n"
        f"trail_diff.callers({str(TRAIL)!r}); print('pandas' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout == "False\n"
