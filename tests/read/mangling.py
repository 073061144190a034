"""What text goes through on its way: each manner as a function, to be undone by the repairs, and what it costs."""

import html
import quopri
import re
from collections.abc import Callable

Mangle = Callable[[str], str]


def wrap(text: str, width: int = 80) -> str:
    """Cut every line at a terminal's width."""
    lines = (line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width))
    return "\n".join(lines)


def each_line(prefix: str) -> Mangle:
    """Return a manner that puts a prefix before each line."""
    return lambda text: "".join(f"{prefix}{line}\n" for line in text.split("\n"))


def number(text: str) -> str:
    """Put its number before each line, as `cat -n` does."""
    return "".join(f"{index:6}\t{line}\n" for index, line in enumerate(text.split("\n"), 1))


def curl(text: str) -> str:
    """Make the quotation marks of JSON typographic."""
    return re.sub(r'"((?:[^"\\]|\\.)*)"', "\u201c\\1\u201d", text)


def mail(text: str) -> str:
    """Put text into a mail in quoted-printable."""
    head = (
        "From: a\nSubject: b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    )
    return head + quopri.encodestring(text.encode()).decode()


MANGLES: dict[str, Mangle] = {
    "hash": each_line("# "),
    "quoted": each_line("> "),
    "slashes": each_line("// "),
    "bar": each_line("web-1  | "),
    "numbered": number,
    "html": html.escape,
    "no-break-spaces": lambda text: re.sub("^ +", lambda found: "\u00a0" * len(found[0]), text, flags=re.MULTILINE),
    "curly": curl,
    "wrapped-80": wrap,
    "wrapped-100": lambda text: wrap(text, 100),
    "mail": mail,
    "colours": lambda text: re.sub(r'("\w+")(:)', "\x1b[34;1m\\1\x1b[0m\\2", text),
    "comments": lambda text: text.replace('"eventTime"', '// when\n"eventTime"'),
    "trailing-comma": lambda text: re.sub(r"\n(\s*)\}", r",\n\1}", text),
    "tabs": lambda text: text.replace("  ", "\t"),
}
"""Manners that lose nothing."""
