"""Job reports of AWS Backup Audit Manager as CSV: a row for each job, with the fields that its JSON reports have.

Source: AWS Backup developer guide, "Choosing your report template", shows the fields; how the header of a CSV spells
them is not documented, so case, spaces and punctuation do not count.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason

_SPELLINGS = {
    name.lower(): name
    for name in (
        "accountId",
        "region",
        "backupJobId",
        "copyJobId",
        "restoreJobId",
        "jobStatus",
        "jobStatusMessage",
        "statusMessage",
        "message",
        "messageCategory",
        "state",
        "status",
        "resourceType",
        "resourceArn",
        "creationDate",
        "initiationDate",
        "completionDate",
        "recoveryPointArn",
        "sourceRecoveryPointArn",
        "destinationRecoveryPointArn",
        "backupVaultName",
        "backupVaultArn",
        "sourceBackupVaultArn",
        "sourceBackupVaultName",
        "destinationBackupVaultArn",
        "destinationBackupVaultName",
        "iamRoleArn",
        "parentJobId",
        "backupType",
        "encryptionKeyArn",
        "sourceResourceArn",
    )
}
"""The fields that matter, by their names in small letters."""

_IDS = {"backupjobid", "copyjobid", "restorejobid"}
_STATES = {"jobstatus", "state", "status"}
_ABSENT = frozenset({"", "-", "null", "none", "n/a"})
_LIMIT_CHARACTERS = 1 << 20


def is_job_header(first_line: str) -> bool:
    """Check whether a line is the header of a table of backup, copy or restore jobs."""
    if first_line.lstrip().startswith(("{", "[")):
        return False
    names = set(map(_plain, _split(first_line)))
    return bool(names & _IDS) and bool(names & _STATES)


def read_job_rows(lines: Iterable[str], source: str) -> Iterator[dict[str, Any] | Skipped]:
    """Read a table of jobs, header first: the fields of one for each row, spelled as AWS does."""
    rest = iter(lines)
    header = next(rest, "")
    names = [_SPELLINGS.get(_plain(name), name) for name in _split(header)]
    csv.field_size_limit(_LIMIT_CHARACTERS)
    # Strict, so that a cell cut in its middle at the end of a file is counted instead of taken for whole.
    reader = csv.reader((line.replace("\0", "") for line in rest), delimiter=_delimiter(header), strict=True)
    unreadable = 0
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            unreadable += 1
            continue
        if row is None:
            break
        if any(row):
            yield {name: cell for name, cell in zip(names, row, strict=False) if cell.strip().lower() not in _ABSENT}
    if unreadable:
        yield Skipped(source, Reason.UNREADABLE_ROW, unreadable)


def _split(header: str) -> Sequence[str]:
    return next(csv.reader([header.strip().lstrip("\ufeff")], delimiter=_delimiter(header)), [])


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
