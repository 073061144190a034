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

from msgspec import Struct

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_NUMBER_LIKE = re.compile(r"\s*[+-]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_DATE_LIKE = re.compile(r"\s*[+-]?[0-9]{1,8}[-/.TtWwZz:+\s0-9]*")
_EPOCH_SECONDS = re.compile(r"[0-9]{5,}")
_PREFIX_LENGTH = re.compile(r"[0-9]{1,3}")
_START = datetime(1970, 1, 1)  # noqa: DTZ001  (offsets are taken off first, so that no date overflows)
_FURTHEST_ZONE = Decimal(14 * 3600)
_DAY = Decimal(24 * 3600)
_LONGEST = 4096


class Doubt(Enum):
    """Stands for a value in a form that AWS does not document."""

    DOUBTFUL = "doubtful"


DOUBTFUL = Doubt.DOUBTFUL


class Moment(Struct, frozen=True):
    """A date, in seconds since 1970; `first` and `last` differ where its offset, or its time of day, is left open."""

    first: Decimal
    last: Decimal

    def meets(self, other: "Moment") -> bool:
        """Check whether it is open which of two dates is the earlier one."""
        are_exact = self.first == self.last and other.first == other.last
        return not are_exact and self.first <= other.last and other.first <= self.last


class Network(Struct, frozen=True):
    """A range of IP addresses, as numbers."""

    version: int
    first: int
    last: int


def read_number(text: str) -> Decimal | Doubt | None:
    """Read an integer or a decimal fraction."""
    if len(text) <= _LONGEST and _NUMBER.fullmatch(text):
        return Decimal(text)
    return DOUBTFUL if len(text) > _LONGEST or _NUMBER_LIKE.fullmatch(text) else None


def read_date(text: str) -> Moment | Doubt | None:
    """Read an ISO 8601 date, or seconds since 1970. Without an offset, or a time of day, it is a span."""
    if len(text) > _LONGEST:
        return DOUBTFUL
    if _EPOCH_SECONDS.fullmatch(text):
        return Moment(Decimal(text), Decimal(text))
    parts = _DATE.fullmatch(text)
    if parts is None:
        return DOUBTFUL if _DATE_LIKE.fullmatch(text) else None
    day, time, seconds, offset = parts.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{seconds or ':00'}{offset or 'Z'}")
    except ValueError:
        return DOUBTFUL
    elapsed = moment.replace(tzinfo=None) - _START - (moment.utcoffset() or timedelta())
    start = Decimal(elapsed // timedelta(microseconds=1)) / 1_000_000
    if offset is not None:
        return Moment(start, start)
    return Moment(start - _FURTHEST_ZONE, start + _FURTHEST_ZONE + (0 if time else _DAY))


def read_network(text: str) -> Network | Doubt | None:
    """Read an address, or a range of them in CIDR notation."""
    address, slash, length = text.partition("/")
    if slash and not _PREFIX_LENGTH.fullmatch(length):
        return DOUBTFUL
    try:
        network = ipaddress.ip_network(text, strict=False)
        has_host_bits = network.network_address != ipaddress.ip_address(address) and bool(slash)
    except ValueError:
        return DOUBTFUL if ":" in text and "." in text else None
    is_mapped = isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped is not None
    if has_host_bits or is_mapped or "%" in text:
        return DOUBTFUL
    return Network(network.version, int(network.network_address), int(network.broadcast_address))


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
    """Check whether an address lies in a network; one of the other IP version never does."""
    return address.version == network.version and network.first <= address.first and address.last <= network.last
