"""Makes inputs by chance: records in wraps, wraps in one another and side by side, mangled, damaged, in containers."""

import base64
import bz2
import gzip
import json
import lzma
import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from msgspec import Struct, structs
from read.mangling import MANGLES
from read.wrapping import WRAPS, Record, base64_gz, dump, event_bridge, subscription, tarred, zipped
from recording import Recording

SETS = 400
"""How many sets of records there are to choose from."""
_VALUES = ("b", "é", '"', "\\", "a,b;c", "{}", "]", "x" * 300, "𝄞", "a\tb", "eventSource", "'", "// x", "...")
_CALLS = ("Decrypt", "GenerateDataKey", "CreateGrant")
_NAME_BYTES = len('"eventID": "')
_ARCHIVE_BEGINNINGS = (b"PK", b"0.json", b"a.json", b"\xfd7zXZ", b"\x1f\x8b", b"BZh")
_NAMES = tuple(sorted(WRAPS))
_TEXTS = tuple(
    name
    for name in _NAMES
    if not name.startswith(("zip", "tar", "bzip2", "xz")) and not {"gz", "members"} & set(name.split("-"))
)
_JSON = ("trail", "trail-pretty", "array", "ndjson", "concatenated", "lookup-events", "event-bridge", "subscription")
"""Wraps that may follow one another in one document."""

_CONTAINERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: data,
    lambda data: data,
    lambda data: gzip.compress(data, 1),
    lambda data: bz2.compress(data, 1),
    lambda data: lzma.compress(data, preset=0),
    lambda data: zipped({"a.json": data}),
    lambda data: tarred({"a.json": data}),
    lambda data: gzip.compress(gzip.compress(data, 1), 1),
)
_AROUND: tuple[Callable[[Any], Any], ...] = (
    event_bridge,
    lambda thing: {"Type": "Notification", "Message": json.dumps(thing)},
    lambda thing: {"Messages": [{"Body": json.dumps(thing)}]},
    lambda thing: {"Records": [{"body": json.dumps(thing)}]},
    lambda thing: {"Records": [{"Sns": {"Message": json.dumps(thing)}}]},
    lambda thing: {"events": [{"timestamp": 1, "message": json.dumps(thing)}]},
    lambda thing: {"awslogs": {"data": base64_gz(dump(subscription([thing])))}},
    lambda thing: {"records": [{"recordId": "1", "data": base64.b64encode(dump(thing)).decode()}]},
    lambda thing: {"_source": {"event": {"original": json.dumps(thing)}}},
    lambda thing: {"result": {"_raw": json.dumps(thing)}},
)
"""What may be put around one record, and around what is around it."""


class Made(Struct, frozen=True):
    """An input and how many records it names for certain.

    `is_whole`: nothing of it was damaged, or only in one way that can be undone; all records have to be read.
    `is_plain`: nothing was done to it that has to be undone; nothing may be skipped.
    """

    data: bytes
    count: int
    is_whole: bool = False
    is_plain: bool = False


@cache
def make_records(number: int) -> list[Record]:
    """Make a few calls by a service, a role and a user."""
    made, chance = Recording(seed=str(number)), random.Random(number)  # noqa: S311
    for minute in range(chance.randint(1, 6)):
        caller = chance.choice([made.service("backup.amazonaws.com"), made.role("r", "s"), made.user("alice")])
        context = {"a": chance.choice(_VALUES)}
        made.kms(f"2026-03-01T18:0{minute}:00Z", chance.choice(_CALLS), made.key_arn("k"), caller, context)
    return made.records


def make_input(chance: random.Random) -> Made:
    """Make one input."""
    records = make_records(chance.randrange(SETS))
    way = chance.choice((_wrapped, _wrapped, _mangled, _mangled, _nested, _split))
    made = way(records, chance)
    if chance.random() < 0.5:
        data = damage(made.data, chance)
        made = Made(data, sum(_is_named(record["eventID"].encode(), data, made.data) for record in records))
    if not (made.is_whole and made.data.startswith(_ARCHIVE_BEGINNINGS)):  # archives in archives have a limit
        made = structs.replace(made, data=chance.choice(_CONTAINERS)(made.data))
    if chance.random() < 0.2:
        return Made(damage(made.data, chance), 0)
    return made


def _is_named(event_id: bytes, damaged: bytes, whole: bytes) -> bool:
    """Check whether an id is still in what was damaged, behind what was before it, which is the name of its field."""
    places = (found.start() for found in re.finditer(re.escape(event_id), whole))
    return any(whole[max(at - _NAME_BYTES, 0) : at] + event_id in damaged for at in places)


def _whole(data: bytes, records: list[Record]) -> Made:
    return Made(data, len(records), is_whole=True, is_plain=True)


def _wrapped(records: list[Record], chance: random.Random) -> Made:
    return _whole(WRAPS[chance.choice(_NAMES)](records), records)


def _mangled(records: list[Record], chance: random.Random) -> Made:
    """Return pretty JSON that went through several hands; what two of them did cannot be undone for certain."""
    text = json.dumps({"Records": records}, indent=chance.choice([1, 2, 4]))
    manners = chance.sample(sorted(MANGLES), chance.choice([0, 1, 1, 2]))
    for manner in manners:
        text = MANGLES[manner](text)
    return Made(text.encode(), len(records), is_whole=len(manners) < 2, is_plain=not manners)


def _nested(records: list[Record], chance: random.Random) -> Made:
    """Return a line for each record, in wrappers around one another."""
    around = chance.choices(_AROUND, k=chance.randint(1, 3))
    things: list[Any] = [*records]
    for wrapper in around:
        things = [wrapper(thing) for thing in things]
    return _whole(b"\n".join(map(dump, things)), records)


def _split(records: list[Record], chance: random.Random) -> Made:
    """Return records in several documents of different forms: one after another, or as members of an archive."""
    size = chance.randint(1, len(records))
    parts = [records[at : at + size] for at in range(0, len(records), size)]
    if chance.random() < 0.5:
        end = chance.choice([b"\n", b"", b"\r\n"])
        return _whole(end.join(WRAPS[chance.choice(_JSON)](part) for part in parts), records)
    members = {f"{number}.json": WRAPS[chance.choice(_TEXTS)](part) for number, part in enumerate(parts)}
    return _whole(chance.choice((zipped, tarred))(members), records)


def damage(data: bytes, chance: random.Random) -> bytes:
    """Cut, double, swap or overwrite a piece."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice([1, 2, 8, 100, 2000]))
    match chance.randrange(6):
        case 0:
            return data[:start]
        case 1:
            return data[end:]
        case 2:
            return data[:start] + data[end:]
        case 3:
            return data[:end] + data[start:]
        case 4:
            return data[:end].replace(b"\n", chance.choice([b"\r", b" ", b"\r\n"])) + data[end:]
        case _:
            return data[:start] + chance.randbytes(end - start) + data[end:]
