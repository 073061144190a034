"""Redaction makes no more work than a document's size warrants, and twice as much for twice the document."""

import base64
import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trail_diff.errors import SourceError
from trail_diff.read import budget
from trail_diff.redaction.files import _Drafter, share
from trail_diff.redaction.pseudonyms import Pseudonyms
from trail_diff.redaction.redactor import Redactor

SECRET = b"a secret of the tests"
KINDS: dict[str, Callable[[int], Any]] = {
    "names": lambda count: [{"roleName": f"r-{number}", "message": f"role r-{number}"} for number in range(count)],
    "words of a message": lambda count: {"message": "role a-b1 'x y' " * count},
    "JSON in JSON": lambda count: {"a": json.dumps({"b": json.dumps([f"x-{number}" for number in range(count)])})},
    "keys": lambda count: {f"k{number}": number for number in range(count)},
    "keys of a context": lambda count: {"encryptionContext": {f"k-{number}": "v" for number in range(count)}},
    "patterns": lambda count: {"Resource": [f"*a{number}" for number in range(count)]},
    "addresses": lambda count: [{"sourceIPAddress": f"10.0.{n >> 8}.{n & 255}"} for n in range(count)],
    "ARNs": lambda count: [{"Resource": f"arn:aws:iam::111122223333:role/r{number}"} for number in range(count)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_document_makes_twice_the_work(kind: str) -> None:
    """What is counted grows with the size of a document, whatever it is made of."""
    once, twice = (work_for(KINDS[kind](count)) for count in (300, 600))

    assert 0 < once < twice <= 2.5 * once


def work_for(document: object) -> int:
    """Return how much work a document makes, in the measure of the budget."""
    redactor = Redactor(Pseudonyms(SECRET))
    redactor.learnt.budget = weighed = budget.Budget()
    redactor.learn(document)
    redactor.redact(document)
    return weighed.worked


@pytest.mark.parametrize(
    "text",
    ["arn:" + "${a}" * 30, "arn:aws:s3:::" + "." * 20_000 + "x", "${" * 20_000, "x.s3." * 10_000 + "_.amazonaws.com"],
    ids=["variables of an ARN", "dots after an ARN", "open variables", "hosts"],
)
@pytest.mark.parametrize("field", ["message", "roleName", "Resource"])
def test_no_text_takes_time_with_its_square(field: str, text: str) -> None:
    """Texts that are nearly a pattern, over and over, take no longer than others; some took seconds, one had no end."""
    begun = time.process_time()

    work_for({field: text})

    assert time.process_time() - begun < 2


def test_many_documents_take_time_in_proportion(tmp_path: Path) -> None:
    """What is told of each document is what is new in it: with all names so far, twice as many took four times as long."""
    redactor = Redactor(Pseudonyms(SECRET))
    drafter = _Drafter(tmp_path, redactor, {})
    redactor.pseudonyms.made.update({f"name-{number}": f"n-{number}" for number in range(300_000)})
    drafter._new()
    begun = time.process_time()

    for number in range(500):
        redactor.pseudonyms.made[f"new-{number}"] = f"w-{number}"
        assert drafter._new() == {f"new-{number}": f"w-{number}"}

    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("name", ["names of one beginning", "lines", "packed text"])
def test_a_bomb_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that makes more work than its size warrants is refused in one line, and nothing is written."""
    monkeypatch.setattr(budget, "FREE_WORK", 1 << 18)
    names = "".join(json.dumps({"roleName": "a-" + "x" * length}) + "\n" for length in range(1, 200))
    content = {
        "names of one beginning": names + json.dumps({"message": "a " * 5_000}),
        "lines": '{"a":1}\n' * 40_000,
        "packed text": json.dumps({"data": base64.b64encode(gzip.compress(b"a b-1 " * 200_000)).decode()}),
    }
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(content[name].encode()))

    with pytest.raises(SourceError, match=r"x\.json\.gz: redacting the file takes more work than its size warrants"):
        share([str(tmp_path / "x.json.gz")], tmp_path / "out", Redactor(Pseudonyms(SECRET)))

    assert [file.name for file in tmp_path.iterdir()] == ["x.json.gz"]


def test_a_packed_export_counts_by_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that is large when unpacked is redacted as far as its packed size goes."""
    monkeypatch.setattr(budget, "FREE_WORK", 0)
    monkeypatch.setattr(budget, "FREE_EXPANSION_BYTES", 0)
    record = {"eventTime": "2026-03-01T18:00:00Z", "eventSource": "kms.amazonaws.com", "eventName": "Decrypt"}
    lines = "".join(json.dumps(record | {"requestID": f"r{number * 7919}"}) + "\n" for number in range(500))
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(lines.encode()))

    shared = share([str(tmp_path / "x.json.gz")], tmp_path / "out", Redactor(Pseudonyms(SECRET)))

    assert (shared.documents, shared.left_out) == (1, ())
