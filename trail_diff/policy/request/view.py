"""A request prepared for many tests: keys in lower case, each with what it is or can be."""

import re
from collections.abc import Hashable, Iterable, Mapping
from functools import lru_cache

from trail_diff.arns import arn_account, arn_resource
from trail_diff.model.codes import Grade
from trail_diff.policy.request.domains import ABSENT, ANYTHING, Domain, Member, Value
from trail_diff.policy.request.interface import PrincipalKind, Request

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
_SERVICE_LINKED_PATH = "role/aws-service-role/"
_SERVICE_LINKED_NAME = "AWSServiceRoleFor"


class RequestView:
    """What tests ask of a request.

    `identity` is what the caller is, whichever its session; `has_boundary` is None when that is not known.
    """

    __slots__ = (
        "_context",
        "_grades",
        "_otherwise",
        "_prefixes",
        "_usual",
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
        self._otherwise, self._usual = request.otherwise, request.usual
        self._context, self._grades, self._prefixes = _read(request.context)
        self.role = role_name(self.principal.name)
        self.role_arn = self._find_role_arn()
        name = "" if self.role else self.principal.name
        self.identity: Hashable = (self.principal.kind, name, self.principal.account, self.role, self.role_arn)

    def value_of(self, key: str) -> Member | Domain:
        """Return what the request has for a key (in lower case); a domain where that is one of several."""
        value = self._context.get(key)
        if value is not None:
            return value
        domain = self._find_domain(key)
        # Many statements test the same key: what it was found to be is kept.
        value = self._context[key] = _single(domain)
        if domain.grade != "recorded":
            self._grades[key] = domain.grade
        return value

    def _find_domain(self, key: str) -> Domain:
        for prefix, domain in self._prefixes:
            if key.startswith(prefix):
                return domain
        found = self._usual.names.get(key)
        if found is not None:
            return found
        return next((domain for prefix, domain in self._usual.prefixes if key.startswith(prefix)), self._otherwise)

    def grade_of(self, key: str) -> Grade:
        """Return the grade of what `value_of` returns for a key (in lower case)."""
        self.value_of(key)
        return self._grades.get(key, "recorded")

    def is_open(self, key: str) -> bool:
        """Check whether it is open what the request has for a key (in lower case)."""
        value = self.value_of(key)
        return value is not ABSENT and not isinstance(value, str | tuple)

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


def service_region(name: str) -> str | None:
    """Return the Region in a service's regional name."""
    return next((label for label in name.lower().split(".") if _REGION.fullmatch(label)), None)


@lru_cache(maxsize=256)
def _account_of(arn: str) -> str | None:
    return arn_account(arn)


def role_name(arn: str) -> str:
    """Return the role's name out of the ARN of a role or of its session; empty when it is neither."""
    kind, _, rest = (arn_resource(arn) or "").partition("/")
    if kind == "role":
        return rest.rpartition("/")[2]
    return rest.partition("/")[0] if kind == "assumed-role" else ""


_Read = tuple[dict[str, Member | Domain], dict[str, Grade], list[tuple[str, Domain]]]


def _read(context: Mapping[str, Value | Domain]) -> _Read:
    """Lower the keys. Of keys that only differ in letter case, and that disagree, it is unknown which one AWS takes."""
    lowered: dict[str, Member | Domain] = {}
    grades: dict[str, Grade] = {}
    prefixes: dict[str, Domain] = {}
    for name, value in context.items():
        key = name.lower()
        if isinstance(value, Domain):
            if key.endswith(("/", ":")):
                prefixes[key] = value
                continue
            if value.grade != "recorded":
                grades[key] = value.grade
        normal = _normal(value)
        if normal is not None:
            lowered[key] = ANYTHING if key in lowered and lowered[key] != normal else normal
    return lowered, grades, sorted(prefixes.items(), key=lambda item: -len(item[0]))


def _single(domain: Domain) -> Member | Domain:
    return domain.members[0] if len(domain.members) == 1 else domain


def _normal(value: object) -> Member | Domain | None:
    match value:
        case str() | None:
            return value
        case Domain():
            return _single(value)
        case list() | tuple() | set() | frozenset():
            return _members(value)
        case _:
            text = scalar_text(value)
            return ANYTHING if text is None else text


def _members(values: Iterable[object]) -> Member:
    """Return the values of a list; one that is no value at all makes the whole unknown."""
    listed = list(values)
    texts = tuple(text for value in listed if (text := scalar_text(value)) is not None)
    return texts if len(texts) == len(listed) else ANYTHING


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
