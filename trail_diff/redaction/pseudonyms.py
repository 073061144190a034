"""Pseudonyms for names: same length, same kind of characters, always the same within one secret.

A pseudonym is made character by character, each from the secret and the characters before it in its word. So equal
words stay equal, words that begin alike still do (a policy's `app-*` still fits `app-web`), letter case stays, and no
character is ever its own pseudonym. What follows a wildcard in a pattern (`*Admin`) begins anew wherever it stands, so
such patterns fit as well. Addresses keep common prefixes bit by bit, so that they stay in their networks.
"""

import ipaddress
import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits
from struct import Struct
from typing import Any, Literal

_WORD = re.compile(
    r"\$\{[^}$]*\}|aws:ec2-infrastructure|(?<![^\W_])(?:AWSReservedSSO_|AWSBackup-|alias/|user/|role/)"
    r"|(?<![^\W_])(?:AWSReservedSSO|AWSBackup|AWSServiceRoleFor)(?=[*?])"
    r"|(?<![\w-])(?:(?:ami|eni|fs|fsap|i|mrk|sg|snap|subnet|vol|vpc|vpce)-[0-9a-f]+(?![^\W_])"
    r"|(?:cks|o|r|ou)-(?=[0-9a-z*?]))"
    r"|[^\W_]+"
)
_UUID = re.compile(r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_UUID_PATTERN = re.compile(r"\A([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){0,3}(?:-[0-9a-fA-F]{0,12})?)(?=[*?])")
"""The beginning of a UUID before a wildcard."""
_RESOURCE_ID = re.compile(r"\A([a-z]+-)([0-9a-f]+)\Z")
_UNIQUE_ID = re.compile(r"\A(?:A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)(?=[A-Z0-9]{4})")
_UNIQUE_PATTERN = re.compile(r"\A(?:AIDA|AROA|AKIA|ASIA|AGPA)(?=[A-Z0-9]*\Z)")
_KEPT_NAME = re.compile(r"\A(?:alias/aws/[\w-]+|AWSServiceRoleFor\w*|aws:ec2-infrastructure|root|aws|amazon)\Z")

_ALPHABETS = (
    ("0", "9"),
    ("a", "z"),
    ("A", "Z"),
    ("\u00c0", "\u00d6"),
    ("\u00d8", "\u00de"),
    ("\u00e0", "\u00f6"),
    ("\u00f8", "\u00fe"),
    ("\u0100", "\u017f"),
    ("\u0410", "\u042f"),
    ("\u0430", "\u044f"),
    ("\u3041", "\u3094"),
    ("\u30a1", "\u30f4"),
    ("\u4e00", "\u9fa5"),
    ("\uac00", "\ud7a3"),
)
_HEX = "0123456789abcdef"


def _others(alphabets: Collection[str]) -> dict[str, tuple[str, bytes]]:
    """Return for each character the others of its alphabet, from the next one round, and what it is hashed as."""
    return {
        one: (alphabet[place + 1 :] + alphabet[:place], one.lower().encode())
        for alphabet in alphabets
        for place, one in enumerate(alphabet)
    }


Kind = Literal["letters", "hex"]
_OTHERS: dict[Kind, dict[str, tuple[str, bytes]]] = {
    "letters": _others((digits, ascii_lowercase, ascii_uppercase)),
    "hex": _others((_HEX.upper(), _HEX)),
}
_KEPT_BEGINNINGS = frozenset({"AWSReservedSSO", "AWSBackup", "AWSServiceRoleFor"})
_WILDCARDS = ("*", "?")
_HASHED_SINGLY, _BLOCK, _SHARED = 12, 32, 3
"""How many characters of a word are hashed one by one; what follows is moved as these say, a block at a time."""
_MOST_FRAGMENTS = 500
_MOST_CACHED = 50_000
_MOST_BEGUN = 10_000
_FAR_NOISE = Struct(f">{_BLOCK}H")


class Pseudonyms:
    """Makes pseudonyms with one secret, and remembers what it made; names in `keep` stay as they are."""

    def __init__(self, secret: bytes, keep: Collection[str] = ()) -> None:
        self.secret = secret
        self._keyed = blake2b(key=secret, digest_size=4)
        self.keep = frozenset(keep)
        self.made: dict[str, str] = {}
        self._word: Callable[[str, Kind], str] = lru_cache(maxsize=_MOST_CACHED)(self._make_word)
        self._begun: Callable[[str, Kind], tuple[str, blake2b]] = lru_cache(maxsize=_MOST_BEGUN)(self._begin_run)
        self._bits: Callable[[str, int], str] = lru_cache(maxsize=_MOST_CACHED)(self._make_bits)
        self._names: dict[str, str] = {}
        self._fragments: dict[str, None] = {}
        self._begins: re.Pattern[str] | None = None

    def __reduce__(self) -> tuple[Callable[..., "Pseudonyms"], tuple[Any, ...]]:
        """Let another process make the same pseudonyms."""
        return _make_again, (self.secret, self.keep, self.fragments, self.made)

    @property
    def fragments(self) -> tuple[str, ...]:
        """Return the parts of words that patterns begin with behind a wildcard."""
        return tuple(sorted(self._fragments))

    def learn_fragments(self, fragments: Collection[str]) -> bool:
        """Take in what follows a wildcard, as `Admin` in `*Admin`: a word is made anew from where it stands.

        Return whether any is new.
        """
        new = [each for each in fragments if each not in self._fragments]
        is_taken = bool(new) and len(self._fragments) < _MOST_FRAGMENTS
        if is_taken:
            self._fragments.update(dict.fromkeys(new))
            longest_first = sorted(self._fragments, key=len, reverse=True)
            self._begins = re.compile(f"(?={'|'.join(map(re.escape, longest_first))})")
            self._word = lru_cache(maxsize=_MOST_CACHED)(self._make_word)
            self._names.clear()
        return is_taken

    def is_kept(self, text: str) -> bool:
        """Check whether a name stays as it is."""
        return text in self.keep or bool(_KEPT_NAME.match(text))

    def name(self, text: str) -> str:
        """Return the pseudonym of a name: each word in it is replaced; punctuation, wildcards and variables stay."""
        made = self._names.get(text)
        if made is None:
            if len(self._names) >= _MOST_CACHED:
                self._names.clear()
            made = self._names[text] = text if self.is_kept(text) else self._name(text)
            if made != text:
                self.made[made] = text
        return made

    def address(self, text: str) -> str:
        """Return the pseudonym of an IP address or network; text that is neither is taken for a name.

        Two addresses share as many leading bits as before, so each stays in the networks that a policy names.
        """
        if text in self.keep:
            return text
        if (found := read_address(text)) is None:
            return self.name(text)
        address, prefix_length = found
        length = address.max_prefixlen
        moved = type(address)(int(self._make_bits(f"{int(address):0{length}b}", length), 2))
        made = str(moved if prefix_length is None else ipaddress.ip_network((moved, prefix_length), strict=False))
        self.made[made] = text
        return made

    def _name(self, text: str) -> str:
        if _UUID.match(text):
            return self._word(text, "hex")
        if ("*" in text or "?" in text) and (found := _UUID_PATTERN.match(text)):
            return self._word(found[0], "hex") + _WORD.sub(self._replace, text[found.end() :])
        return _WORD.sub(self._replace, text)

    def _replace(self, found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith(("${", "aws:")) or not word[-1].isalnum() or word in self.keep:
            return word
        if word in _KEPT_BEGINNINGS and found.string[found.end() : found.end() + 1] in _WILDCARDS:
            return word
        if found_id := _RESOURCE_ID.match(word):
            return found_id[1] + self._word(found_id[2], "hex")
        is_pattern = found.string[found.end() : found.end() + 1] in _WILDCARDS
        unique = _UNIQUE_ID.match(word) or (_UNIQUE_PATTERN.match(word) if is_pattern else None)
        kept = unique[0] if unique else ""
        return kept + self._word(word[len(kept) :], "letters")

    def _make_word(self, word: str, kind: Kind) -> str:
        """Replace a word's characters; it begins anew where a fragment is."""
        if not self._begins or kind == "hex":
            return self._make_run(word, kind)
        starts = sorted({0, *(found.start() for found in self._begins.finditer(word))})
        return "".join(self._make_run(word[start:end], kind) for start, end in pairwise([*starts, len(word)]))

    def _make_run(self, run: str, kind: Kind) -> str:
        """Replace characters that follow one another: each as those before it say, far on as the first ones say."""
        made, before = self._begun(run[:_SHARED], kind)
        before = before.copy()
        made += self._make_near(run[_SHARED:_HASHED_SINGLY], kind, before)
        for place in range(_HASHED_SINGLY, len(run), _BLOCK):
            made += _move(run[place : place + _BLOCK], kind, self._far_noise(before, place))
        return made

    def _begin_run(self, run: str, kind: Kind) -> "tuple[str, blake2b]":
        """Return the first characters of a run replaced, and the hash of them: many names begin alike."""
        before = self._keyed.copy()
        return self._make_near(run, kind, before), before

    def _make_near(self, run: str, kind: Kind, before: "blake2b") -> str:
        """Replace characters one by one, and put each to the hash of those before it."""
        others_of, made = _OTHERS[kind], []
        for character in run:
            noise = int.from_bytes(before.digest())
            others, hashed = others_of.get(character) or ("", character.lower().encode("utf-8", "surrogatepass"))
            before.update(hashed)
            made.append(others[noise % len(others)] if others else _shift(character, noise))
        return "".join(made)

    def _far_noise(self, before: "blake2b", place: int) -> tuple[int, ...]:
        """Return what moves a block of characters far on in a word, of which only the first ones were hashed."""
        block = (place - _HASHED_SINGLY) // _BLOCK
        key = before.digest() + block.to_bytes(8)
        return _FAR_NOISE.unpack(blake2b(key, key=self.secret, digest_size=_FAR_NOISE.size).digest())

    def _make_bits(self, bits: str, length: int) -> str:
        """Flip each bit or not, as the bits before it say; what the first ones become is known from other addresses."""
        known = (len(bits) - 1) // 4 * 4
        made = [self._bits(bits[:known], length) if known else ""]
        for place in range(known, len(bits)):
            before = self._keyed.copy()
            before.update(f"bits {length} {bits[:place]}".encode())
            made.append("10"[int(bits[place])] if before.digest()[-1] & 1 else bits[place])
        return "".join(made)


def _make_again(secret: bytes, keep: Collection[str], fragments: Collection[str], made: dict[str, str]) -> Pseudonyms:
    pseudonyms = Pseudonyms(secret, keep)
    pseudonyms.learn_fragments(fragments)
    pseudonyms.made.update(made)
    return pseudonyms


def _move(run: str, kind: Kind, noises: Iterable[int]) -> str:
    others_of, made = _OTHERS[kind], []
    for character, noise in zip(run, noises, strict=False):
        others, _ = others_of.get(character) or ("", b"")
        made.append(others[noise % len(others)] if others else _shift(character, noise))
    return "".join(made)


def _shift(character: str, noise: int) -> str:
    """Move a letter or digit on within its alphabet, never a whole round."""
    if not character.isalnum():
        return character
    ends = next((ends for ends in _ALPHABETS if ends[0] <= character <= ends[1]), None)
    if ends is None:
        others = _other_letters()
        return others[(bisect_left(others, character) + 1 + noise % (len(others) - 1)) % len(others)]
    first, size = ord(ends[0]), ord(ends[1]) - ord(ends[0]) + 1
    return chr(first + (ord(character) - first + 1 + noise % (size - 1)) % size)


@lru_cache(maxsize=1000)
def read_address(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int | None] | None:
    """Return an IP address, and of a network the length of its prefix; None for other text."""
    try:
        prefix_length = ipaddress.ip_network(text, strict=False).prefixlen if "/" in text else None
        return ipaddress.ip_address(text.partition("/")[0]), prefix_length
    except ValueError:
        return None


@cache
def _other_letters() -> str:
    """Return every letter and digit that no alphabet has, in order: so two of them never become one."""
    letters = (chr(code) for code in range(0xAA, sys.maxunicode + 1))
    return "".join(one for one in letters if one.isalnum() and not any(a <= one <= z for a, z in _ALPHABETS))
