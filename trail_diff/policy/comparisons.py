"""Reads the values that operators compare: numbers, dates, addresses, booleans, binary data.

Each reader gives the value, DOUBTFUL for a form that AWS does not document, or None for what is no such value at all.
"""

import base64
import binascii
import ipaddress
import re
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NUMBER_LIKE = re.compile(r"\s*[+-]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DATE_LIKE = re.compile(r"\s*[+-]?[0-9]{1,8}(?:[-/.TtWwZz:+ 0-9]*)\s*")
_EPOCH_SECONDS = re.compile(r"[0-9]{5,}")
_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")
_START = datetime(1970, 1, 1)  # noqa: DTZ001  (offsets are taken off first, so that no date overflows)
_LONGEST = 4096


class Doubt(Enum):
    """Stands for a value in a form that AWS does not document."""

    DOUBTFUL = "doubtful"


DOUBTFUL = Doubt.DOUBTFUL


def read_number(text: str) -> Decimal | Doubt | None:
    """Read an integer or a decimal fraction."""
    if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        return Decimal(text)
    return DOUBTFUL if len(text) > _LONGEST or _NUMBER_LIKE.fullmatch(text) else None


@lru_cache(maxsize=1024)
def read_date(text: str) -> Decimal | Doubt | None:
    """Read an ISO 8601 date with its time and offset, or seconds since 1970; give seconds since 1970."""
    if len(text) > _LONGEST:
        return DOUBTFUL
    if _EPOCH_SECONDS.fullmatch(text):
        return Decimal(text)
    if not _DATE.fullmatch(text):
        return DOUBTFUL if _DATE_LIKE.fullmatch(text) else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return DOUBTFUL
    offset = moment.utcoffset() or timedelta()
    elapsed = moment.replace(tzinfo=None) - _START - offset
    return Decimal(elapsed // timedelta(microseconds=1)) / 1_000_000


@lru_cache(maxsize=1024)
def read_network(text: str) -> Network | Doubt | None:
    """Read an address, or a range of them in CIDR notation."""
    address, slash, length = text.partition("/")
    if slash and not _PREFIX_LENGTH.fullmatch(length):
        return DOUBTFUL
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return DOUBTFUL if ":" in text and "." in text else None
    has_host_bits = slash and str(network.network_address) != str(ipaddress.ip_address(address))
    is_odd = isinstance(network, ipaddress.IPv6Network) and (
        network.network_address.ipv4_mapped is not None or "%" in text
    )
    return DOUBTFUL if has_host_bits or is_odd else network


def read_boolean(text: str) -> bool | Doubt | None:
    """Read `true` or `false`; in other letter case it is doubtful."""
    if text == "true":
        return True
    return False if text == "false" else DOUBTFUL


def read_binary(text: str) -> bytes | Doubt | None:
    """Read base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def is_inside(address: Network, network: Network) -> bool:
    """Tell whether an address lies in a network; one of the other IP version never does."""
    match address, network:
        case ipaddress.IPv4Network(), ipaddress.IPv4Network():
            return address.subnet_of(network)
        case ipaddress.IPv6Network(), ipaddress.IPv6Network():
            return address.subnet_of(network)
        case _:
            return False
