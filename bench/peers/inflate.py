"""The floor: every file is inflated by isal, one process for each core, and nothing else is done.

Usage: python inflate.py FOLDER [exact]. With `exact` the buffer is made as large as the file says it will become.
"""

import sys
from collections.abc import Callable
from multiprocessing import get_context
from os import sched_getaffinity
from pathlib import Path

from isal import igzip, igzip_lib

_DECOMPRESS: Callable[[bytes], bytes] = igzip.decompress


def inflate(files: list[Path]) -> int:
    """Inflate files; give how many bytes that makes."""
    return sum(len(_DECOMPRESS(file.read_bytes())) for file in files)


def inflate_exactly(files: list[Path]) -> int:
    """Inflate files into buffers of the right size."""
    total = 0
    for file in files:
        content = file.read_bytes()
        decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        total += len(decompressor.decompress(content, int.from_bytes(content[-4:], "little")))
    return total


def main() -> None:
    """Inflate a folder."""
    files = sorted(Path(sys.argv[1]).rglob("*.gz"))
    chunks = [files[start : start + 16] for start in range(0, len(files), 16)]
    work = inflate_exactly if sys.argv[2:] == ["exact"] else inflate
    with get_context("fork").Pool(len(sched_getaffinity(0))) as pool:
        sum(pool.imap_unordered(work, chunks))


if __name__ == "__main__":
    main()
