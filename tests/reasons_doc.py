"""docs/reasons.md, made of the reason codes and their phrases, in the groups that model/reasons.py has them in."""

import inspect
import re
from pathlib import Path

from trail_diff.model.reasons import Reason
from trail_diff.render.interface import Lang
from trail_diff.render.phrases import catalogue

PAGE = Path(__file__).parent.parent / "docs" / "reasons.md"
HEAD = """# Reason codes

JSON and CSV give a reason as one of these codes, in whatever language the report is; every other form shows its phrase.
The set is closed: the [JSON Schema](../trail_diff/data/report.schema.json) lists the same codes. A code may be added, none
is renamed.
"""


def make_page() -> str:
    """Make the page: a table for each group."""
    parts = [HEAD]
    for title, codes in groups():
        parts += [f"## {title[0].upper()}{title[1:]}\n", "| code | English | 日本語 |\n| --- | --- | --- |"]
        parts += [f"| `{code}` | {_phrase('en', code)} | {_phrase('ja', code)} |" for code in codes]
        parts.append("")
    return "\n".join(parts)


def groups() -> list[tuple[str, list[Reason]]]:
    """Return the codes by the comments that head them in the source."""
    _, *sections = re.split(r"^    # (.+)$", inspect.getsource(Reason), flags=re.MULTILINE)
    names = [re.findall(r"^    ([A-Z0-9_]+) = ", section, re.MULTILINE) for section in sections[1::2]]
    return [(title, [Reason[name] for name in listed]) for title, listed in zip(sections[::2], names, strict=True)]


def _phrase(lang: Lang, code: Reason) -> str:
    return catalogue(lang).reasons[code].replace("|", r"\|").replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
