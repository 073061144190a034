"""Tells by its form alone what a pasted text is: an id, an ARN, an account, a page, a file. Nothing is read."""

import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from trail_diff.pasted.plain import plain_text

Kind = Literal[
    "id",
    "job",
    "key",
    "recovery-point",
    "vault",
    "role",
    "resource",
    "account",
    "region",
    "event",
    "message",
    "page",
    "file",
    "json",
    "event-data-store",
    "log-group",
    "bucket",
    "trail",
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
_KEY_PLACE = re.compile(r"/kms/|\bkeys?[/:= ]|keyid|\bmrk-", re.IGNORECASE)
_KEY_NAME = re.compile(r"(?:key|alias)/\S+|mrk-\S+", re.IGNORECASE)
_FILE = re.compile(r"^(?:[a-z]:)?[\\/~.]|[\\/]|\.(?:json|gz|zip|csv|html?|png|pdf|txt)$", re.IGNORECASE)
_REGION = re.compile(r"(?<![a-z0-9-])(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]{2,})+-\d(?=[a-z]?(?![a-z0-9-]))")
_ACCOUNT = re.compile(r"(?<![\w-])\d{4}([- ]?)\d{4}\1\d{4}(?![\w-])")
_WORDS_OF_A_SENTENCE = 4
_ORGANIZATION = re.compile(r"(?<![\w-])o-[a-z0-9]{10,32}(?![\w-])")
_POINT = re.compile(r"recovery-point|snapshot[:/]|image/|backup/|cluster-snapshot:|.*/backup/")
_SERVICE_KINDS: dict[tuple[str, str], Kind] = {
    ("backup", "backup-vault"): "vault",
    ("iam", "role"): "role",
    ("sts", "assumed-role"): "role",
    ("cloudtrail", "eventdatastore"): "event-data-store",
    ("cloudtrail", "trail"): "trail",
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
    plain = _join_lines(plain_text(text).strip(_AROUND).rstrip(_AROUND + "."))
    if plain.startswith("arn:"):
        return _recognize_arn(plain)
    if _ACCOUNT.fullmatch(plain):
        return Pasted("account", re.sub(r"\D", "", plain))
    found = _find_id(plain)
    if plain.startswith(("https://", "http://")):
        return _recognize_page(plain, found)
    return _recognize_id(plain, found) if found else Pasted(_kind_of_name(plain), plain)


def _find_id(plain: str) -> str | None:
    """Return the id in a text; of several, as a mail about a job has, the one that is called a job's."""
    found = list(_UUID.finditer(plain))
    ends = [0, *(one.end() for one in found)]
    named = [one[0] for one, end in zip(found, ends, strict=False) if _JOB_PLACE.search(plain[end : one.start()])]
    return next(iter([*named, *(one[0] for one in found)]), None)


def _recognize_id(plain: str, found: str) -> Pasted:
    """Return what an id is by what stands around it; a path may have one as the name of a folder."""
    if _KEY_NAME.fullmatch(plain) or (_KEY_PLACE.search(plain) and not _JOB_PLACE.search(plain)):
        return Pasted("key", found)
    if found == plain:
        return Pasted("id", plain)
    is_job = _JOB_PLACE.search(plain) or not _FILE.search(plain)
    return Pasted("job", found) if is_job else Pasted("file", plain)


def _recognize_page(address: str, found: str | None) -> Pasted:
    """Return what an address is of: a page of AWS's console about a job, key, vault …, or an object in S3."""
    page, inner = urlsplit(address), urlsplit(urlsplit(address).fragment)
    host, path = page.netloc.lower(), f"{page.path}{inner.path}"
    if "/kms/" in path and found:
        return Pasted("key", found)
    if "/events/" in path and "cloudtrail" in path:
        return Pasted("event", path.rpartition("/")[2])
    if found and _JOB_PLACE.search(path):
        return Pasted("job", found)
    if "/backupvaults/details/" in path:
        return Pasted("vault", unquote(path.rpartition("/")[2]))
    if "log-group/" in path:
        name = path.partition("log-group/")[2].partition("/")[0]
        return Pasted("log-group", unquote(unquote(name.replace("$", "%"))))
    place = _find_place_in_s3(host, page.path, page.query)
    return Pasted("bucket", f"s3://{place}") if place else Pasted("page", address)


def _find_place_in_s3(host: str, path: str, query: str) -> str | None:
    """Return bucket and prefix of an address: a page of the console about them, or what S3 itself calls an object."""
    bucket, is_own, rest = host.partition(".s3")
    if is_own and rest.endswith(".amazonaws.com"):
        return f"{bucket}{unquote(path)}"
    if host.startswith("s3") and host.endswith(".amazonaws.com") and "console" not in host:
        return unquote(path).strip("/") or None
    _, is_page, name = path.partition("/s3/buckets/")
    return f"{name.strip('/')}/{''.join(parse_qs(query).get('prefix', []))}" if is_page and name else None


def _kind_of_name(plain: str) -> Kind:
    if _KEY_NAME.fullmatch(plain):
        return "key"
    if _FILE.search(plain):
        return "file"
    if _REGION.fullmatch(plain):
        return "region"
    return "message" if len(plain.split()) >= _WORDS_OF_A_SENTENCE else "other"


def find_job_id(text: str) -> str:
    """Return the job id in a text: without quotes, spaces and line breaks, out of an ARN, an address or a sentence."""
    seen = recognize(text)
    return seen.value if seen.kind in {"id", "job"} else _join_lines(plain_text(text).strip(_AROUND)) or text


def find_key(text: str) -> str:
    """Return the key in a text: without quotes, spaces and line breaks, out of an address of the console."""
    if _INDEXED.match(text.strip()):
        return text.strip()
    seen = recognize(text)
    return seen.value if seen.kind in {"id", "key"} else plain_text(text).strip(_AROUND) or text


def find_account(text: str) -> str | None:
    """Return the account in a text, an ARN or address for instance, without dashes; None for none, or several."""
    found = {re.sub(r"\D", "", one[0]) for one in _ACCOUNT.finditer(plain_text(text))}
    return found.pop() if len(found) == 1 else None


def find_region(text: str) -> str:
    """Return the Region in a text, an address or zone for instance; the text itself where there is none, or several."""
    found = set(_REGION.findall(text.lower().replace("_", "-")))
    return found.pop() if len(found) == 1 else text


def find_organization(text: str) -> str | None:
    """Return the id of an organization in a text, its ARN for instance; None where there is none."""
    found = _ORGANIZATION.search(plain_text(text).lower())
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
