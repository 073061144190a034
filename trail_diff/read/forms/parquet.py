"""Parquet: Security Lake's OCSF tables and table exports of Athena. Needs the extra `trail-diff[parquet]`."""

from collections.abc import Iterator
from typing import IO, Any

from trail_diff.model.learnt import Record, Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.forms.columns import record_from_columns
from trail_diff.read.forms.rows import Row, count_unreadable

_OCSF_COLUMNS = (
    "api",
    "actor",
    "metadata",
    "cloud",
    "time",
    "time_dt",
    "resources",
    "src_endpoint",
    "http_request",
    "unmapped",
)
_BATCH_ROWS = 4096


def read_parquet(data: IO[bytes], source: str) -> Iterator[Row]:
    """Read a Parquet file a batch of rows at a time, only the columns that are needed."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile
    except ImportError:
        yield Skipped(source, Reason.PARQUET_SUPPORT_MISSING)
        return

    def read() -> Iterator[Record | Skipped | None]:
        try:
            file = ParquetFile(data)
            is_ocsf = {"api", "actor"} <= set(file.schema_arrow.names)
            columns = [name for name in _OCSF_COLUMNS if name in file.schema_arrow.names] if is_ocsf else None
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
                yield from (_read_row(row, is_ocsf=is_ocsf) for row in batch.to_pylist())
        except (pa.ArrowException, OSError, ValueError, OverflowError):
            yield Skipped(source, Reason.UNREADABLE_FILE)

    yield from count_unreadable(read(), source)


def _read_row(row: dict[str, Any], *, is_ocsf: bool) -> Record | None:
    if is_ocsf:
        from trail_diff.read.forms.ocsf import record_from_ocsf

        return record_from_ocsf(row)
    return record_from_columns(row)
