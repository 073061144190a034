"""Tells which values of a policy can only be a customer's, so that no value of AWS's own ever equals one.

The evidence is in the value: a whole account id between colons, the unique id of a user or a role, a network of the
size that a customer has. It fails where a policy lists an account, or a network, of AWS's own.
"""

import re

from trail_diff.policy.elements.arn_patterns import arn_parts
from trail_diff.policy.elements.comparisons import Network, is_inside, read_network

_ACCOUNT = re.compile(r"(?:\A|:)[0-9]{12}(?::|\Z)")
_UNIQUE_ID = re.compile(r"\A(?:AIDA|AROA|AGPA|AIPA|ANPA)[A-Z0-9]{12,}(?:\Z|:)")
_USER_ID = "aws:userid"
_BLOCKS_OF_AWS = frozenset((3, 13, 15, 16, 18, 34, 35, 43, 44, 50, 51, 52, 54, 56, 57, 98, 99, 100, 107, 108))
"""First numbers of AWS's largest networks (AWS, "AWS IP address ranges"); customers rent small parts of them."""
_SHORTEST_V4, _SHORTEST_IN_BLOCK, _SHORTEST_V6 = 16, 24, 48
_PRIVATE = tuple(
    network
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    if isinstance(network := read_network(text), Network)
)


def is_the_customers(key: str, text: str) -> bool:
    """Check whether a value, or pattern, of a key (in lower case) fits nothing but what is a customer's."""
    if key == _USER_ID and _UNIQUE_ID.search(text):
        return True
    return _ACCOUNT.search(text) is not None


def is_elsewhere(text: str, account: str) -> bool:
    """Check whether a value, or pattern, fits no ARN of an account: it names another one, or no service at all."""
    parts = arn_parts(text)
    if parts is None:
        return False
    return not parts[2] or (parts[4].isdigit() and parts[4] != account)


def is_customers_network(text: str) -> bool:
    """Check whether a range of addresses has none of AWS's own: it is private, or too small for a network of AWS."""
    network = read_network(text)
    if not isinstance(network, Network):
        return False
    if any(is_inside(network, private) for private in _PRIVATE):
        return True
    bits = 128 if network.version == 6 else 32
    length = bits - (network.last - network.first).bit_length()
    if network.version == 6:
        return length >= _SHORTEST_V6
    return length >= (_SHORTEST_IN_BLOCK if network.first >> 24 in _BLOCKS_OF_AWS else _SHORTEST_V4)
