"""Facts in archives."""

import gzip
import io
import zipfile

import pytest

from trail_diff.gather.packed import unpacked

TEMPLATE = b'{"Resources": {}}'


def zipped(**members: bytes) -> bytes:
    """Return a zip of some files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [TEMPLATE, gzip.compress(TEMPLATE), zipped(a=TEMPLATE), gzip.compress(zipped(a=TEMPLATE))],
    ids=["plain", "gzip", "zip", "zip in gzip"],
)
def test_document_alone_in_an_archive_is_taken_out(content: bytes) -> None:
    """A template that is compressed, or alone in a zip, is the template."""
    assert unpacked(content) == TEMPLATE


@pytest.mark.parametrize(
    "content",
    [zipped(a=TEMPLATE, b=TEMPLATE), zipped(), gzip.compress(TEMPLATE)[:-9], gzip.compress(b"0" * (65 << 20))],
    ids=["two", "none", "damaged", "too large"],
)
def test_other_archive_is_left_as_it_is(content: bytes) -> None:
    """Of several documents none is guessed, and what is damaged or too large is not read in part."""
    assert unpacked(content) == content
