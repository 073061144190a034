"""A large file of records, one a line, cut into stretches that several processes can read.

A stretch is read as records one a line, or not at all. Before the first that cannot be, the file was read to the end of
a line, exactly as the ordinary way would have; from there on that way reads the rest of the file.
"""

from itertools import pairwise

from msgspec import structs

from trail_diff.read.slim import read_lines
from trail_diff.read.text import is_binary
from trail_diff.read.walk import InputFile

HEAD_BYTES = 1 << 20
LINE_BYTES = 1 << 20
"""How long a line may be where a file is cut; records are shorter, and a stretch has to be held whole."""


class NotLinesError(Exception):
    """A stretch holds something else than one record a line. Nothing of it was given."""


def cut(file: InputFile, stretch_bytes: int) -> list[InputFile]:
    """Return the stretches of a file, each as long as asked and to the end of its line; else the file itself.

    A file that has a longer line than any record where it would be cut is not cut at all.
    """
    if file.size < 2 * stretch_bytes:
        return [file]
    ends = []
    try:
        with open(file.path, "rb") as opened:  # noqa: PTH123 - as in files
            if not _begins_with_record(opened.read(HEAD_BYTES)):
                return [file]
            for end in range(stretch_bytes, file.size, stretch_bytes):
                opened.seek(end)
                line = opened.readline(LINE_BYTES)
                if len(line) == LINE_BYTES:
                    return [file]
                ends.append(opened.tell())
    except OSError:
        return [file]
    places = sorted({0, *ends, file.size})
    return [structs.replace(file, start=start, end=end) for start, end in pairwise(places)]


def read_stretch(file: InputFile) -> bytes:
    """Return the bytes of a stretch.

    Raises:
        OSError: the file cannot be read any more.
    """
    with open(file.path, "rb") as opened:  # noqa: PTH123 - as in files
        opened.seek(file.start)
        return opened.read((file.end or file.size) - file.start)


def _begins_with_record(head: bytes) -> bool:
    line = head[: head.find(b"\n") + 1]
    is_other = is_binary(head) or head[257:262] == b"ustar"
    return line.startswith(b"{") and not is_other and read_lines(line) is not None
