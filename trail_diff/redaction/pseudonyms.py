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
from collections.abc import Callable, Collection
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits

_WORD = re.compile(
    r"\$\{[^}]*\}|aws:ec2-infrastructure|(?<![^\W_])(?:AWSReservedSSO_|AWSBackup-|alias/|user/|role/)"
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
_ALPHABET_OF = {
    letter: (alphabet, place + 1)
    for alphabet in (digits, ascii_lowercase, ascii_uppercase)
    for place, letter in enumerate(alphabet)
}
"""For each ASCII letter and digit, its alphabet and the place behind its own there."""
_HEX_OF = {letter: (alphabet, place + 1) for alphabet in (_HEX.upper(), _HEX) for place, letter in enumerate(alphabet)}
_KEPT_BEGINNINGS = frozenset({"AWSReservedSSO", "AWSBackup", "AWSServiceRoleFor"})
_WILDCARDS = ("*", "?")
_HASHED_SINGLY, _BLOCK = 12, 32
"""How many characters of a word are hashed one by one; what follows is moved as these say, a block at a time."""
_MOST_FRAGMENTS = 500
_MOST_CACHED = 50_000

Shift = Callable[[str, int], str]
"""Gives another character of the same kind; the number says which."""


class Pseudonyms:
    """Makes pseudonyms with one secret, and remembers what it made; names in `keep` stay as they are."""

    def __init__(self, secret: bytes, keep: Collection[str] = ()) -> None:
        self.secret = secret
        self._keyed = blake2b(key=secret, digest_size=4)
        self.keep = frozenset(keep)
        self.made: dict[str, str] = {}
        self._word: Callable[[str, Shift], str] = lru_cache(maxsize=_MOST_CACHED)(self._make_word)
        self._bit_noise = lru_cache(maxsize=20_000)(self._noise)
        self._names: dict[str, str] = {}
        self._fragments: dict[str, None] = {}
        self._begins: re.Pattern[str] | None = None
        self._block = b""

    @property
    def fragments(self) -> tuple[str, ...]:
        """Return the parts of words that patterns begin with behind a wildcard."""
        return tuple(sorted(self._fragments))

    def learn_fragments(self, fragments: Collection[str]) -> None:
        """Take in what follows a wildcard, as `Admin` in `*Admin`: a word is made anew from where it stands."""
        new = [each for each in fragments if each not in self._fragments]
        if new and len(self._fragments) < _MOST_FRAGMENTS:
            self._fragments.update(dict.fromkeys(new))
            longest_first = sorted(self._fragments, key=len, reverse=True)
            self._begins = re.compile(f"(?={'|'.join(map(re.escape, longest_first))})")
            self._word = lru_cache(maxsize=_MOST_CACHED)(self._make_word)
            self._names.clear()

    def is_kept(self, text: str) -> bool:
        """Check whether a name stays as it is."""
        return text in self.keep or bool(_KEPT_NAME.match(text))

    def name(self, text: str) -> str:
        """Return the pseudonym of a name: each word in it is replaced; punctuation, wildcards and variables stay."""
        if self.is_kept(text):
            return text
        made = self._names.get(text)
        if made is None:
            if len(self._names) >= _MOST_CACHED:
                self._names.clear()
            made = self._names[text] = self._name(text)
            if made != text:
                self.made[made] = text
        return made

    def address(self, text: str) -> str:
        """Return the pseudonym of an IP address or network; text that is neither is taken for a name.

        Two addresses share as many leading bits as before, so each stays in the networks that a policy names.
        """
        if text in self.keep:
            return text
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return self.name(text)
        host, slash, _ = text.partition("/")
        bits = self._scramble_bits(int(ipaddress.ip_address(host)), network.max_prefixlen)
        moved = type(network.network_address)(bits)
        made = str(ipaddress.ip_network((moved, network.prefixlen), strict=False)) if slash else str(moved)
        self.made[made] = text
        return made

    def _name(self, text: str) -> str:
        if _UUID.match(text):
            return self._word(text, _shift_hex)
        if found := _UUID_PATTERN.match(text):
            return self._word(found[0], _shift_hex) + _WORD.sub(self._replace, text[found.end() :])
        return _WORD.sub(self._replace, text)

    def _replace(self, found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith(("${", "aws:")) or not word[-1].isalnum() or word in self.keep:
            return word
        if word in _KEPT_BEGINNINGS and found.string[found.end() : found.end() + 1] in _WILDCARDS:
            return word
        if found_id := _RESOURCE_ID.match(word):
            return found_id[1] + self._word(found_id[2], _shift_hex)
        is_pattern = found.string[found.end() : found.end() + 1] in _WILDCARDS
        unique = _UNIQUE_ID.match(word) or (_UNIQUE_PATTERN.match(word) if is_pattern else None)
        kept = unique[0] if unique else ""
        return kept + self._word(word[len(kept) :], _shift)

    def _make_word(self, word: str, shift: Shift) -> str:
        """Replace a word's characters; it begins anew where a fragment is."""
        if not self._begins or shift is _shift_hex:
            return self._make_run(word, shift)
        starts = sorted({0, *(found.start() for found in self._begins.finditer(word))})
        return "".join(self._make_run(word[start:end], shift) for start, end in pairwise([*starts, len(word)]))

    def _make_run(self, run: str, shift: Shift) -> str:
        """Replace characters that follow one another: each as those before it say, far on as the first ones say."""
        alphabets = _HEX_OF if shift is _shift_hex else _ALPHABET_OF
        made, before = [], self._keyed.copy()
        for place, character in enumerate(run):
            if place < _HASHED_SINGLY:
                noise = int.from_bytes(before.digest(), "big")
                before.update(character.lower().encode("utf-8", "surrogatepass"))
            else:
                noise = self._far_noise(before, place)
            if (found := alphabets.get(character)) is not None:
                alphabet, next_place = found
                made.append(alphabet[(next_place + noise % (len(alphabet) - 1)) % len(alphabet)])
            else:
                made.append(shift(character, noise) if character.isalnum() else character)
        return "".join(made)

    def _far_noise(self, before: "blake2b", place: int) -> int:
        """Return what moves a character that is far on in a word, of which only the first ones were hashed."""
        block, at = divmod(place - _HASHED_SINGLY, _BLOCK)
        if at == 0:
            key = before.digest() + block.to_bytes(8, "big")
            self._block = blake2b(key, key=self.secret, digest_size=2 * _BLOCK).digest()
        return int.from_bytes(self._block[2 * at : 2 * at + 2], "big")

    def _scramble_bits(self, value: int, length: int) -> int:
        """Flip each bit or not, as the bits before it say."""
        bits = f"{value:0{length}b}"
        flipped = (int(bit) ^ (self._bit_noise(f"bits {length} {bits[:place]}") & 1) for place, bit in enumerate(bits))
        return int("".join(map(str, flipped)), 2)

    def _noise(self, before: str) -> int:
        digest = blake2b(before.encode("utf-8", "surrogatepass"), key=self.secret, digest_size=4).digest()
        return int.from_bytes(digest, "big")


def _shift(character: str, noise: int) -> str:
    """Move a character on within its alphabet, never a whole round."""
    ends = next((ends for ends in _ALPHABETS if ends[0] <= character <= ends[1]), None)
    if ends is None:
        others = _other_letters()
        return others[(bisect_left(others, character) + 1 + noise % (len(others) - 1)) % len(others)]
    first, size = ord(ends[0]), ord(ends[1]) - ord(ends[0]) + 1
    return chr(first + (ord(character) - first + 1 + noise % (size - 1)) % size)


@cache
def _other_letters() -> str:
    """Return every letter and digit that no alphabet has, in order: so two of them never become one."""
    letters = (chr(code) for code in range(0xAA, sys.maxunicode + 1))
    return "".join(one for one in letters if one.isalnum() and not any(a <= one <= z for a, z in _ALPHABETS))


def _shift_hex(character: str, noise: int) -> str:
    made = _HEX[(_HEX.index(character.lower()) + 1 + noise % 15) % 16]
    return made.upper() if character.isupper() else made
