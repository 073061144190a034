"""What shows by its form what it is: ARNs, addresses, accounts, ids; and which parts of an ARN are names."""

import re
from collections.abc import Iterator

from trail_diff.redaction import vocabulary as words

_ARN = r"arn:(?:aws[\w-]*|\*|\$\{AWS::Partition\}):[\w*-]*:[\w*-]*:(?:[\w*?-]*|\$\{[\w:]+\}):[^\s\"'<>;|\\]+"
_IPV4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UNIQUE = r"(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{8,}"
_RESOURCE = r"[a-z][a-z0-9]{0,15}(?:-[a-z]{2,15}){0,2}-(?:[0-9a-f]{17}|[0-9a-f]{32}|[0-9a-f]{8})"
PATTERNS = re.compile(
    rf"(?P<arn>{_ARN})"
    r"|(?P<mail>(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    rf"|(?P<address>(?<![\w.]){_IPV4}(?:/\d{{1,2}})?(?![\w.]*\w)"
    r"|(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F]*:)[0-9a-fA-F:]{2,39}(?:[0-9.]{7,15})?(?:/\d{1,3})?(?![\w:]))"
    rf"|(?P<uuid>(?<![0-9a-zA-Z]){_UUID}(?![0-9a-zA-Z]))"
    rf"|(?P<unique>(?<![0-9a-zA-Z]){_UNIQUE})"
    r"|(?P<account>(?<![0-9a-zA-Z.])(?:\d{12}|\d{4}-\d{4}-\d{4})(?![0-9a-zA-Z]))"
    r"|(?P<id>(?<![\w-])(?:db|cluster|cks)-[0-9a-zA-Z]{8,40}(?!\w)"
    rf"|(?<![\w-]){_RESOURCE}(?!\w)"
    r"|(?<![\w-])(?:o-[0-9a-z]{10,32}|r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})(?![\w-]))"
    r"|(?P<encoded>(?<![\w+/=-])[A-Za-z0-9_+/-]{80,}={0,2}(?![\w+/=-]))"
)
"""What shows by its form what it is; `encoded` is what only the account can decode, such as authorization messages."""
WHOLE = re.compile(rf"(?P<address>{_IPV4})|(?P<unique>{_UNIQUE})|(?P<id>{_RESOURCE})").fullmatch
"""The same for a whole text that is nothing else: the forms that come the most often, each time with another value."""
VARIABLE = r"\$\{[^}$]*\}"
"""A variable of a policy or a template; up to the next dollar, so that many that are open take no longer than one."""
ARN_PARTS = re.compile(rf"\A(arn:(?:{VARIABLE}|[^:])*+:[^:]*:[^:]*:)({VARIABLE}|[^:]*):(.*)\Z", re.DOTALL)
RESOURCE_PARTS = re.compile(rf"(aws:ec2-infrastructure|{VARIABLE}|[/:])")
_RESOURCE_TYPE = re.compile(r"\A[a-z][a-z-]*\Z")
_NO_TYPE = frozenset({"s3", "sns", "sqs"})
_KEPT_PARTS = frozenset({"service-role", "aws-service-role", "aws-reserved", "aws:ec2-infrastructure", "*"})
_DYNAMODB_PARTS = frozenset({"backup", "index", "stream", "export"})


def trim_arn(arn: str) -> str:
    """Take the punctuation of the sentence off the end of an ARN that was found in it."""
    return arn.rstrip(".,:)]}")


def resource_parts(service: str, resource: str) -> Iterator[tuple[str, bool]]:
    """Split an ARN's resource at its slashes and colons, and say of each part whether it is a name."""
    if resource.startswith("alias/aws/") or "/AWSServiceRoleFor" in resource:
        yield resource, False
        return
    parts = RESOURCE_PARTS.split(resource)
    for index, part in enumerate(parts):
        is_type = index == 0 and len(parts) > 1 and service not in _NO_TYPE and bool(_RESOURCE_TYPE.match(part))
        is_kept = part in _KEPT_PARTS or (service == "dynamodb" and part in _DYNAMODB_PARTS and index == 4)
        yield (
            part,
            not (is_type or is_kept or part in ("", "/", ":") or words.is_service(part) or part.startswith("${")),
        )
