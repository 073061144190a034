"""What text goes through on its way: each manner as a function, to be undone by the repairs, and what it costs."""

import base64
import gzip
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


def inspect(text: str) -> str:
    """Write JSON as Node.js prints an object: no quotes around names, other quotes around strings where they fit."""
    unnamed = re.sub(r'"(\w+)":', r"\1:", text)
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda found: found[0] if "'" in found[1] else f"'{found[1]}'", unnamed)


def mail(text: str) -> str:
    """Put text into a mail in quoted-printable."""
    head = (
        "From: a\nSubject: b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    )
    return head + quopri.encodestring(text.encode()).decode()


def attach(text: str) -> str:
    """Attach text to a mail, packed with gzip."""
    head = "From: a\nContent-Type: application/gzip; name=x.gz\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(gzip.compress(text.encode())).decode()


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
    "pod": each_line("[pod/trail-7d9f8b6c5-x2x9z/reader] "),
    "pod-times": each_line("2026-03-03T08:00:00.123456789Z "),
    "runtime": each_line("2026-03-03T08:00:00.123456789Z stdout F "),
    "file-names": each_line("logs/a-b_c.json:"),
    "level": each_line("INFO:root:"),
    "bare-colours": lambda text: re.sub(r'("\w+")(:)', "[34;1m\\1[0m\\2", text),
    "colours-inside": lambda text: text.replace("kms", "\x1b[01;31m\x1b[Kkms\x1b[m\x1b[K"),
    "pager": lambda text: text.replace("\n", "\n--More--(3%)\n", 20),
    "pager-lines": lambda text: text.replace("\n", "\nlines 1-40\n", 9).replace("\n", "\n:\n", 3) + "\n~\n(END)\n",
    "shown-ends": lambda text: text.replace("\n", "$\n") + "$\n",
    "caret": lambda text: text.replace("\n", "^M\n"),
    "folded": lambda text: wrap(text).replace("\n", "\\\n"),
    "base64": lambda text: base64.encodebytes(text.encode()).decode(),
    "base64-gzip": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "python-bytes": lambda text: repr(text.encode()),
    "script": lambda text: re.sub(r'"(\w+)":', r"\1:", text),
    "script-quotes": inspect,
    "python-words": lambda text: (
        text.replace(": true", ": True").replace(": false", ": False").replace(": null", ": None")
    ),
    "mail-with-gzip": attach,
}
"""Manners that lose nothing."""
