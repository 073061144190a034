"""Consistent pseudonyms in whatever holds records, jobs, policies or grants, so that a case can be shared.

Two rounds: `learn` collects the names that a document tells (accounts, roles, users, sessions, vaults, tables, buckets,
keys, encryption contexts …), then `redact` replaces each wherever it stands: in fields, ARNs, messages, policies, JSON
in strings. Words that AWS itself uses (services, actions, error codes, Regions) stay. A name that is also such a word
(a vault called `backup`) is replaced where its field or ARN says what it is, and left alone in running text.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trail_diff.pseudonyms import Pseudonyms

_NAME_FIELDS = frozenset(
    """
    accesskeyid accountid aliasname backupplanname backupvaultname bucketname dbclusteridentifier
    dbinstanceidentifier destinationbackupvaultname destinationkeyid displayname filesystemid functionname
    granteeprincipal groupname instanceid instanceprofilename issuingaccount keyid loggroupname
    logicallyairgappedbackupvaultname mfaserialnumber owner ownerid policyname principalid
    recipientaccountid resourcename retiringprincipal rolename rolesessionname secretid secretname
    sessionname snapshotid sourceaccount sourcebackupvaultname sourceidentity sourcekeyid
    sourceregiontablename subscriberid tablename targetkeyid tagkey tagvalue trailname username account
    volumeid vpcendpointaccountid vpcendpointid credentialid userid logstream credentialsissuedto
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Fields of CloudTrail records, AWS Backup and KMS answers whose value is a name, in lower case without underscores."""
_CONTEXT_FIELDS = frozenset(
    """
    encryptioncontext sourceencryptioncontext destinationencryptioncontext encryptioncontextsubset
    encryptioncontextequals tags requesttags resourcetags principaltags
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
"""Maps whose values are the customer's own; their keys are kept when AWS documents them (`aws:…`)."""
_NAME_CONDITIONS = (
    "kms:encryptioncontext:",
    "aws:principaltag/",
    "aws:requesttag/",
    "aws:resourcetag/",
    "aws:username",
    "aws:userid",
    "aws:sourceidentity",
    "sts:rolesessionname",
    "kms:resourcealiases",
    "kms:requestalias",
    "aws:principalaccount",
    "aws:sourceaccount",
    "aws:resourceaccount",
    "kms:calleraccount",
    "aws:principalorgid",
    "aws:sourceorgid",
    "aws:sourcevpc",
)
"""Condition keys whose values are names or patterns of names."""

_ARN = r"arn:(?:aws[\w-]*|\*):[\w*-]*:[\w*-]*:[\w*?-]*:[^\s\"'<>;|\\]+"
_PATTERNS = re.compile(
    rf"(?P<arn>{_ARN})"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<address>(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.]*\w)"
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F:]*(?:/\d{1,3})?)"
    r"|(?P<uuid>(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z]))"
    r"|(?P<unique>(?<![0-9a-zA-Z])(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{8,})"
    r"|(?P<account>(?<![0-9a-zA-Z.])\d{12}(?![0-9a-zA-Z]))"
    r"|(?P<id>(?<![\w-])(?:vol|snap|i|fs|vpce|vpc|subnet|eni|ami|db|cluster|o|ou|r|mrk)-[0-9a-z]{10,40}(?![\w]))"
)
_ARN_PARTS = re.compile(r"\A(arn:[^:]*:[^:]*:[^:]*:)([^:]*):(.*)\Z", re.DOTALL)
_ARN_END = re.compile(r"[.,:)\]}]+\Z")
_RESOURCE_PARTS = re.compile(r"(aws:ec2-infrastructure|[/:])")
_RESOURCE_TYPE = re.compile(r"\A[a-z][a-z-]*\Z")
_NO_TYPE = frozenset({"s3", "sns", "sqs"})
_KEPT_PARTS = frozenset({"service-role", "aws-service-role", "aws-reserved", "aws:ec2-infrastructure", "*"})
_DYNAMODB_PARTS = frozenset({"backup", "index", "stream", "export"})
_WORD = re.compile(r"[^\W_]+")
_FIELD_NAME = re.compile(r"\A[A-Za-z][\w-]*\Z")
_SERVICE = re.compile(r"\A[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?\Z")
_SHORTEST = 3
_WORDS_OF_AWS = frozenset(
    """
    AWS Amazon backup KMS DynamoDB dynamodb S3 EC2 ec2 EBS RDS EFS key keys vault role user root policy account
    table bucket volume snapshot default service-role admin Admin Administrator Default test Decrypt Encrypt
    GenerateDataKey ReEncrypt CreateGrant AwsApiCall AwsServiceEvent AssumedRole IAMUser AWSService Root
    Role FAILED COMPLETED ABORTED RUNNING CREATED EXPIRED PARTIAL Allow Deny Statement Action Resource
    Principal Condition true false null name type resource resources action source region arn aws kms iam
    sts job restore copy console signin internal Internal Management Data Event event events Records error
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_OF_AWS_FIELDS = frozenset("eventsource eventname eventtype errorcode awsregion eventcategory type region".split())  # noqa: SIM905
_DEEPEST = 60


class Redactor:
    """Learns names from documents, and replaces them in documents and texts."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.pseudonyms = pseudonyms
        self._names: dict[str, list[str]] = {}
        self._known: set[str] = set()
        self._vocabulary: set[str] = set(_WORDS_OF_AWS)

    # ---- learn

    def learn(self, document: object) -> None:
        """Take in the names that a document tells, and the words of AWS that it uses."""
        for field, text in _texts(document, "", 0):
            if field in _OF_AWS_FIELDS:
                self._vocabulary.update((text, text.split(".")[0]))
            elif _SERVICE.match(text):
                self._vocabulary.add(text.split(".")[0])
            elif field in _NAME_FIELDS and not text.startswith("arn:"):
                self._learn_name(text)
            for found in _PATTERNS.finditer(text):
                if found.lastgroup == "arn":
                    self._learn_arn(_trim_arn(found[0]))

    def _learn_arn(self, arn: str) -> None:
        parts = _ARN_PARTS.match(arn)
        if parts is None or parts[2] == "aws":
            return
        service = arn.split(":")[2]
        for part, is_name in _resource_parts(service, parts[3]):
            if is_name:
                self._learn_name(part)

    def _learn_name(self, name: str) -> None:
        """Take in a name, and each side of a `unique id:session` pair."""
        for part in {name, *name.split(":")}:
            words = _WORD.findall(part)
            if len(part) < _SHORTEST or part in self._known or not words or self.pseudonyms.name(part) == part:
                continue
            self._known.add(part)
            longest_first = self._names.setdefault(words[0], [])
            longest_first.append(part)
            longest_first.sort(key=len, reverse=True)

    # ---- redact

    def redact(self, document: Any) -> Any:
        """Give a document of JSON values with every name replaced; its shape stays."""
        return self._walk(document, "", 0)

    def cell(self, column: str, text: str) -> str:
        """Give a cell of a table with every name replaced."""
        return self._walk_text(text, _plain(column), 0)

    def text(self, text: str) -> str:
        """Give running text with every ARN, account, address, id and learned name in it replaced."""
        parts, at = [], 0
        for found in _PATTERNS.finditer(text):
            whole = _trim_arn(found[0]) if found.lastgroup == "arn" else found[0]
            parts += [self._replace_names(text[at : found.start()]), self._replace_pattern(found.lastgroup, whole)]
            at = found.start() + len(whole)
        return "".join([*parts, self._replace_names(text[at:])])

    def arn(self, arn: str) -> str:
        """Give an ARN, or a pattern of ARNs, with its account and names replaced; AWS's own policies stay."""
        parts = _ARN_PARTS.match(arn)
        if parts is None or parts[2] == "aws":
            return arn
        service = arn.split(":")[2]
        resource = "".join(
            self.pseudonyms.name(part) if is_name else part for part, is_name in _resource_parts(service, parts[3])
        )
        return f"{parts[1]}{self.pseudonyms.name(parts[2])}:{resource}"

    def name_or_arn(self, text: str) -> str:
        """Give the pseudonym of a whole name, or an ARN with its names replaced."""
        return self.arn(text) if text.startswith("arn:") else self.pseudonyms.name(text)

    def _walk(self, value: Any, field: str, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        match value:
            case dict():
                return self._walk_object(value, field, depth)
            case list() | tuple():
                return [self._walk(inner, field, depth + 1) for inner in value]
            case str():
                return self._walk_text(value, field, depth)
            case _:
                return value

    def _walk_object(self, value: Mapping[Any, Any], field: str, depth: int) -> dict[str, Any]:
        is_free = field in _CONTEXT_FIELDS
        made = {}
        for key, inner in value.items():
            name = str(key)
            if field == "condition" and isinstance(inner, dict):
                made[name] = {str(of): self._walk_condition(str(of), tested) for of, tested in inner.items()}
                continue
            kept = name if _FIELD_NAME.match(name) and not is_free else self.text(name)
            inner_field = field if is_free else _plain(name)
            made[kept] = self._walk(inner, inner_field, depth + 1)
        return made

    def _walk_condition(self, key: str, tested: Any) -> Any:
        if isinstance(tested, list):
            return [self._walk_condition(key, value) for value in tested]
        if not isinstance(tested, str):
            return tested
        if key.lower() == "aws:sourceip":
            return self.pseudonyms.address(tested)
        is_name = key.lower().startswith(_NAME_CONDITIONS)
        return self.name_or_arn(tested) if is_name else self.text(tested)

    def _walk_text(self, text: str, field: str, depth: int) -> str:
        if text[:1] in ("{", "[") and (inner := _parse(text)) is not None:
            return json.dumps(self._walk(inner, field, depth + 1), ensure_ascii=False, separators=(",", ":"))
        if field in _CONTEXT_FIELDS:
            return self.name_or_arn(text)
        if field in _NAME_FIELDS and not _SERVICE.match(text):
            return self.name_or_arn(text)
        return self.text(text)

    def _replace_pattern(self, kind: str | None, whole: str) -> str:
        if kind == "arn":
            return self.arn(whole)
        if kind == "address":
            return self.pseudonyms.address(whole)
        if kind == "uuid" and whole not in self._known:
            return whole
        return self.pseudonyms.name(whole)

    def _replace_names(self, text: str) -> str:
        """Replace learned names that stand as whole words, the longest that fits first."""
        parts, at = [], 0
        for word in _WORD.finditer(text):
            if word.start() < at:
                continue
            for name in self._names.get(word[0], ()):
                start = word.start() - (len(name) - len(name.lstrip("_-./+=,@")))
                end = start + len(name)
                if start < at or text[start:end] != name or name in self._vocabulary or _continues(text, end):
                    continue
                parts += [text[at:start], self.pseudonyms.name(name)]
                at = end
                break
        return "".join([*parts, text[at:]])


def _continues(text: str, end: int) -> bool:
    return text[end : end + 1].isalnum() or text.startswith(".amazonaws.com", end)


def _texts(value: Any, field: str, depth: int) -> Iterator[tuple[str, str]]:
    """Give every text of a document with the plain name of the field it stands in; JSON in strings is looked into."""
    if depth > _DEEPEST:
        return
    match value:
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, _field_of(field, str(key)), depth + 1)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner, field, depth + 1)
        case str() if value[:1] in ("{", "[") and (inner := _parse(value)) is not None:
            yield from _texts(inner, field, depth + 1)
        case str():
            yield field, value


def _field_of(outer: str, name: str) -> str:
    """Give the field that a value stands in; all values of an encryption context count as names."""
    return "principalid" if outer in _CONTEXT_FIELDS or outer == "principalid" else _plain(name)


def _plain(name: str) -> str:
    return name.rsplit("_", 1)[-1].lower()


def _trim_arn(arn: str) -> str:
    """Take the punctuation of the sentence off the end of an ARN that was found in it."""
    return _ARN_END.sub("", arn)


def _resource_parts(service: str, resource: str) -> Iterator[tuple[str, bool]]:
    """Split an ARN's resource at its slashes and colons, and say of each part whether it is a name."""
    if resource.startswith("alias/aws/") or "/AWSServiceRoleFor" in resource:
        yield resource, False
        return
    parts = _RESOURCE_PARTS.split(resource)
    for index, part in enumerate(parts):
        is_type = index == 0 and len(parts) > 1 and service not in _NO_TYPE and bool(_RESOURCE_TYPE.match(part))
        is_kept = part in _KEPT_PARTS or (service == "dynamodb" and part in _DYNAMODB_PARTS and index == 4)
        yield part, not (is_type or is_kept or part in ("", "/", ":") or bool(_SERVICE.match(part)))


_DECODER: Callable[[str], Any] = json.JSONDecoder(strict=False).decode


def _parse(text: str) -> dict[str, Any] | list[Any] | None:
    try:
        value = _DECODER(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None
