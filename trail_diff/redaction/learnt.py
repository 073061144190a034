"""What documents tell: the names in them, the ids that stay, and the words of AWS that they use."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from trail_diff.read.budget import VALUE_WORK, Budget
from trail_diff.read.deep import text_of
from trail_diff.redaction import structure
from trail_diff.redaction import vocabulary as words
from trail_diff.redaction.embedded import open_text
from trail_diff.redaction.name_index import LearntIds, LearntNames
from trail_diff.redaction.patterns import ARN_PARTS, PATTERNS, resource_parts, trim_arn
from trail_diff.redaction.pseudonyms import Pseudonyms

News = tuple[Literal["name", "id", "word", "fragments"], str]
"""Something that was not known before: a name in lower case, an id, a word of AWS, or what stands behind wildcards."""

DEEPEST = 60
"""How deep documents are looked into; what lies deeper is left out when they are redacted."""
_SHORTEST = 3
_WORD = re.compile(r"[^\W_]+")
_FRAGMENT = re.compile(r"[*?]([^\W_]+)")
_OF_AWS_FIELDS = frozenset("eventsource eventname eventtype errorcode awsregion eventcategory".split())  # noqa: SIM905
_MOST_SEEN = 50_000


class Learnt:
    """Learns from documents; where `news` is a list, all that is learnt is noted there as well."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.names = LearntNames()
        self.known: set[str] = set()
        self.ids = LearntIds()
        self.vocabulary: set[str] = set(words.VOCABULARY)
        self.news: list[News] | None = None
        self.budget: Budget | None = None
        self._pseudonyms = pseudonyms
        self._seen: set[tuple[str, str]] = set()

    def weigh(self, size: int) -> None:
        """Count work, in bytes of text that are gone over.

        Raises:
            Damaged: the document at hand has made more than its size warrants.
        """
        if self.budget is not None:
            self.budget.spend(size)

    def learn(self, value: object, field: str = "", depth: int = 0) -> None:
        """Take in what a value tells that stands in a field; JSON in strings is looked into."""
        if depth > DEEPEST:
            return
        match value:
            case str():
                if (field, value) not in self._seen:
                    self._learn_new(value, field, depth)
            case dict():
                self._learn_object(value, field, depth)
            case list() if (text := text_of(value)) is not None:
                self.learn(text, field, depth)
            case list() | tuple():
                for inner in value:
                    self.learn(inner, field, depth + 1)

    def take_in(self, news: Iterable[News]) -> None:
        """Take in what another process learnt, in the order in which it did."""
        for kind, text in news:
            self.add(kind, text)

    def add(self, kind: Literal["name", "id", "word", "fragments"], text: str) -> None:
        """Take in something, unless it is known."""
        match kind:
            case "name":
                is_new = text not in self.known
                if is_new:
                    self.known.add(text)
                    self.names.add(_WORD.findall(text)[0], text)
            case "id":
                is_new = self.ids.add(text)
            case "word":
                is_new = text not in self.vocabulary
                self.vocabulary.add(text)
            case "fragments":
                is_new = self._pseudonyms.learn_fragments(text.split())
        if is_new and self.news is not None:
            self.news.append((kind, text))

    def _learn_object(self, value: dict[Any, Any], field: str, depth: int) -> None:
        is_context = words.is_context(field)
        for key, inner in value.items():
            name = str(key)
            if is_context and not words.is_key_of_aws(name, field):
                self.learn(name, "principalid", depth)
            self.learn(inner, field_of(field, name), depth + 1)

    def _learn_new(self, text: str, field: str, depth: int) -> None:
        """Look into a text that was not seen in this field; JSON in it may be seen less deep another time."""
        self.weigh(VALUE_WORK + len(text))
        if nested := open_text(text, field):
            self.learn(nested.content, "message" if nested.is_log else field, depth + 1)
            return
        if len(self._seen) >= _MOST_SEEN:
            self._seen.clear()
        self._seen.add((field, text))
        self._learn_text(field, text)

    def _learn_text(self, field: str, text: str) -> None:
        if field in _OF_AWS_FIELDS:
            if structure.passes(field, text):
                self.add("word", text.lower())
                self.add("word", text.split(".", maxsplit=1)[0].lower())
        elif words.is_service(text):
            self.add("word", text.split(".", maxsplit=1)[0])
        elif field in structure.ID_FIELDS:
            self.add("id", text)
        elif field in words.NAME_FIELDS and not text.startswith("arn:"):
            self._learn_name(text)
        if ("*" in text or "?" in text) and " " not in text:
            self.add("fragments", " ".join(_FRAGMENT.findall(text)))
        for found in PATTERNS.finditer(text) if "arn:" in text else ():
            if found.lastgroup == "arn":
                self._learn_arn(trim_arn(found[0]))

    def _learn_arn(self, arn: str) -> None:
        parts = ARN_PARTS.match(arn)
        if parts is None or parts[2] == "aws":
            return
        service = arn.split(":")[2]
        for part, is_name in resource_parts(service, parts[3]):
            if is_name:
                self._learn_name(part)

    def _learn_name(self, name: str) -> None:
        """Take in a name, and each side of a `unique id:session` pair."""
        for part in dict.fromkeys((name, *name.split(":"))):
            if len(part) >= _SHORTEST and _WORD.search(part.lower()) and not self._pseudonyms.is_kept(part):
                self.add("name", part.lower())


def field_of(outer: str, name: str) -> str:
    """Return the field that a value stands in; all values of an encryption context count as names."""
    inner = words.plain(name)
    is_name = (words.is_context(outer) and not words.is_context(inner)) or outer == "principalid"
    return "principalid" if is_name else inner
