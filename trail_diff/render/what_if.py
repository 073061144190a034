"""What the text renderers share of a replay against a policy, not yet escaped for a medium."""

from collections import Counter
from collections.abc import Iterator, Sequence

from trail_diff.model.reasons import Reason
from trail_diff.model.what_if import WhatIf, WhatIfRow
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.layout import show_statement, show_time, show_unknown_keys

BESIDE = {Reason.OTHER_POLICY_CHANGES, Reason.GRANT_IS_REMOVED}
"""Reasons of rows that are not about the key's policy but about what `address` names."""


def show_observed(row: WhatIfRow, words: Catalogue) -> str:
    """Show how often a call was seen, and how often it was refused."""
    if not row.observed:
        return words.labels["not_observed"]
    counts = [words.count("calls", row.calls)] + ([words.count("refused", row.denied)] if row.denied else [])
    return words.join_items(counts)


def show_why(row: WhatIfRow, words: Catalogue) -> str:
    """Show which statement refuses, or what would have to be known."""
    parts = [row.address] if BESIDE & set(row.reasons) else []
    parts += [show_statement(row.statement, words)] if row.statement is not None else []
    if row.outcome in ("undetermined", "breaks", "at-risk", "conflict"):
        parts += [words.reason(reason) for reason in row.reasons]
    if row.unknown_keys:
        parts.append(show_unknown_keys(row.unknown_keys, words))
    parts += [words.labels[f"supply {one}"] for one in row.supply]
    return words.join_clauses(parts)


def show_gate(report: WhatIf, words: Catalogue) -> str:
    """Show what a replay comes to: how many calls come out how, or that nothing was replayed."""
    breaks = [row for row in report.calls if row.decides and not row.observed and row.outcome == "breaks"]
    tally = show_tally([*(row for row in report.calls if row.observed), *breaks], words)
    if report.outcome == "at-risk" and report.lacks_evidence:
        is_old = report.evidence is not None and report.evidence.is_too_old
        return words.join_clauses([tally, words.labels["evidence_too_old" if is_old else "not_all_tried"]])
    if report.outcome == "nothing-replayed" and not _is_of_known_calls(report):
        return words.join_clauses(
            [words.labels["not_all_tried"], tally] if tally else [words.labels["nothing_replayed"]]
        )
    if report.outcome == "evidence-too-old":
        return words.join_clauses([words.labels["evidence_too_old"], *([tally] if tally else [])])
    if _is_of_known_calls(report):
        return words.labels["known_calls"].format(tally=show_tally(report.calls, words))
    is_changed = any(key.change != "unchanged" for key in report.keys)
    return tally or words.labels["no_call_concerned" if is_changed else "no_policy_changes"]


def _is_of_known_calls(report: WhatIf) -> bool:
    """Check whether only calls that AWS is known to make were tried."""
    is_of_files = report.evidence is not None or report.coverage.records_read
    return bool(report.calls) and not any(row.observed for row in report.calls) and not is_of_files


def show_evidence_saved(report: WhatIf, words: Catalogue) -> Iterator[str]:
    """Yield how old and how complete the saved calls are that were replayed, if any were."""
    saved = report.evidence
    if saved is None:
        return
    start, end = (show_time(moment) or words.labels["not_known"] for moment in (saved.start, saved.end))
    told = words.labels["saved_calls"].format(calls=saved.calls, start=start, end=end, taken=show_time(saved.taken))
    left_out = [words.labels["saved_left_out"].format(count=saved.left_out)] if saved.left_out else []
    yield words.join_clauses([told, *left_out])


def show_tried_keys(report: WhatIf, words: Catalogue) -> Iterator[str]:
    """Yield for each key of a document what becomes of its policy, and why its calls were not replayed."""
    for one in report.keys:
        if not one.address and one.reason is None:
            continue
        name = words.aside(one.address, one.key) if one.key and one.address else one.address or one.key
        why = words.reason(one.reason) if one.reason else words.count("requests", one.requests)
        told = words.join_clauses([part for part in (why, one.expression) if part])
        yield words.head(name or words.labels["the_key"], told)


def show_what_if(row: WhatIfRow, words: Catalogue) -> str:
    """Show what becomes of a call; one that was not observed is not said to break."""
    known = words.labels[f"known {row.outcome}"]
    return words.what_ifs[row.outcome] if row.observed else words.labels["unobserved"].format(what=known)


def show_tally(rows: Sequence[WhatIfRow], words: Catalogue) -> str:
    """Show how many calls come out how; only of calls that were observed is said that they break."""
    counts = Counter((row.outcome, row.observed) for row in rows).items()
    tally = [
        words.labels["tally"].format(
            count=count, what=words.what_ifs[outcome] if is_observed else words.labels[f"known {outcome}"]
        )
        for (outcome, is_observed), count in counts
    ]
    return words.join_items(tally)
