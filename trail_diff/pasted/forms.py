"""What a pasted text is by its form alone: an id, an ARN, an account, a file. Nothing is read."""

import re
from typing import Literal, NamedTuple

Kind = Literal[
    "id",
    "job",
    "key",
    "recovery-point",
    "vault",
    "role",
    "resource",
    "account",
    "file",
    "json",
    "event-data-store",
    "log-group",
    "bucket",
    "other",
]

_UUID = re.compile(
    r"(?<![0-9a-z])(?:mrk-)?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])"
    r"|(?<![0-9a-z])mrk-[0-9a-f]{32}(?![0-9a-z])",
    re.IGNORECASE,
)
_AROUND = " \t\r\n'\"`“”\u2018\u2019«»<>()[]{},;"
_INDEXED = re.compile(r"[a-z].*[\w\]]\[(?:\d+|\"[^\"]*\")\]\Z", re.IGNORECASE)
"""The address of one of several instances in a plan: its last bracket is its own."""

_JOB_PLACE = re.compile(r"job", re.IGNORECASE)
_KEY_PLACE = re.compile(r"kms|\bkey/|\bkeys/|alias/|^mrk-", re.IGNORECASE)
_FILE = re.compile(r"^(?:[a-z]:)?[\\/~.]|[\\/]|\.(?:json|gz|zip|csv|html?|png|pdf|txt)$", re.IGNORECASE)
_ORGANIZATION = re.compile(r"(?<![\w-])o-[a-z0-9]{10,32}(?![\w-])")
_POINT = re.compile(r"recovery-point|snapshot[:/]|image/|backup/|cluster-snapshot:|.*/backup/")
_SERVICE_KINDS: dict[tuple[str, str], Kind] = {
    ("backup", "backup-vault"): "vault",
    ("iam", "role"): "role",
    ("sts", "assumed-role"): "role",
    ("cloudtrail", "eventdatastore"): "event-data-store",
    ("logs", "log-group"): "log-group",
}


class Pasted(NamedTuple):
    """What a text is, and the id or name in it."""

    kind: Kind
    value: str


def recognize(text: str) -> Pasted:
    """Return what a pasted text is, by its form alone."""
    if text.lstrip()[:1] in {"{", "["} and ":" in text:
        return Pasted("json", text)
    plain = _join_lines(text.strip(_AROUND).rstrip(_AROUND + "."))
    if plain.startswith("arn:"):
        return _recognize_arn(plain)
    if re.fullmatch(r"\d{4}-?\d{4}-?\d{4}", plain):
        return Pasted("account", plain.replace("-", ""))
    found = _UUID.search(plain)
    return _recognize_id(plain, found[0]) if found else Pasted(_kind_of_name(plain), plain)


def _recognize_id(plain: str, found: str) -> Pasted:
    """Return what an id is by what stands around it; a path may have one as the name of a folder."""
    if _KEY_PLACE.search(plain):
        return Pasted("key", found)
    if found == plain:
        return Pasted("id", plain)
    is_job = _JOB_PLACE.search(plain) or not _FILE.search(plain)
    return Pasted("job", found) if is_job else Pasted("file", plain)


def _kind_of_name(plain: str) -> Kind:
    if _KEY_PLACE.search(plain):
        return "key"
    return "file" if _FILE.search(plain) else "other"


def find_job_id(text: str) -> str:
    """Return the job id in a text: without quotes, spaces and line breaks, out of an ARN, an address or a sentence."""
    seen = recognize(text)
    return seen.value if seen.kind in {"id", "job"} else _join_lines(text.strip(_AROUND)) or text


def find_key(text: str) -> str:
    """Return the key in a text: without quotes, spaces and line breaks, out of an address of the console."""
    if _INDEXED.match(text.strip()):
        return text.strip()
    seen = recognize(text)
    return seen.value if seen.kind in {"id", "key"} else text.strip(_AROUND) or text


def find_account(text: str) -> str | None:
    """Return the account in a text, without the dashes that the console shows; None where there is none."""
    seen = recognize(text)
    return seen.value if seen.kind == "account" else None


def find_organization(text: str) -> str | None:
    """Return the id of an organization in a text, its ARN for instance; None where there is none."""
    found = _ORGANIZATION.search(text)
    return found[0] if found else None


def _join_lines(text: str) -> str:
    """Return an id or ARN that a terminal or a mail has wrapped as one line; other text as it is."""
    lines = text.split()
    joined = "".join(lines)
    is_one = "\n" in text and (joined.startswith("arn:") or _UUID.fullmatch(joined) is not None)
    return joined if is_one else text


def _recognize_arn(arn: str) -> Pasted:
    service, resource = [*arn.split(":", 5), "", "", ""][2], arn.split(":", 5)[-1]
    found = _UUID.search(resource)
    if service == "kms":
        return Pasted("key", arn)
    if service == "s3":
        return Pasted("bucket", f"s3://{resource}")
    if found and _JOB_PLACE.search(resource.partition(found[0])[0]):
        return Pasted("job", found[0])
    kind = _SERVICE_KINDS.get((service, re.split(r"[:/]", resource, maxsplit=1)[0]))
    if kind is not None:
        return Pasted(kind, resource.split(":")[1] if kind == "log-group" else arn)
    return Pasted("recovery-point" if _POINT.match(resource) else "resource", arn)
