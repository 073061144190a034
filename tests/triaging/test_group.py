"""How reports are put into groups."""

from datetime import timedelta
from pathlib import Path

from msgspec import structs
from render.canonical import CANONICAL

from trail_diff.case.question import Question
from trail_diff.diagnosis.conclusion import conclude
from trail_diff.inputs import Inputs
from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.pipeline import load_case
from trail_diff.render.phrases import catalogue
from trail_diff.render.summary import summarize
from trail_diff.triaging.group import group_reports, is_worth_telling, outline


def report_of(job_id: str, minute: int, parent: str | None = None) -> Report:
    """Return a report of a job that was created some minutes later than another."""
    created = CANONICAL.failed.created
    assert created is not None
    job = structs.replace(CANONICAL.failed, id=job_id, created=created + timedelta(minutes=minute), parent=parent)
    return structs.replace(CANONICAL, failed=job)


def test_parts_of_a_composite_job_follow_it() -> None:
    """Parts stand after their job, whatever was created between; one that names itself stays where it is."""
    reports = [
        report_of("cluster", 0),
        report_of("other", 1),
        report_of("part-1", 2, "CLUSTER"),
        report_of("itself", 3, "itself"),
        report_of("part-2", 4, "cluster"),
        report_of("orphan", 5, "elsewhere"),
    ]

    (group,) = group_reports(reports, 9, Coverage()).groups

    assert [job.id for job in group.jobs] == ["cluster", "part-1", "part-2", "other", "itself", "orphan"]


def test_confidence_of_a_group_is_the_lowest() -> None:
    """A group is no surer than the least sure of its jobs."""
    sure, unsure = report_of("a", 0), report_of("b", 1)
    unsure = structs.replace(unsure, verdict=structs.replace(unsure.verdict, confidence="likely"))

    (group,) = group_reports([sure, unsure], 2, Coverage()).groups

    assert group.confidence == "likely"


def test_an_outline_is_grouped_and_worded_as_its_report() -> None:
    """What is left of a report tells its group all that the report does, and holds neither events nor policies."""
    reports = [report_of("a", 0), report_of("b", 1)]
    outlines = [outline(report) for report in reports]

    assert CANONICAL.events
    assert CANONICAL.policies
    assert not any(one.events or one.policies or one.decisions or one.weighing for one in outlines)
    assert group_reports(outlines, 2, Coverage()) == group_reports(reports, 2, Coverage())
    assert [is_worth_telling(one) for one in outlines] == [is_worth_telling(one) for one in reports]
    assert [summarize(one, catalogue("en")) for one in outlines] == [summarize(one, catalogue("en")) for one in reports]


def test_a_report_without_exhibits_concludes_the_same() -> None:
    """What groups are told from is the same whether the exhibits of a report are made or not."""
    folder = Path(__file__).parents[2] / "fixtures" / "original-incident" / "trail"
    case = load_case(Inputs(events=(str(folder),)), Question("2c47cafb-f2a8-4324-bc60-6017794526c5"))

    whole, bare = conclude(case), conclude(case, is_whole=False)

    assert outline(bare) == outline(whole)
    assert whole.verdict.outcome == "explained"
    assert whole.events
    assert whole.weighing
    assert not any((bare.events, bare.weighing, bare.decisions, bare.absence, bare.policies))
