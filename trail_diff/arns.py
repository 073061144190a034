"""Takes ARNs apart. Text that is not an ARN gives None, never an error."""

import re
from collections.abc import Iterable
from functools import lru_cache

_GLOBAL_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_MOST_KNOWN = 10_000
"""How many ARNs are kept as taken apart: each is asked for again with every event."""
_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
)
_KEY_ID = re.compile(r"(?:mrk-)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\Z", re.IGNORECASE)


def arn_region(arn: str | None) -> str | None:
    """Return the Region of an ARN; None for a global one or for text that is none."""
    return _part(arn, 3)


def arn_account(arn: str | None) -> str | None:
    """Return the account of an ARN, when it is one (12 digits)."""
    account = _part(arn, 4)
    return account if account and account.isdigit() and len(account) == 12 else None


def arn_service(arn: str | None) -> str | None:
    """Return the service of an ARN, as `dynamodb`."""
    return _part(arn, 2)


def arn_resource(arn: str | None) -> str | None:
    """Return what follows the account, as `table/orders` or `backup-vault:main`."""
    return _part(arn, 5)


@lru_cache(maxsize=_MOST_KNOWN)
def last_name(arn: str | None) -> str | None:
    """Return the last name of an ARN (`orders` of `table/orders`), or the text itself when it is no ARN."""
    resource = arn_resource(arn)
    if resource is None:
        return arn
    return resource.rsplit(":", 1)[-1].rsplit("/", 1)[-1]


def plain_key(text: str) -> str:
    """Return a key's ARN or id as KMS writes it: without space around it, its hexadecimal digits in lower case."""
    text = text.strip()
    start = text.rfind("/") + 1
    return text[:start] + text[start:].lower() if not is_alias(text) and _KEY_ID.match(text[start:]) else text


def is_key_id(text: str) -> bool:
    """Check whether a text is a key's id, as KMS makes them."""
    return _KEY_ID.match(text) is not None


def is_alias(text: str) -> bool:
    """Check whether a key is named by an alias, or by the ARN of one."""
    return text.startswith("alias/") or (text.startswith("arn:") and ":alias/" in text)


def is_same_alias(one: str, other: str) -> bool:
    """Check whether two aliases may be one; a name without its ARN fits every account and Region."""
    return is_alias(one) and (one == other or one.endswith(f":{other}") or other.endswith(f":{one}"))


def is_replica(one: str | None, other: str | None) -> bool:
    """Check whether two key ARNs are replicas of one multi-Region key: one `mrk-` id in two Regions of one account."""
    name = last_name(one) or ""
    is_same_id = name.startswith("mrk-") and name == last_name(other)
    return is_same_id and arn_account(one) == arn_account(other) and arn_region(one) != arn_region(other)


def places_of_alike(arns: Iterable[str]) -> dict[str, str]:
    """Return the account and Region of each ARN whose last name another one has too, to tell them apart."""
    by_name: dict[str, set[str]] = {}
    for arn in arns:
        by_name.setdefault(last_name(arn) or arn, set()).add(arn)
    alike = (arn for same in by_name.values() if len(same) > 1 for arn in sorted(same))
    return {arn: " ".join(filter(None, (arn_account(arn), arn_region(arn)))) for arn in alike}


def partition_of(region: str | None) -> str:
    """Return the partition a Region belongs to."""
    return next((partition for prefix, partition in _PARTITIONS if (region or "").startswith(prefix)), "aws")


def global_region(region: str | None) -> str:
    """Return the Region that the events of IAM and AWS Organizations are recorded in."""
    return _GLOBAL_REGIONS[partition_of(region)]


@lru_cache(maxsize=_MOST_KNOWN)
def _part(arn: str | None, index: int) -> str | None:
    if not arn or not arn.startswith("arn:"):
        return None
    parts = arn.split(":", 5)
    return parts[index] or None if len(parts) == 6 else None
