"""What every form of a triage says of a group: short texts, not yet escaped for a medium."""

from collections.abc import Sequence

from trail_diff.arns import last_name
from trail_diff.model.triage import Triage, TriageGroup
from trail_diff.render import layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.escape import shorten
from trail_diff.render.phrases import caller_name

_MOST_NAMES = 3
_MOST_IN_SUMMARY = 6
_LONGEST_NAME = 60
_LONGEST_OF_SEVERAL = 24


def say_lead(triage: Triage, words: Catalogue) -> str:
    """Return how many jobs failed, of how many, how many of them are explained, and whether jobs may be missing."""
    gaps = [words.reasons[reason] for reason in triage.doubts_of_jobs()]
    return words.join_clauses([_count_jobs(triage, words), *gaps])


def _count_jobs(triage: Triage, words: Catalogue) -> str:
    seen = words.count("jobs", triage.jobs.seen)
    if not triage.jobs.seen:
        return words.labels["no_jobs"]
    if not triage.jobs.failed:
        return words.labels["triage_none"].format(seen=seen)
    failed = words.labels["triage_of"].format(
        failed=words.count("failed_jobs", triage.jobs.failed), seen=triage.jobs.seen
    )
    return words.join_items([failed, words.count("explained", triage.jobs.explained)])


def say_summary(triage: Triage, words: Catalogue) -> str:
    """Return all of it in one line: the counts, and each group by its size, cause and vaults."""
    if not triage.jobs.failed:
        return say_lead(triage, words)
    counts = words.join_items(
        [words.count("failed_short", triage.jobs.failed), words.count("explained", triage.jobs.explained)]
    )
    groups = [f"{len(group.jobs)} {_name_briefly(group, words)}" for group in triage.groups[:_MOST_IN_SUMMARY]]
    groups += ["…"] if len(triage.groups) > _MOST_IN_SUMMARY else []
    return words.labels["triage_told"].format(counts=counts, groups=words.join_items(groups))


def name_group(group: TriageGroup, words: Catalogue) -> str:
    """Return the short name of a group's cause, or of its outcome where there is none, with how certain it is."""
    name = words.cause_names[group.cause] if group.cause else words.outcomes[group.outcome]
    return words.aside(name, words.confidences[group.confidence]) if group.confidence else name


def name_vaults(group: TriageGroup, words: Catalogue) -> str:
    """Return the names of a group's vaults, the first few of them."""
    longest = _LONGEST_NAME if len(group.vaults) == 1 else _LONGEST_OF_SEVERAL
    names = list(dict.fromkeys(shorten(last_name(vault) or vault, longest) for vault in group.vaults))
    more = len(names) - _MOST_NAMES
    told = names[:_MOST_NAMES] + ([words.count("more_places", more)] if more > 0 else [])
    return words.join_items(told)


def say_head(group: TriageGroup, words: Catalogue) -> str:
    """Return how many jobs a group has, in which vaults."""
    jobs, vaults = words.count("jobs", len(group.jobs)), name_vaults(group, words)
    return words.labels["triage_in"].format(things=jobs, places=vaults) if vaults else jobs


def say_cause(group: TriageGroup, words: Catalogue) -> str:
    """Return what a group goes back to: the statement, the change and who made it; else why the cause holds."""
    if group.cause is None or group.cause == "not-kms":
        return words.reasons_of(group.reasons) if group.outcome == "inconclusive" and group.reasons else group.summary
    place = layout.show_statement(group.statement, words)
    told = [part for part in (place, say_change(group, words)) if part]
    if not told:
        told = [part for part in (say_calls(group, words), words.reasons_of(group.reasons)) if part]
    return words.join_items(told) or group.summary


def say_calls(group: TriageGroup, words: Catalogue) -> str:
    """Return which calls of whom a group is about; nothing where no caller is known."""
    callers = [shorten(caller_name(caller, words), _LONGEST_NAME) for caller in group.callers]
    actions = words.grammar.join_names([shorten(action, _LONGEST_NAME) for action in group.actions])
    who = words.grammar.join_names(callers[:_MOST_NAMES])
    return words.labels["done_by"].format(what=actions, who=who) if callers and actions else ""


def say_change(group: TriageGroup, words: Catalogue) -> str:
    """Return the change that a group goes back to, by whom and when; nothing without one."""
    change = group.change
    if change is None:
        return ""
    who = shorten(change.by or words.labels["unnamed"], _LONGEST_NAME)
    told = words.labels["done_by"].format(what=change.event_name, who=who)
    return words.join_items([told, layout.show_minute(change.at)])


def say_fix(group: TriageGroup, words: Catalogue) -> tuple[str, str]:
    """Return what helps, else the next step, else how to see one of the jobs; and the label of which it is.

    A step says why it is suggested, unless the cause of an inconclusive group has said so.
    """
    if group.remedy is not None:
        return words.labels["fix"], f"{words.remedies.get(group.remedy, group.remedy)} [{group.remedy}]"
    if group.next_steps:
        step, account = group.next_steps[0], group.jobs[0].account
        handling = layout.show_handling(step, account, words)
        is_why_told = handling and group.outcome == "inconclusive" and step.reason in group.reasons
        told = words.join_clauses(handling) if is_why_told else layout.show_step(step, account, words)
        return words.labels["next_step"], told
    return words.labels["next_step"], words.labels["triage_one"].format(id=group.jobs[0].id)


def parts_in(group: TriageGroup) -> frozenset[str]:
    """Return the ids of the jobs that are parts of one in the same group, right below which they stand."""
    ids = {job.id.casefold() for job in group.jobs}
    return frozenset(job.id for job in group.jobs if job.parent and job.parent.casefold() in ids - {job.id.casefold()})


def join_names(names: Sequence[str | None]) -> str:
    """Return the names there are, as one text."""
    return " ".join(name for name in names if name)


def _name_briefly(group: TriageGroup, words: Catalogue) -> str:
    """Return the cause and the vaults: a statement by the policy it is in and its Sid."""
    sid = group.statement.sid if group.statement else None
    named = group.cause and group.layer and sid
    name = (
        f"{words.layers[group.layer or '']} {shorten(sid or '', _LONGEST_NAME)}" if named else _bare_name(group, words)
    )
    vaults = name_vaults(group, words)
    return words.aside(name, vaults) if vaults else name


def _bare_name(group: TriageGroup, words: Catalogue) -> str:
    return words.cause_names[group.cause] if group.cause else words.outcomes[group.outcome]
