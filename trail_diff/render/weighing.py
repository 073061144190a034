"""The weighing as every renderer shows it: each hypothesis once, and what each rule of evidence says of it."""

from collections.abc import Sequence

from msgspec import Struct

from trail_diff.model.report import Evidence, Judgement, Report, RuledOut, Weighed
from trail_diff.render import essentials, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.phrases import caller_name


class Weight(Struct, frozen=True):
    """A hypothesis: what became of it, what it blames, and why: its own reasons, then a line for each rule."""

    standing: str
    blamed: str
    told: tuple[str, ...]


def weights(report: Report, words: Catalogue) -> Sequence[Weight]:
    """Return the rows of the weighing in their order; those that differ in their action only are one."""
    return [_weigh(report, row, actions, words) for row, actions in layout.merge_actions(report.weighing, words)]


def show_ruling(report: Report, ruled_out: RuledOut, words: Catalogue) -> str:
    """Show what is ruled out, for which statement or key, why, and by what: the last of its evidence refutes it."""
    shown = layout.show_ruled_out(ruled_out, words, report.key_places)
    told = words.head(shown, words.reasons_of(ruled_out.reasons))
    return _with_evidence(told, report, ruled_out.evidence[-1:], words)


def _weigh(report: Report, row: Weighed, actions: str, words: Catalogue) -> Weight:
    call = " ".join(filter(None, [caller_name(row.caller, words) if row.caller else "", actions]))
    place = [words.layers.get(row.layer or "", ""), layout.show_statement(row.statement, words)]
    key = f"{words.labels['key']} {layout.place_key(row.key, report.key_places, words, short=True)}" if row.key else ""
    where = words.join_items([part for part in (call, *place, key) if part])
    judged = [reason for one in row.judgements for reason in one.reasons]
    is_refuted = row.standing == "refuted" and bool(judged)
    own = [] if is_refuted else [words.reason(reason) for reason in row.reasons if reason not in judged]
    return Weight(
        words.standings[row.standing],
        words.head(words.causes[row.cause], where),
        (*own, *(_judge(report, one, words) for one in row.judgements)),
    )


def _judge(report: Report, judgement: Judgement, words: Catalogue) -> str:
    told = words.head(f"{words.says[judgement.says]} {judgement.rule}", words.reasons_of(judgement.reasons))
    return _with_evidence(told, report, judgement.evidence, words)


def _with_evidence(told: str, report: Report, evidence: Sequence[Evidence], words: Catalogue) -> str:
    """Return a text with the first evidence for it."""
    shown = [essentials.show_evidence(report, one, words) for one in evidence[:1]]
    return words.join_clauses([told, *shown])
