"""What redaction has learnt, kept so that millions of names and ids take little time and memory."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from secrets import token_bytes

_LEADING = "_-./+=,@"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BUCKETS = 1 << 12
_ID_BYTES = 16


class LearntNames:
    """Names in lower case by their first word and, of each word, by length and by what leads up to the word."""

    def __init__(self) -> None:
        self._shapes: dict[str, dict[tuple[int, int], dict[str, int]]] = {}
        self._longest_first: dict[str, list[tuple[int, int]]] = {}
        self._count = 0

    def add(self, first_word: str, name: str) -> None:
        """Take in a name that was not taken in before."""
        shape = (len(name), len(name) - len(name.lstrip(_LEADING)))
        shapes = self._shapes.setdefault(first_word, {})
        if shape not in shapes:
            shapes[shape] = {}
            self._longest_first[first_word] = sorted(shapes, key=lambda shape: shape[0], reverse=True)
        shapes[shape][name] = self._count
        self._count += 1

    def lengths(self, word: str) -> int:
        """Return of how many lengths there are names with this first word: each has to be looked for."""
        return len(self._shapes.get(word, ()))

    def at(self, word: re.Match[str], text: str, begin: int) -> Iterator[tuple[int, str]]:
        """Yield the names that stand where a word of a text does, none before `begin`, each with where it starts.

        The longest come first, and of equally long ones those learnt first.
        """
        shapes = self._shapes.get(word[0])
        if shapes is None:
            return
        length, equally_long = 0, list[tuple[int, int, str]]()
        for shape in self._longest_first[word[0]]:
            if shape[0] != length:
                yield from _in_order(equally_long)
                length, equally_long = shape[0], []
            start = word.start() - shape[1]
            name = text[start : start + length] if start >= begin else ""
            if (number := shapes[shape].get(name)) is not None:
                equally_long.append((number, start, name))
        yield from _in_order(equally_long)


def _in_order(found: list[tuple[int, int, str]]) -> Iterator[tuple[int, str]]:
    return ((start, name) for _, start, name in sorted(found))


class LearntIds:
    """Ids that stay: UUIDs in any letter case, 16 bytes each, as every record has some. Other ids are never asked for.

    They lie in buckets by a hash that no input can foresee, so that none grows long, and that is the same in all
    processes that are given the ids.
    """

    def __init__(self) -> None:
        self._buckets = [bytearray() for _ in range(_BUCKETS)]
        self._salt = token_bytes(16)

    def add(self, text: str) -> bool:
        """Take in an id; return whether it is a new one."""
        is_new = bool(_UUID.fullmatch(text.lower())) and text not in self
        if is_new:
            packed = bytes.fromhex(text.replace("-", ""))
            bucket = self._bucket(packed)
            bucket += packed
        return is_new

    def __contains__(self, text: str) -> bool:
        """Check whether a UUID was taken in."""
        packed = bytes.fromhex(text.replace("-", ""))
        bucket = self._bucket(packed)
        place = bucket.find(packed)
        while place % _ID_BYTES and place >= 0:
            place = bucket.find(packed, place + 1)
        return place >= 0

    def _bucket(self, packed: bytes) -> bytearray:
        digest = blake2b(packed, key=self._salt, digest_size=8).digest()
        return self._buckets[int.from_bytes(digest) % _BUCKETS]
