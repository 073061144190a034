"""A request made ready for many tests: keys in lower case, each present, absent or unknown."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import lru_cache

from trail_diff.arns import arn_account, arn_resource
from trail_diff.policy.request.interface import Opaque, PrincipalKind, Request, State, Value

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
_PLAIN = (str, Opaque)
_SERVICE_LINKED_PATH = "role/aws-service-role/"
_SERVICE_LINKED_NAME = "AWSServiceRoleFor"


class RequestView:
    """What tests ask of a request.

    `identity` is what the caller is, whichever its session; `has_boundary` is None when that is not known.
    """

    __slots__ = (
        "_context",
        "_default",
        "_named",
        "_prefixes",
        "action",
        "has_boundary",
        "identity",
        "key_account",
        "principal",
        "request",
        "resource",
        "role",
        "role_arn",
    )

    def __init__(self, request: Request, *, has_boundary: bool | None = False) -> None:
        self.request = request
        self.has_boundary = has_boundary
        self.principal = request.principal
        self.action = request.action.lower()
        self.resource = request.resource
        self.key_account = request.resource_account or _account_of(request.resource)
        self._default = State.ABSENT if request.default_absent else State.UNKNOWN
        self._context = _lowered(request.context)
        self._named, self._prefixes, overruled = _rules_of(request.absent, request.unknown)
        for key in overruled:
            self._context.pop(key, None)
        self.role = role_name(self.principal.name)
        self.role_arn = self._find_role_arn()
        name = "" if self.role else self.principal.name
        self.identity: Hashable = (self.principal.kind, name, self.principal.account, self.role, self.role_arn)

    def value_of(self, key: str) -> Value | State:
        """Return what the request has for a key (in lower case)."""
        value = self._context.get(key)
        if value is not None:
            return value
        state = self._named.get(key)
        if state is None:
            state = next((state for prefix, state in self._prefixes if key.startswith(prefix)), self._default)
        # Many statements test the same key: what it was found to be is kept.
        self._context[key] = state
        return state

    def is_unknown(self, key: str) -> bool:
        """Check whether it is unknown what the request has for a key (in lower case)."""
        return self.value_of(key) is State.UNKNOWN

    def is_service_linked_role(self) -> bool | None:
        """Check whether the caller is a service-linked role; None when its name suggests it, its path being unknown."""
        if not self.role:
            return None if self.principal.kind is PrincipalKind.UNKNOWN else False
        if self.role_arn is not None:
            return (arn_resource(self.role_arn) or "").startswith(_SERVICE_LINKED_PATH)
        return None if self.role.startswith(_SERVICE_LINKED_NAME) else False

    def _find_role_arn(self) -> str | None:
        """Find the role's ARN: `aws:PrincipalArn` has the path that a session ARN lacks."""
        principal = self.principal
        if principal.role_arn or principal.kind is not PrincipalKind.ROLE_SESSION:
            return principal.role_arn
        arn = self._context.get("aws:principalarn")
        if not isinstance(arn, str):
            return None
        is_role = ":role/" in arn and arn.rpartition("/")[2] == self.role and arn_account(arn) == principal.account
        return arn if is_role else None


@lru_cache(maxsize=256)
def service_family(name: str) -> str:
    """Return what a service's global and regional names have in common."""
    labels = name.lower().removesuffix(".cn").split(".")
    return ".".join(label for label in labels if not _REGION.fullmatch(label))


@lru_cache(maxsize=256)
def _rules_of(
    absent: frozenset[str], unknown: frozenset[str]
) -> tuple[Mapping[str, State], Sequence[tuple[str, State]], Sequence[str]]:
    """Return the states of whole names and of prefixes (longest first), and the names that overrule the context."""
    named: dict[str, State] = {}
    prefixes: dict[str, State] = {}
    for names, state in ((absent, State.ABSENT), (unknown, State.UNKNOWN)):
        for name in names:
            key = name.lower()
            (prefixes if key.endswith(("/", ":")) else named)[key] = state
    overruled = [key for key, state in named.items() if state is State.UNKNOWN]
    return named, sorted(prefixes.items(), key=lambda item: -len(item[0])), overruled


@lru_cache(maxsize=256)
def _account_of(arn: str) -> str | None:
    return arn_account(arn)


def role_name(arn: str) -> str:
    """Return the role's name out of the ARN of a role or of its session; empty when it is neither."""
    kind, _, rest = (arn_resource(arn) or "").partition("/")
    if kind == "role":
        return rest.rpartition("/")[2]
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def _lowered(context: Mapping[str, Value]) -> dict[str, Value | State]:
    """Lower the keys. Of keys that only differ in letter case, and that disagree, it is unknown which one AWS takes."""
    lowered: dict[str, Value | State] = {name.lower(): value for name, value in context.items()}
    if len(lowered) == len(context) and all(type(value) in _PLAIN for value in context.values()):
        return lowered
    lowered = {}
    for name, value in context.items():
        key = name.lower()
        normal = value if type(value) in _PLAIN else _normal(value)
        if normal is not None:
            lowered[key] = State.UNKNOWN if key in lowered and lowered[key] != normal else normal
    return lowered


def _normal(value: object) -> Value | State | None:
    match value:
        case str() | Opaque() | None:
            return value
        case list() | tuple() | set() | frozenset():
            return _members(value)
        case _:
            text = scalar_text(value)
            return State.UNKNOWN if text is None else text


def _members(values: Iterable[object]) -> Value | State:
    """Return the values of a list; one that is opaque, or no value at all, makes the whole so."""
    listed = list(values)
    if any(isinstance(value, Opaque) for value in listed):
        return Opaque.SERVICE_VALUE
    texts = tuple(text for value in listed if (text := scalar_text(value)) is not None)
    return texts if len(texts) == len(listed) else State.UNKNOWN


def scalar_text(value: object) -> str | None:
    """Return a JSON scalar as the text it is compared as; None for what has no certain text."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            try:
                return str(value)
            except ValueError:  # more digits than Python is willing to print
                return None
        case float():
            text = repr(value)
            return None if text.strip("-0123456789.") else text
        case _:
            return None
