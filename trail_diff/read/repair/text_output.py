"""The AWS CLI's `lookup-events --output text`: one line for each event, with its record among tab-separated columns."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_EVENT = re.compile(r"^EVENTS\t[^{\n]{0,400}+(\{[^\n]*\})\t[^\n]*$", re.MULTILINE)
_RESOURCE = re.compile(r"^RESOURCES\t[^\n]*$", re.MULTILINE)


def is_text_output(line: str) -> bool:
    """Check whether a line is one of these."""
    return line.startswith("EVENTS\t")


def _take_records(text: str) -> str | None:
    if not is_text_output(text.lstrip()):
        return None
    return _RESOURCE.sub("", _EVENT.sub(lambda found: found[1], text))


TEXT_OUTPUT = Repair(Reason.REPAIRED_TEXT_OUTPUT, _take_records)
