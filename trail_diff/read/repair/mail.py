"""Saved mails: their parts are decoded from quoted-printable or base64; and text of which only the encoding is left."""

import binascii
import quopri
import re
from collections.abc import Iterator
from email import message_from_string
from email.errors import MessageError
from email.message import Message

from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.compressed import Chunks, inflate
from trail_diff.read.containers import GZIP
from trail_diff.read.repair.interface import Repair
from trail_diff.read.text import decode_text

_HEADER = re.compile(r"\A\s{0,80}(?:From |[A-Za-z][A-Za-z-]{0,60}:)[^\n]{0,2000}\n", re.ASCII)
ENCODED = re.compile(r"^Content-Transfer-Encoding:[ \t]*(?:quoted-printable|base64)", re.IGNORECASE | re.MULTILINE)
_HEAD_CHARACTERS = 64 << 10
_SOFT_BREAK = re.compile(r"=[ \t]{0,8}\r?\n")
_ATTACHED_BYTES = 64 << 20
"""How far an attachment may expand before its ratio counts."""
_BASE64_HEAD = re.compile(r"(?:eyJ|ewog|ewo|W3s|H4sI)[A-Za-z0-9+/]{50,}={0,2}\s*(?:$|\n)")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*")
_ARMOUR = re.compile(r"^-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----\s*?$", re.MULTILINE)
_QUOTED = re.compile(r"=(?:3D|22|7B|5B|20|09)")


def is_encoded_mail(line: str) -> bool:
    """Check whether a line of a mail's head says that what follows is encoded."""
    return ENCODED.match(line) is not None


def _decode_mail(text: str) -> str | None:
    if not _HEADER.match(text) or not ENCODED.search(text, 0, _HEAD_CHARACTERS):
        return None
    try:
        parts = list(_decode_parts(message_from_string(text.lstrip())))
    except (MessageError, ValueError, LookupError, binascii.Error):
        return None
    return "\n".join(parts) or None


def _decode_parts(mail: Message) -> Iterator[str]:
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and not part.is_multipart() and part.get_content_subtype() != "html":
            yield _plain_text(content)


def _plain_text(content: bytes) -> str:
    """Return the text of an attachment, which may be packed with gzip; of a damaged one, what is before the damage."""
    if content.startswith(GZIP):
        budget = Budget(_ATTACHED_BYTES)
        budget.take(len(content))
        pieces: list[bytes] = []
        try:
            pieces.extend(inflate(Chunks(iter((content,))), budget))
        except Damaged:
            pieces.append(b'"eventSource')  # what is behind is lost
        content = b"".join(pieces)
    return decode_text(content)


def is_base64(line: str) -> bool:
    """Check whether the first line of a document is the beginning of base64 of JSON or gzip, or of armour around it."""
    return _BASE64_HEAD.match(line) is not None or _ARMOUR.match(line) is not None


def _decode_base64(text: str) -> str | None:
    plain = _ARMOUR.sub("", text).strip()
    texts = plain.split()
    if not all(map(_BASE64_HEAD.match, texts)):  # one text over many lines, not one on each
        texts = [plain]
    if not _BASE64_HEAD.match(plain) or not all(map(_BASE64.fullmatch, texts)):
        return None
    try:
        return _plain_text(b"".join(map(binascii.a2b_base64, texts)))
    except (binascii.Error, ValueError):
        return None


def _join_soft_breaks(text: str) -> str | None:
    """Undo quoted-printable where the head that names it is missing."""
    if not _SOFT_BREAK.search(text) and not _QUOTED.search(text):
        return None
    try:
        return quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    except ValueError:
        return None


BASE64 = Repair(Reason.REPAIRED_MAIL, _decode_base64)
MAIL = Repair(Reason.REPAIRED_MAIL, _decode_mail)
SOFT_LINE_BREAKS = Repair(Reason.REPAIRED_MAIL, _join_soft_breaks)
