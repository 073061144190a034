"""Records of an incident once more as those of another job: elsewhere, or beside it, with keys and ids of their own."""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KMS = "kms.amazonaws.com"
DOUBLES: dict[str, dict[str, str]] = {
    "region": {"eu-west-1": "ap-southeast-2", "us-east-1": "ca-central-1"},
    "account": {"111122223333": "777788889999", "444455556666": "888899990000"},
    "beside": {"prod-vault": "dev-vault", "orders": "invoices"},
    "on-the-key": {"orders": "invoices"},
}
"""What is replaced: another Region, another account, another vault and table of the same ones, or a table on the same
key; the role stays."""


def double(records: Sequence[Any], where: str) -> list[Any]:
    """Return the records as those of another job, whose keys, jobs and events have other ids."""
    kept = _ID.findall(json.dumps([record.get("resources") for record in records])) if where == "on-the-key" else ()
    told = [record for record in records if not kept or "resources" in record or record["eventSource"] != _KMS]
    text = _ID.sub(lambda found: found[0] if found[0] in kept else _renew(where + found[0].lower()), json.dumps(told))
    for old, new in DOUBLES[where].items():
        text = text.replace(old, new)
    doubled: list[Any] = json.loads(text)
    return doubled


def without_contexts(records: Sequence[Any]) -> list[Any]:
    """Return the records without encryption contexts, as an export of a few columns has them."""
    stripped: list[Any] = json.loads(json.dumps(records))
    for record in stripped:
        (record.get("requestParameters") or {}).pop("encryptionContext", None)
    return stripped


def passed_on(records: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return the records without KMS's own of failed calls, and records of EC2 that pass on what KMS answered then."""
    failed = [one for one in records if one["eventSource"] == _KMS and "kms:" in str(one.get("errorMessage"))]
    other = {"eventSource": "ec2.amazonaws.com", "eventName": "CreateVolume", "requestParameters": {"size": 1}}
    told = [{**one, **other, "readOnly": False, "eventID": _renew(one["eventID"])} for one in failed]
    for one in told:
        one.pop("resources", None)
    return [one for one in records if one not in failed], told


def without_parameters(records: Sequence[Any]) -> list[Any]:
    """Return the records without what calls asked for, as an export of fewer columns has them."""
    stripped: list[Any] = json.loads(json.dumps(records))
    for record in stripped:
        if record["eventSource"] == _KMS and record["readOnly"] and record.get("resources"):
            record.pop("requestParameters", None)
    return stripped


def mix(*parts: Sequence[Any]) -> bytes:
    """Return records of several jobs as one export, in order of time."""
    records = [record for part in parts for record in part]
    return "\n".join(json.dumps(record) for record in sorted(records, key=lambda one: str(one["eventTime"]))).encode()


def _renew(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
