"""Reads for triage, from every source: the events of many jobs at once, and what is known of each of their keys.

Exports, a bundle and an engine that is asked for a time tell of the jobs themselves. Where AWS is asked, AWS Backup
lists the jobs, and the windows of those that failed are planned together.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field, structs

from trail_diff.case.gathered import Gathered, only_calls
from trail_diff.gather.key_facts import load_documents, read_facts
from trail_diff.inputs import Inputs, connect_inputs, gather_with_facts, read_given_jobs
from trail_diff.model.learnt import Case, Facts, Window
from trail_diff.triaging.plan import TriagePlan

if TYPE_CHECKING:
    from trail_diff.aws.live.connection import Connection
    from trail_diff.aws.live.night import CollectedNight
    from trail_diff.aws.live.readings import Reading

DEFAULT_SPAN = timedelta(days=1)
"""Of how long the jobs are listed where nothing says since when."""


class Material(Struct, frozen=True):
    """All that was read, and the facts: those of one key, else those that were given for every key."""

    gathered: Gathered
    given: Facts
    by_key: Mapping[str, Facts] = field(default_factory=dict)

    def with_facts(self, case: Case) -> Case:
        """Return a case with what is known of its key."""
        facts = self.by_key.get(case.failed.job.key or "", self.given)
        return structs.replace(case, facts=structs.replace(facts, key_stores=case.facts.key_stores))


def gather_night(inputs: Inputs, plan: TriagePlan) -> tuple[Material, TriagePlan]:
    """Read what there is for many jobs, and return which of them are asked about, by the names they are read by.

    Of the events, those are left out that told of jobs only.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    if inputs.is_live and not inputs.is_engine_for_all:
        return gather_listed(inputs, plan, connect_inputs(inputs))
    gathered, facts = gather_with_facts(_aim(inputs, plan), plan.windows)
    return Material(only_calls(gathered), facts), _rename(plan, inputs)


def gather_listed(inputs: Inputs, plan: TriagePlan, connection: "Connection") -> tuple[Material, TriagePlan]:
    """List the jobs of some accounts and Regions, and fetch the events and facts of those that failed.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    from trail_diff.aws.live.night import Night, collect_night

    given = structs.replace(read_given_jobs(inputs), documents=load_documents(inputs.facts))
    now = connection.clock()
    plan = _with_time(plan, inputs, now)
    created = Window(plan.wanted.start or now, plan.wanted.end or now)
    asked = Night(plan, created, given, inputs.options, inputs.is_settled)
    night = _redact(collect_night(connection, asked, _open_reading(inputs, connection)), inputs)
    by_key = {key: read_facts(documents) for key, documents in night.facts.items()}
    collected = structs.replace(night.collected, asked_at=inputs.options.asked_at)
    return Material(collected.gathered(), collected.facts(), by_key), _rename(plan, inputs)


def _with_time(plan: TriagePlan, inputs: Inputs, now: datetime) -> TriagePlan:
    """Return the plan with the time in which jobs were created: by default the last day; all that files describe."""
    start, end = plan.wanted.start or inputs.options.start, plan.wanted.end or inputs.options.end
    if start is None and not inputs.jobs:
        start = now - DEFAULT_SPAN
        inputs.note(f"jobs created since {start:%Y-%m-%d %H:%M} UTC, the last 24 hours; --since TIME chooses others")
    return structs.replace(plan, wanted=structs.replace(plan.wanted, start=start, end=end))


def _open_reading(inputs: Inputs, connection: "Connection") -> "Reading":
    from trail_diff.aws.live.elsewhere import open_source
    from trail_diff.aws.live.readings import HistoryReading, StoreReading

    source = open_source(inputs.aws, connection, inputs.note)
    selection = structs.replace(inputs.options, regions=())
    reading = HistoryReading if inputs.aws.engine is None else StoreReading
    return reading(source, selection, connection.progress)


def _aim(inputs: Inputs, plan: TriagePlan) -> Inputs:
    """Return what to read of a bucket: the time of the jobs that files describe, where no other is named."""
    options = inputs.options
    if not inputs.buckets or not inputs.jobs or options.start is not None or options.end is not None:
        return inputs
    from trail_diff.aws.live.elsewhere import aim_at
    from trail_diff.aws.live.jobs import BASELINES_AT_MOST

    gathered = read_given_jobs(inputs).gathered()
    rank, jobs = plan.rank(gathered.jobs), plan.select(gathered)
    sides = [one for job in jobs for one in (job, *rank(job)[:BASELINES_AT_MOST])]
    return structs.replace(inputs, options=aim_at(sides, options, plan.pad))


def _redact(night: "CollectedNight", inputs: Inputs) -> "CollectedNight":
    """Replace every name, those of what is known of the keys first."""
    if inputs.redactor is None:
        return night
    from trail_diff.case.question import Question
    from trail_diff.redaction.case import learn_case, redact_case, redact_facts

    redactor = inputs.redactor
    learn_case(night.collected, redactor)
    facts = {redactor.name_or_arn(key): redact_facts(documents, redactor) for key, documents in night.facts.items()}
    collected, _ = redact_case(night.collected, Question(""), redactor)
    return structs.replace(night, collected=collected, facts=facts)


def _rename(plan: TriagePlan, inputs: Inputs) -> TriagePlan:
    rename = inputs.redactor.name_or_arn if inputs.redactor else None
    return structs.replace(plan, wanted=plan.wanted.renamed(rename))
