"""Pseudonyms for names: same length, same kind of characters, always the same within one secret.

A pseudonym is made character by character, each from the secret and the characters before it in its word. So equal
words stay equal, words that begin alike still do (a policy's `app-*` still fits `app-web`), letter case stays, and no
character is ever its own pseudonym. Addresses keep common prefixes bit by bit, so that they stay in their networks.
"""

import ipaddress
import re
from collections.abc import Callable, Collection
from functools import lru_cache
from hashlib import blake2b

_WORD = re.compile(r"\$\{[^}]*\}|aws:ec2-infrastructure|[^\W_]+")
_UUID = re.compile(r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_RESOURCE_ID = re.compile(r"\A((?:ami|eni|fs|fsap|i|mrk|sg|snap|subnet|vol|vpc|vpce)-)([0-9a-f]{8,40})\Z")
_UNIQUE_ID = re.compile(r"\A(?:A3T[A-Z0-9]|ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)(?=[A-Z0-9]{4})")
_KEPT_PREFIX = re.compile(r"\A(?:AWSReservedSSO_|AWSBackup-|alias/|user/|role/)")
_KEPT_NAME = re.compile(r"\A(?:alias/aws/[\w-]+|AWSServiceRoleFor\w*|aws:ec2-infrastructure|root|aws|amazon)\Z")

_ALPHABETS = (
    ("0", "9"),
    ("a", "z"),
    ("A", "Z"),
    ("\u0100", "\u017f"),
    ("\u0410", "\u044f"),
    ("\u3041", "\u3094"),
    ("\u30a1", "\u30f4"),
    ("\u4e00", "\u9fa5"),
    ("\uac00", "\ud7a3"),
)
_OTHER_LETTERS = ("\u0100", "\u017f")
_HEX = "0123456789abcdef"

Shift = Callable[[str, int], str]
"""Gives another character of the same kind; the number says which."""


class Pseudonyms:
    """Makes pseudonyms with one secret, and remembers what it made; names in `keep` stay as they are."""

    def __init__(self, secret: bytes, keep: Collection[str] = ()) -> None:
        self.secret = secret
        self.keep = frozenset(keep)
        self.made: dict[str, str] = {}
        self._word: Callable[[str, Shift], str] = lru_cache(maxsize=100_000)(self._make_word)

    def name(self, text: str) -> str:
        """Give the pseudonym of a name: each word in it is replaced; punctuation, wildcards and variables stay."""
        if text in self.keep or _KEPT_NAME.match(text):
            return text
        made = self._name(text)
        if made != text:
            self.made[made] = text
        return made

    def address(self, text: str) -> str:
        """Give the pseudonym of an IP address or network; text that is neither is taken for a name.

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
        if found := _RESOURCE_ID.match(text):
            return found[1] + self._word(found[2], _shift_hex)
        prefix = _KEPT_PREFIX.match(text)
        kept = prefix[0] if prefix else ""
        return kept + _WORD.sub(self._replace, text[len(kept) :])

    def _replace(self, found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith(("${", "aws:")) or word in self.keep:
            return word
        unique = _UNIQUE_ID.match(word)
        kept = unique[0] if unique else ""
        return kept + self._word(word[len(kept) :], _shift)

    def _make_word(self, word: str, shift: Shift) -> str:
        made = []
        for index, character in enumerate(word):
            if not character.isalnum():
                made.append(character)
                continue
            noise = self._noise(word[:index].lower())
            made.append(shift(character, noise))
        return "".join(made)

    def _scramble_bits(self, value: int, length: int) -> int:
        """Flip each bit or not, as the bits before it say."""
        bits = f"{value:0{length}b}"
        flipped = (int(bit) ^ (self._noise(f"bits {length} {bits[:place]}") & 1) for place, bit in enumerate(bits))
        return int("".join(map(str, flipped)), 2)

    def _noise(self, before: str) -> int:
        digest = blake2b(before.encode("utf-8", "surrogatepass"), key=self.secret, digest_size=4).digest()
        return int.from_bytes(digest, "big")


def _shift(character: str, noise: int) -> str:
    """Move a character on within its alphabet, never a whole round."""
    first, last = next((ends for ends in _ALPHABETS if ends[0] <= character <= ends[1]), _OTHER_LETTERS)
    size = ord(last) - ord(first) + 1
    return chr(ord(first) + (ord(character) - ord(first) + 1 + noise % (size - 1)) % size)


def _shift_hex(character: str, noise: int) -> str:
    made = _HEX[(_HEX.index(character.lower()) + 1 + noise % 15) % 16]
    return made.upper() if character.isupper() else made
