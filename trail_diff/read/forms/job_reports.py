"""Job reports of AWS Backup Audit Manager as CSV: a row for each job, with the fields that its JSON reports have.

Source: AWS Backup developer guide, "Choosing your report template", shows the fields; how the header of a CSV spells
them is not documented, so case, spaces and punctuation do not count.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.cells import delimiter_of, read_cells, split_header

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


def is_job_header(first_line: str) -> bool:
    """Check whether a line is the header of a table of backup, copy or restore jobs."""
    if first_line.lstrip().startswith(("{", "[")):
        return False
    names = set(map(_plain, split_header(first_line)))
    return bool(names & _IDS) and bool(names & _STATES)


def read_job_rows(lines: Iterable[str], source: str) -> Iterator[dict[str, Any] | Skipped]:
    """Read a table of jobs, header first: the fields of one for each row, spelled as AWS does."""
    rest = iter(lines)
    header = next(rest, "")
    names = [_SPELLINGS.get(_plain(name), name) for name in split_header(header)]
    counts: Counter[Reason] = Counter()
    for row in read_cells(rest, delimiter_of(header), counts):
        if any(row[len(names) :]):  # it runs on behind its last column: two rows in one
            counts[Reason.UNREADABLE_ROW] += 1
        else:
            yield {name: cell for name, cell in zip(names, row, strict=False) if cell.strip().lower() not in _ABSENT}
    for reason, count in counts.items():
        yield Skipped(source, reason, count)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
