"""Locates in the document of a new policy the statements that refuse calls, to point reviewers at them."""

from msgspec import structs

from trail_diff.model.what_if import Location, WhatIf, WhatIfRow
from trail_diff.policy.documents.lines import line_of, mark_lines


def locate(report: WhatIf, file: str, content: bytes) -> WhatIf:
    """Return a replay with the line of each key's policy, and of the statement that each call is decided by.

    A statement of the old policy, which `conflict` names, is not in the document; nor is what denies by its absence.
    """
    document = mark_lines(content)
    paths = {key.address: key.path for key in report.keys}

    def located(row: WhatIfRow) -> WhatIfRow:
        named = row.statement if row.outcome != "conflict" else None
        index, sid = (named.index, named.sid) if named is not None else (None, None)
        line = line_of(document, paths.get(row.address, ""), index, sid)
        return structs.replace(row, location=Location(file, line))

    keys = [structs.replace(key, location=Location(file, line_of(document, key.path))) for key in report.keys]
    return structs.replace(report, calls=tuple(map(located, report.calls)), keys=tuple(keys))
