"""Saved mails: their parts are decoded from quoted-printable or base64; and text of which only the encoding is left."""

import binascii
import quopri
import re
from collections.abc import Iterator
from email import message_from_string
from email.errors import MessageError
from email.message import Message
from io import BytesIO

from trail_diff.model.learnt import Skipped
from trail_diff.model.reasons import Reason
from trail_diff.read.budget import Budget, Damaged
from trail_diff.read.containers import Document, open_documents
from trail_diff.read.repair.interface import Repair
from trail_diff.read.text import as_utf8, is_binary, pieces

_HEADER = re.compile(r"\A\s{0,80}(?:From |[A-Za-z][A-Za-z-]{0,60}:)[^\n]{0,2000}\n", re.ASCII)
ENCODED = re.compile(r"^Content-Transfer-Encoding:[ \t]*(?:quoted-printable|base64)", re.IGNORECASE | re.MULTILINE)
_HEAD_CHARACTERS = 64 << 10
_SOFT_BREAK = re.compile(r"=[ \t]{0,8}\r?\n")
_ATTACHED_BYTES = 64 << 20
"""How far an attachment may expand before its ratio counts."""
_LOST = b'"eventSource'
"""What stands for text that is lost, and may have told of a call."""
_MAILBOX = re.compile(r"^From \S{1,200} {1,2}\w{3} \w{3} [ \d]\d [^\n]{0,40}\n", re.MULTILINE)
"""What stands before each mail of a mailbox."""
_BASE64_HEAD = re.compile(r"(?:eyJ|ewog|ewo|W3s|H4sI|UEsDB)[\w+/-]{50,}={0,2}\s*(?:$|\n)", re.ASCII)
_BASE64 = re.compile(r"[\w+/\s-]++={0,2}\s*", re.ASCII)
_URL_ALPHABET = str.maketrans("-_", "+/")
_ARMOUR = re.compile(r"^-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----\s*?$|\Adata:[\w.+/;=-]{1,80};base64,", re.MULTILINE)
_QUOTED = re.compile(r"=(?:3D|22|7B|5B|20|09)")


def is_encoded_mail(line: str) -> bool:
    """Check whether a line of a mail's head says that what follows is encoded."""
    return ENCODED.match(line) is not None


def _decode_mail(text: str) -> str | None:
    if not _HEADER.match(text) or not ENCODED.search(text, 0, _HEAD_CHARACTERS):
        return None
    try:
        mails = [message_from_string(mail.lstrip()) for mail in _MAILBOX.split(text) if mail.strip()]
        parts = [part for mail in mails for part in _decode_parts(mail)]
    except (MessageError, ValueError, LookupError, binascii.Error):
        return None
    return "\n".join(parts) or None


def _decode_parts(mail: Message) -> Iterator[str]:
    """Yield the texts of a mail; what is written for a browser only where nothing plain says the same."""
    parts = [part for part in mail.walk() if not part.is_multipart()]
    is_plain = any(part.get_content_type() == "text/plain" for part in parts)
    for part in parts:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and not (is_plain and part.get_content_subtype() == "html"):
            yield from _texts_in(content)


def _texts_in(content: bytes) -> Iterator[str]:
    """Yield the texts in an attachment, which may be packed; of a damaged one, what is before the damage."""
    budget = Budget(_ATTACHED_BYTES)
    budget.take(len(content))
    for document in open_documents("", BytesIO(content), budget):
        if isinstance(document, Document) and not is_binary(document.head):
            yield _read_text(document)
        elif isinstance(document, Skipped) and document.reason is not Reason.EMPTY_FILE:
            yield _LOST.decode()


def _read_text(document: Document) -> str:
    read: list[bytes] = []
    try:
        read.extend(pieces(as_utf8(document.head, document.stream)))
    except Damaged:
        read.append(_LOST)
    return b"".join(read).decode("utf-8", "replace")


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
        data = b"".join(binascii.a2b_base64(text.translate(_URL_ALPHABET) + "==") for text in texts)
    except (binascii.Error, ValueError):
        return None
    return "\n".join(_texts_in(data)) or None


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
