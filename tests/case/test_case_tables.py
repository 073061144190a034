"""Runs the tables of decided cases on jobs and events: which baseline, which events, which keys, what is not covered."""

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET
from tables import (
    KEYS,
    PAD,
    Entry,
    build_event,
    build_job,
    build_moment,
    build_side,
    build_tally,
    build_window,
    case_id,
    read_table,
)

from trail_diff.case.baseline import compare_jobs, rank_baselines
from trail_diff.case.builder import build_case, case_windows
from trail_diff.case.comparison import build_comparison
from trail_diff.case.correlate import has_concurrent_job, job_window, tie_events
from trail_diff.case.coverage import check_coverage, excludes_kms, is_write_only, summarize_reading
from trail_diff.case.event_index import EventIndex
from trail_diff.case.gathered import Gathered, in_order
from trail_diff.case.keys import learn_keys
from trail_diff.case.question import Question
from trail_diff.errors import TrailDiffError
from trail_diff.model.learnt import Case, Facts, Skipped, Window
from trail_diff.model.reasons import Reason
from trail_diff.times import parse_time

CASES = Path(__file__).parent / "cases"
FACTS = Facts(organization_id="o-1234567890")
EVENINGS = [
    f"{day} {hour}:0{minute} {call}"
    for day in (1, 2)
    for hour in (17, 18, 19)
    for minute, call in ((6, "storage Decrypt key"), (7, "user/eve ec2:CreateTags -"))
]
TIED = ["1 18:06 storage Decrypt key", "2 18:06 storage Decrypt key"]


@pytest.mark.parametrize("case", read_table(CASES / "baseline.json"), ids=case_id)
def test_baseline_is_ranked_and_compared_as_the_table_says(case: Entry) -> None:
    """Candidates come in the stated order, and the first job given differs from the failed one as stated."""
    failed = build_job(case.get("failed"), day=2)
    jobs = [build_job(job) for job in case["jobs"]]

    ranked = [job.id for job in rank_baselines(failed, [failed, *jobs])]

    assert ranked == case.get("ranked", ranked)
    assert list(compare_jobs(failed, jobs[0])) == case.get("differences", list(compare_jobs(failed, jobs[0])))


@pytest.mark.parametrize("case", read_table(CASES / "correlate.json"), ids=case_id)
def test_events_are_tied_as_the_table_says(case: Entry) -> None:
    """Each event is tied for the stated reasons, or is kept as untied."""
    job = build_job(case.get("job"))
    others = [build_job(other) for other in case.get("others", [])]
    keys = case.get("keys", [KEYS["key"]])

    side = tie_events(job, build_window(build_job()), EventIndex(map(build_event, case["calls"])), keys, [job, *others])

    tied = {tie.event.event_id: list(tie.reasons) for tie in side.events}
    assert tied == case.get("tied", tied)
    assert [event.event_id for event in side.untied] == case.get("untied", [event.event_id for event in side.untied])
    assert list(tied) == case.get("order", list(tied))


@pytest.mark.parametrize("case", read_table(CASES / "keys.json"), ids=case_id)
def test_keys_are_found_as_the_table_says(case: Entry) -> None:
    """The keys of a job that names none are found in the stated order and from the stated origins."""
    job, events = build_job(case.get("job")), list(map(build_event, case["calls"]))

    learnt = learn_keys(job, build_window(build_job()), EventIndex(events))

    found = list(dict.fromkeys(one.key for one in learnt))
    created_with = next((one.key for one in learnt if one.origin == "vault-creation"), None)
    assert found == case.get("keys", found)
    assert [one.origin for one in learnt] == case.get("origins", [one.origin for one in learnt])
    assert created_with == case.get("vaultKey", created_with)


@pytest.mark.parametrize("case", read_table(CASES / "windows.json"), ids=case_id)
def test_window_is_searched_as_the_table_says(case: Entry) -> None:
    """The time that is searched for a job begins and ends as stated, or is not known."""
    newest = build_moment(case["newest"]) if "newest" in case else None

    window = job_window(build_job(case.get("job")), PAD, newest)

    expected = case["window"]
    assert (window and [window.start, window.end]) == (expected and list(map(build_moment, expected)))


@pytest.mark.parametrize("case", read_table(CASES / "concurrent.json"), ids=case_id)
def test_concurrent_jobs_are_noticed_as_the_table_says(case: Entry) -> None:
    """Another job on the vault at the same time is noticed, or is none, as stated."""
    others = [build_job(other) for other in case["others"]]

    assert has_concurrent_job(build_job(case.get("job")), others) is case["concurrent"]


def tied_to_failed(case: Entry) -> str:
    """Return the name under which a case lists what is tied to its failed job: the same as to both, unless told."""
    return "tiedToFailed" if "tiedToFailed" in case else "tied"


@pytest.mark.parametrize("case", read_table(CASES / "coverage.json"), ids=case_id)
def test_gaps_are_named_as_the_table_says(case: Entry) -> None:
    """The gaps of the evidence are those stated, neither fewer nor more; the reading is summed up beside them."""
    records = [*case.get("records", EVENINGS), *case.get("more", [])]
    tally, events = build_tally({**case, "records": records}), list(map(build_event, records))
    bad, good = build_job(case.get("failed"), day=2), build_job(case.get("succeeded"))
    told = {"tied": TIED, **case}
    sides = [build_side(bad, told[tied_to_failed(case)]), build_side(good, told["tied"])]
    jobs = [bad, good, *map(build_job, case.get("jobs", []))]

    gaps = check_coverage(sides[0], sides[1] if case.get("baseline", True) else None, tally, EventIndex(events), jobs)

    summary = summarize_reading(tally, ())
    assert list(gaps) == case["gaps"]
    assert [summary.records_read, list(summary.warnings)] == [len(records), ["fetch-truncated"] * tally.next_token]
    assert list(summary.regions) == case.get("regions", list(summary.regions))
    assert list(summary.accounts) == case.get("accounts", list(summary.accounts))
    assert summary.cached_at == (parse_time(case.get("cachedAt")) or UNSET)
    assert summary.windows.changes == (tuple(map(parse_time, case["changes"])) if "changes" in case else UNSET)


@pytest.mark.parametrize("case", read_table(CASES / "selectors.json"), ids=case_id)
def test_selectors_leave_out_what_the_table_says(case: Entry) -> None:
    """The selectors of a trail leave KMS, read-only calls or nothing out, as stated."""
    holds = {"kms": excludes_kms(case["selectors"]), "reads": is_write_only(case["selectors"])}

    assert [name for name, is_left_out in holds.items() if is_left_out] == case["leavesOut"]


@pytest.mark.parametrize("case", read_table(CASES / "builder.json"), ids=case_id)
def test_case_is_built_as_the_table_says(case: Entry) -> None:
    """The jobs, keys, calls, windows, changes and warnings of a Case are those stated, or the error is."""
    sides = [
        build_job(case.get("bad"), day=2),
        *([] if case.get("good", {}) is None else [build_job(case.get("good"))]),
    ]
    gathered = Gathered(
        events=in_order(map(build_event, case["records"])),
        jobs=(*sides, *map(build_job, case.get("jobs", []))),
        tally=build_tally(case),
        skipped=tuple(Skipped(source, Reason(reason), count) for source, reason, count in case.get("skipped", [])),
    )
    question = msgspec.convert({"job_id": "bad", **case.get("ask", {})}, Question)
    if "error" in case:
        with pytest.raises(TrailDiffError) as raised:
            build_case(gathered, question, FACTS)
        assert raised.value.message == case["error"]
        return

    built = build_case(gathered, question, FACTS)

    seen = tell_case(built)
    assert built.facts is FACTS
    assert {built.failed.window, *([built.succeeded.window] if built.succeeded else [])} <= set(
        case_windows(gathered, question)
    )

    assert {name: seen[name] for name in case["case"] if name in seen} == {
        name: wanted for name, wanted in case["case"].items() if name in seen
    }
    assert set(case["case"].get("warned", ())) <= set(seen["warnings"])
    assert set(case["case"].get("notWarned", ())).isdisjoint(seen["warnings"])


def tell_case(built: Case) -> Entry:
    """Return the parts of a Case as tables have them: of both sides the failed one's first."""
    sides = [side for side in (built.failed, built.succeeded) if side is not None]
    windows = [span for span in (built.coverage.windows.failed, built.coverage.windows.succeeded) if span]
    return {
        "jobs": [built.failed.job.id, built.succeeded.job.id if built.succeeded else None],
        "key": built.failed.job.key,
        "keys": list(built.keys),
        "tied": [[tie.event.event_id for tie in side.events] for side in sides],
        "windows": [[f"{moment.day} {moment:%H:%M}" for moment in span] for span in windows],
        "kept": built.coverage.events_kept,
        "newest": built.newest and f"{built.newest.day} {built.newest:%H:%M}",
        "changes": [event.event_id for event in built.changes],
        "warnings": list(built.coverage.warnings),
    }


@pytest.mark.parametrize("case", read_table(CASES / "comparison.json"), ids=case_id)
def test_exports_are_compared_as_the_table_says(case: Entry) -> None:
    """Two exports or spans of time become the two sides of a Case as stated, or the error is."""
    sides = [
        Gathered(
            events=in_order(map(build_event, case[name])),
            jobs=tuple(map(build_job, jobs)),
            tally=build_tally({"records": case[name]}),
            skipped=(),
        )
        for name, jobs in (("failed", case.get("jobs", [])), ("succeeded", []))
    ]
    failed, succeeded = (span and Window(*map(build_moment, span)) for span in case.get("windows", [None, None]))
    if "error" in case:
        with pytest.raises(TrailDiffError) as raised:
            build_comparison(sides[0], sides[1], (failed, succeeded), case.get("keys", []), FACTS)
        assert raised.value.message == case["error"]
        return

    built = build_comparison(sides[0], sides[1], (failed, succeeded), case.get("keys", []), FACTS)

    job = built.failed.job
    seen = {**tell_case(built), "place": [job.region, job.account], "message": job.message}
    assert {name: seen[name] for name in case["case"]} == case["case"]
    assert (job.kind, built.facts) == ("window", FACTS)
