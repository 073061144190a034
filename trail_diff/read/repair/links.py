"""Links that a chat, a ticket or a mail made of names of services, and dots that were masked so that it makes none.

They are inside of strings, so what they spoil is one record, which is still JSON.
"""

import json
import re
from typing import Any

from trail_diff.model.learnt import Record

_LINK = re.compile(
    r"(?<![\w.-])([\w.-]{1,255})<(?:https?://|mailto:)\1/?>"
    r"|<(?:https?://|mailto:)[^|<>\"\s]{1,400}\|([^<>|\"]{1,400})>|<(?:https?://|mailto:)([^|<>\"\s]{1,400})>"
    r"|\[([^\[\]|\"]{1,400})\](?:\(https?://[^()\"\s]{1,400}\))|\[([^\[\]|\"]{1,400})\|https?://[^\[\]|\"\s]{1,400}\]"
)
_MASKED_DOT = re.compile(r"\[(?:\.|dot)\]")


def without_links(record: Record) -> Record | None:
    """Return a record with the text of its links in their place; None where it has none."""
    text = json.dumps(record, ensure_ascii=False)
    plain = _MASKED_DOT.sub(".", _LINK.sub(lambda found: next(filter(None, found.groups())), text))
    if plain == text:
        return None
    made: Any = json.loads(plain)
    return made if isinstance(made, dict) else None
