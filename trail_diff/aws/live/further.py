"""Asks further where the answer stays open: calls on the key in other jobs that ran under the same policy."""

from msgspec import structs

from trail_diff.arns import arn_region
from trail_diff.aws.live.collect import EVERYTHING, clip
from trail_diff.aws.live.connection import Connection
from trail_diff.case.other_uses import other_windows
from trail_diff.case.question import Question
from trail_diff.gather.raw_case import Collected, collect_found
from trail_diff.read.interface import ReadOptions, Source, Tally


def look_further(
    connection: Connection, question: Question, source: Source, collected: Collected, options: ReadOptions = EVERYTHING
) -> Collected:
    """Add the calls on the key in the windows of other jobs that ran under the same policy, grants and state.

    Raises:
        AwsError: the source did not answer.
    """
    case = collected.case(question)
    clipped = (clip(window, options) for window in other_windows(case, question.pad))
    windows = tuple(window for window in clipped if window is not None)
    key = case.failed.job.key
    if not windows or key is None:
        return collected
    region, tally = arn_region(key) or case.failed.job.region, Tally()
    query = ReadOptions((region,) if region else (), windows=windows, keys=(key,), only_keys=True, kms_only=True)
    found = collect_found(source.read(query, query, tally, connection.progress), tally)
    return structs.replace(
        collected,
        records=(*collected.records, *found.records),
        skipped=(*collected.skipped, *found.skipped),
        tally=collected.tally.merge(tally),
        notes=tuple(connection.asker.notes),
    )
