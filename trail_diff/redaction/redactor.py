"""Consistent pseudonyms in whatever holds records, jobs, policies or grants, so that a case can be shared.

Two rounds: `learn` collects the names that a document tells (accounts, roles, users, sessions, vaults, tables, buckets,
keys, encryption contexts …), then `redact` replaces each wherever it stands: in fields, ARNs, messages, policies, JSON
and structs in strings. A value whose field is not known to hold words of AWS (vocabulary) is replaced whole. A name
that is also a word of AWS (a vault called `backup`) is replaced where its field or ARN says what it is, and left alone
in running text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trail_diff.read.budget import VALUE_WORK
from trail_diff.read.deep import text_of
from trail_diff.read.lenient import TORN, Doubtful
from trail_diff.read.shapes import find_table
from trail_diff.redaction import messages, structure
from trail_diff.redaction import vocabulary as words
from trail_diff.redaction.embedded import open_text
from trail_diff.redaction.learnt import DEEPEST, Learnt
from trail_diff.redaction.patterns import ARN_PARTS, PATTERNS, RESOURCE_PARTS, WHOLE, resource_parts, trim_arn
from trail_diff.redaction.pseudonyms import Pseudonyms, read_address

_WORD = re.compile(r"[^\W_]+")
_FIELD_NAME = re.compile(r"\A[A-Za-z][\w-]*\Z")
_SERVICE_WORD = re.compile(r"((?<![\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+){0,2}\.amazonaws\.com(?:\.cn)?(?![\w-]))")
_UNTESTED = re.compile(r"\A(?:for(?:all|any)values?:)?(?:bool|null|numeric|date)", re.IGNORECASE)
_MEMBER = re.compile(r"[\w.]\\*\"\s*+:\s*+[\\\"{\[\dtfn]")
"""What text has in it that was JSON and can no longer be read: where a name is cut, nothing tells that it is one."""
_LENGTH_WORK = 8
"""What it costs to look for the names of one length at a word, in bytes of text that are gone over."""
_MOST_CACHED = 50_000
_MOST_MEMBERS = 20_000
_LONGEST_CACHED = 300


class Redactor:
    """Learns names from documents, and replaces them in documents and texts."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.pseudonyms = pseudonyms
        self.learnt = Learnt(pseudonyms)
        self._made: dict[tuple[str, str], str] = {}
        self._members: dict[tuple[str, str, str | None], tuple[str, str]] = {}

    def learn(self, document: object, field: str = "", depth: int = 0) -> None:
        """Take in the names that a document tells, the ids that stay, and the words of AWS that it uses.

        Of a part of a document, `field` is where it stands, and `depth` is how deep.
        """
        self._made.clear()
        self._members.clear()
        self.learnt.learn(document, field, depth)

    def learn_id(self, text: str) -> None:
        """Take in the id of a job, an event or a request, which stays."""
        self.learnt.add("id", text)

    def redact(self, document: Any) -> Any:
        """Return a document of JSON values with every name replaced; its shape stays."""
        return self._walk(document, "", 0)

    def redact_unknown(self, document: Any) -> Any:
        """Return a document of JSON values with every key and every value replaced as a name."""
        return self._walk(document, "encryptioncontext", 0)

    def rename_member(self, name: str, field: str) -> tuple[str, str]:
        """Return a member's name, replaced where it is none of AWS's, and the field that its value stands in."""
        return self._walk_member(name, field, None)

    def key(self, name: str) -> str:
        """Return the name of a record's member; it stays unless it is no name of a field."""
        return self._walk_key(name, "")

    def redact_value(self, value: Any, field: str, depth: int) -> Any:
        """Return what stands in a field, so deep inside of a record, with its names replaced."""
        return self._walk(value, field, depth)

    def cell(self, column: str, text: str) -> str:
        """Return a cell of a table with every name replaced."""
        return self._walk_text(text, words.plain(column), 0)

    def text(self, text: str) -> str:
        """Return running text with every ARN, account, address, id and learned name in it replaced."""
        return self._replace(text, self._replace_names)

    def prefix(self, text: str) -> str:
        """Return what is before a record on its line: times stay, other words are replaced whole."""
        return re.sub(
            r"\S+", lambda word: word[0] if structure.is_plain(word[0]) else self.pseudonyms.name(word[0]), text
        )

    def message(self, text: str) -> str:
        """Return running text of AWS's with all of that replaced, and with what by its place in it is a name."""
        return self._replace(text, self._replace_message)

    def arn(self, arn: str) -> str:
        """Return an ARN, or a pattern of ARNs, with its account and names replaced; AWS's own policies stay."""
        parts = ARN_PARTS.match(arn)
        if parts is None or parts[2] == "aws":
            return arn if parts else self.pseudonyms.name(arn)
        service = arn.split(":")[2]
        resource = "".join(
            self.pseudonyms.name(part) if is_name else part for part, is_name in resource_parts(service, parts[3])
        )
        return f"{parts[1]}{self.pseudonyms.name(parts[2])}:{resource}"

    def restore(self, text: str) -> str:
        """Return the name or ARN that a pseudonym was made of; text that is none stays as it is."""
        parts = ARN_PARTS.match(text)
        if parts is None or parts[2] == "aws":
            return self.pseudonyms.made.get(text, text)
        restored = (self.pseudonyms.made.get(part, part) for part in (parts[2], *RESOURCE_PARTS.split(parts[3])))
        return f"{parts[1]}{next(restored)}:{''.join(restored)}"

    def name_or_arn(self, text: str) -> str:
        """Return the pseudonym of a whole name, or an ARN with its names replaced."""
        if text.startswith("arn:"):
            return self.arn(text)
        return text if words.is_service(text) else self._replace(text, self._replace_words)

    def _walk(self, value: Any, field: str, depth: int) -> Any:
        if depth > DEEPEST:
            return None
        match value:
            case str():
                return self._walk_text(value, field, depth)
            case dict():
                return self._walk_object(value, field, depth)
            case list() | tuple():
                return self._walk_list(value, field, depth)
            case int() | float() if field in words.ACCOUNT_FIELDS and not isinstance(value, bool):
                return self._walk_number(value)
            case _:
                return value

    def _walk_list(self, values: Sequence[Any], field: str, depth: int) -> list[Any]:
        if (text := text_of(values)) is not None:
            return [*self._walk_text(text, field, depth).encode("utf-8", "replace")]
        return [self._walk(inner, field, depth + 1) for inner in values]

    def _walk_number(self, value: float) -> float:
        """Replace an account id that a spreadsheet took for a number."""
        digits = f"{value:.0f}"
        return type(value)(self.pseudonyms.name(digits)) if len(digits) == len("111122223333") else value

    def _walk_object(self, value: Mapping[Any, Any], field: str, depth: int) -> dict[str, Any]:
        if isinstance(value, Doubtful) and "eventSource" in value:
            return TORN
        if find_table(value) is not None:
            return {}  # what stands in a row has no name there: the records in it are written instead
        if field == "condition":
            return {str(key): self._walk_operator(str(key), inner, depth) for key, inner in value.items()}
        told = value.get("field", value.get("Field"))
        made = {}
        for key, inner in value.items():
            name = str(key)
            is_told = isinstance(told, str) and name.lower() == "value"
            renamed, inner_field = self._walk_member(name, field, words.plain(str(told)) if is_told else None)
            made[renamed] = self._walk(inner, inner_field, depth + 1)
        return made

    def _walk_member(self, name: str, field: str, told: str | None) -> tuple[str, str]:
        """Return a member's new name and the field that its value stands in; most come again and again."""
        found = self._members.get((name, field, told))
        if found is None:
            self.learnt.weigh(VALUE_WORK + len(name))
            if len(self._members) >= _MOST_MEMBERS:
                self._members.clear()
            inner_field = told if told is not None else (field if words.is_context(field) else words.plain(name))
            if field == "constraints" or (words.is_context(field) and words.is_key_of_aws(name, field)):
                inner_field = words.plain(name) if words.is_context(words.plain(name)) else field
            found = self._members[name, field, told] = (self._walk_key(name, field), inner_field)
        return found

    def _walk_key(self, name: str, field: str) -> str:
        """Return a key of an object: names of fields stay, a map's own keys are names like its values."""
        if words.is_context(field):
            return name if words.is_key_of_aws(name, field) else self.name_or_arn(name)
        is_field = bool(_FIELD_NAME.match(name)) and name.lower() not in self.learnt.known
        return name if is_field or words.is_field(name) else self.text(name)

    def _walk_operator(self, operator: str, tested: Any, depth: int) -> Any:
        if not isinstance(tested, dict):
            return self._walk(tested, operator, depth + 1)
        made = {}
        for key, values in tested.items():
            named = words.split_condition(str(key))
            renamed = named[0] + self._walk_key(named[1], "encryptioncontext") if named else str(key)
            made[renamed] = values if _UNTESTED.match(operator) else self._walk_condition(str(key).lower(), values)
        return made

    def _walk_condition(self, key: str, tested: Any) -> Any:
        if isinstance(tested, list):
            return [self._walk_condition(key, value) for value in tested]
        if not isinstance(tested, str):
            return tested
        if key in words.ADDRESS_CONDITIONS:
            return self.pseudonyms.address(tested)
        if key == "kms:encryptioncontextkeys":
            return self._walk_key(tested, "encryptioncontext")
        return self.text(tested) if words.is_open_condition(key) else self.name_or_arn(tested)

    def _walk_text(self, text: str, field: str, depth: int) -> str:
        """Return a text with its names replaced; short ones are kept, as most come again and again."""
        if len(text) > _LONGEST_CACHED:
            return self._make_text(text, field, depth)
        made = self._made.get((field, text))
        if made is None:
            if len(self._made) >= _MOST_CACHED:
                self._made.clear()
            made = self._made[field, text] = self._make_text(text, field, depth)
        return made

    def _make_text(self, text: str, field: str, depth: int) -> str:
        self.learnt.weigh(VALUE_WORK + 2 * len(text))
        if structure.is_structural(field):
            return text if structure.passes(field, text) else self.pseudonyms.name(text)
        if nested := open_text(text, field):
            inner_field = "message" if nested.is_log else field
            return nested.write(self._walk(nested.content, inner_field, depth + 1))
        if words.split_host(text):
            return self._host(text)
        if field == "useragent":
            return "".join(self._replace_agent(*part) for part in words.agent_words(self.text(text)))
        if (whole := WHOLE(text)) and (whole.lastgroup != "address" or _is_address(text)):
            return self._replace_pattern(whole.lastgroup, text)
        return self._make_open_text(text, field)

    def _make_open_text(self, text: str, field: str) -> str:
        """Return a text that shows by its field only whether it is a name, words of AWS or running text."""
        is_name = field in words.NAME_FIELDS or words.is_context(field)
        if structure.is_plain(text) and not is_name:
            return text
        is_word = text.lower() in self.learnt.vocabulary and not is_name
        is_torn = field in words.TEXT_FIELDS and _MEMBER.search(text)
        is_running = (is_word or words.is_open(field, text)) and not is_torn
        return self.message(text) if is_running else self.name_or_arn(text)

    def _replace_agent(self, word: str, is_name: bool) -> str:  # noqa: FBT001 - as agent_words gives it
        return self.pseudonyms.name(word) if is_name and word not in self.pseudonyms.made else word

    def _replace(self, text: str, between: Callable[[str], str]) -> str:
        """Replace what shows by its form what it is, and let `between` have what lies between."""
        parts, at = [], 0
        for found in PATTERNS.finditer(text):
            whole = trim_arn(found[0]) if found.lastgroup == "arn" else found[0]
            if found.lastgroup == "address" and not _is_address(whole):
                whole = whole.removesuffix(":")  # of the sentence, as in `from fe80::1: denied`
                if not _is_address(whole):
                    continue
            before = text[at : found.start()]
            is_kept = found.lastgroup == "uuid" and messages.keeps_id(before)
            parts.append(between(before) if before else "")
            parts.append(whole if is_kept else self._replace_pattern(found.lastgroup, whole))
            at = found.start() + len(whole)
        return "".join(parts) + (between(text[at:]) if at < len(text) else "")

    def _replace_pattern(self, kind: str | None, whole: str) -> str:
        if kind == "arn":
            return self.arn(whole)
        if kind == "address":
            return self.pseudonyms.address(whole)
        if kind == "uuid" and whole in self.learnt.ids and whole.lower() not in self.learnt.known:
            return whole
        if kind == "account" and "-" in whole:
            digits = self.pseudonyms.name(whole.replace("-", ""))
            return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
        return self.pseudonyms.name(whole)

    def _replace_words(self, text: str) -> str:
        """Replace all of a text but the service principals in it."""
        parts = _SERVICE_WORD.split(text)
        return "".join(
            self._host(part) if place % 2 else self.pseudonyms.name(part) for place, part in enumerate(parts)
        )

    def _host(self, text: str) -> str:
        """Return a host of AWS's with the customer's name before it replaced."""
        host = words.split_host(text)
        return self.pseudonyms.name(host[0]) + host[1] if host else text

    def _replace_message(self, text: str) -> str:
        return self._replace_names(
            text, lambda rest: messages.replace_names(rest, self.pseudonyms.name, self.learnt.vocabulary.__contains__)
        )

    def _replace_names(self, text: str, between: Callable[[str], str] = str) -> str:
        """Replace learned names that stand as whole words, in any letter case, the longest that fits first."""
        parts, at, lower = [], 0, text.lower()
        if len(lower) != len(text):
            lower = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
        for word in _WORD.finditer(lower):
            if word.start() < at:
                continue
            if count := self.learnt.names.lengths(word[0]):
                self.learnt.weigh(_LENGTH_WORK * count)
            for start, name in self.learnt.names.at(word, lower, at):
                end = start + len(name)
                if name not in self.learnt.vocabulary and not _continues(text, end):
                    parts += [between(text[at:start]), self.pseudonyms.name(text[start:end])]
                    at = end
                    break
        return "".join([*parts, between(text[at:])])


def _is_address(text: str) -> bool:
    return read_address(text) is not None and text not in ("::", "::/0")


def _continues(text: str, end: int) -> bool:
    return text[end : end + 1].isalnum() or text.startswith(".amazonaws.com", end)
