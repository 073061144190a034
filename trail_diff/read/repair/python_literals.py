"""What `print()` shows of an answer of boto3: Python literals with `datetime.datetime(…)` in them, as JSON.

A time in the zone of the machine (`tzlocal()`) is taken for UTC, as the zone is not printed; records have their own.
"""

import ast
import json
import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_IS_PYTHON = re.compile(r"[{,]\s*(?:'[\w@.:-]{1,80}'\s*:|[A-Za-z_$][\w$]{0,80}\s*:\s*')")
_STRING = r"[bBuU]?(?:'(?:[^'\\\n]++|\\.)*+'|\"(?:[^\"\\\n]++|\\.)*+\")"
_TOKEN = re.compile(
    rf"(?P<text>{_STRING}(?:\s++{_STRING})*+)"
    r"|(?:datetime\.)?datetime\((?P<time>[0-9, ]{1,80})(?P<zone>,\s*tzinfo=[\w.]{1,40}(?:\([^()]{0,200}\))?)?\)"
    r"|\b(?P<word>True|False|None)\b"
)
_WORDS = {"True": "true", "False": "false", "None": "null"}
_PIECE = re.compile(_STRING)
_WHOLE_TEXT = re.compile(r"(?:^|(?<=[\s=(]))(b?'\s{0,40}(?:\\n|\s){0,40}[{\[](?:[^'\\\n]++|\\.)*+')", re.MULTILINE)


def read_literals(text: str) -> str | None:
    """Return text with the literals of Python, or the strings of JavaScript, as JSON; None where it has none."""
    if not _IS_PYTHON.search(text):
        return None
    return _TOKEN.sub(_print_token, text)


def _print_token(found: re.Match[str]) -> str:
    if found["word"]:
        return _WORDS[found["word"]]
    if found["time"]:
        return json.dumps(_print_time(found["time"]))
    try:
        values = [ast.literal_eval(piece) for piece in _PIECE.findall(found["text"])]
    except (ValueError, SyntaxError):
        return found["text"]
    texts = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in values]
    return json.dumps("".join(texts))


def _print_time(numbers: str) -> str:
    parts = [int(number) for number in numbers.replace(" ", "").split(",") if number.isdigit()]
    year, month, day, hour, minute, second = [*parts, 0, 0, 0, 0, 0, 0][:6]
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"


def _read_text(text: str) -> str | None:
    """Undo `repr()` of a text or of bytes that hold JSON."""
    found = _WHOLE_TEXT.search(text) if not _IS_PYTHON.search(text) else None
    if found is None:
        return None
    try:
        value = ast.literal_eval(found[1])
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    plain = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text[: found.start(1)] + plain + text[found.end(1) :]


PYTHON_TEXT = Repair(Reason.REPAIRED_PYTHON, _read_text, work=32)
PYTHON = Repair(Reason.REPAIRED_PYTHON, read_literals, work=32)
