"""Renders a triage as Slack's Block Kit, so that a webhook can take it as it is.

Names stand in rich text, whose texts are literal: no mention, link or markup in one becomes active.
"""

import json
from typing import Any

from trail_diff.model.triage import TriageGroup
from trail_diff.render import escape, layout
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.interface import RenderOptions
from trail_diff.render.phrases import catalogue
from trail_diff.render.triage import Triaged
from trail_diff.render.triage.wording import name_group, say_cause, say_fix, say_head, say_lead, say_summary

MOST_BLOCKS = 50
LONGEST_TEXT = 3000
_LONGEST_HEADER = 150
_LONGEST_PART = 1000


def render(triaged: Triaged, options: RenderOptions) -> str:
    """Render a triage."""
    words, triage = catalogue(options.lang), triaged.triage
    room = MOST_BLOCKS - 3
    left_out = len(triage.groups) - room
    blocks = [
        {"type": "header", "text": _plain(say_lead(triage, words), _LONGEST_HEADER)},
        *(_block(group, words) for group in triage.groups[:room]),
        *([_rich(_text(words.count("left_out_groups", left_out)))] if left_out > 0 else []),
        {"type": "context", "elements": [_plain(layout.coverage_counts(triage.coverage, words))]},
    ]
    document = {"text": _fallback(say_summary(triage, words)), "blocks": blocks}
    return escape.json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _block(group: TriageGroup, words: Catalogue) -> dict[str, Any]:
    label, fix = say_fix(group, words)
    return _rich(
        _text(f"{say_head(group, words)}: {name_group(group, words)}", bold=True),
        _text(f"\n{words.labels['cause']}: "),
        _text(say_cause(group, words)),
        _text(f"\n{label}: "),
        _text(fix),
    )


def _rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    lead = "\n" if text.startswith("\n") else ""
    shown = lead + escape.shorten(escape.terminal(text.removeprefix("\n")), _LONGEST_PART)
    return {"type": "text", "text": shown, **({"style": {"bold": True}} if bold else {})}


def _plain(text: str, limit: int = LONGEST_TEXT) -> dict[str, Any]:
    return {"type": "plain_text", "text": escape.shorten(escape.terminal(text), limit), "emoji": False}


def _fallback(text: str) -> str:
    """Return the text of a notification, in which Slack looks for markup: what begins some is escaped."""
    short = escape.shorten(escape.terminal(text), LONGEST_TEXT // 5)
    return short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
