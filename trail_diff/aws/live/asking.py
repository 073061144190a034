"""Asks AWS one thing at a time; a refused call is no end: the case goes on without the answer, and a note says so."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from msgspec import Struct

from trail_diff.aws.client import Aws, as_document
from trail_diff.errors import AwsCredentialsError, AwsError, AwsNotFoundError

_NOT_OF_THIS_KIND = frozenset({"InvalidParameterValueException", "ValidationException"})
"""What a Describe call may say of an id whose form is not its own."""


class ApiCall(Struct, frozen=True):
    """One call: with whose credentials, which operation, in which Region."""

    aws: Aws
    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str | None

    def source(self) -> str:
        """Return the name under which what it answers is kept."""
        words = "-".join(self.operation.split("_"))
        return f"aws {self.service} {words} ({self.aws.account_id()}, {self.region})"


class Asker:
    """Makes calls that may fail; keeps the notes about those that did, each once, and passes each on at once."""

    def __init__(self, pass_on: Callable[[str], None] = lambda _note: None) -> None:
        self.notes: list[str] = []
        self._pass_on = pass_on

    def note(self, text: str) -> None:
        """Keep a note."""
        if text not in self.notes:
            self.notes.append(text)
            self._pass_on(text)

    def ask(self, call: ApiCall, instead: str, *, is_optional: bool = False) -> dict[str, Any] | None:
        """Return the answer as a document; None when there is none, with a note that says what to do `instead`.

        There is no note where what is asked for `is_optional` and not there.

        Raises:
            AwsCredentialsError: there are no credentials, so nothing else will be answered either.
        """
        try:
            return as_document(call.aws.call(call.service, call.operation, call.parameters, call.region))
        except AwsCredentialsError:
            raise
        except AwsError as error:
            is_absent = isinstance(error, AwsNotFoundError) or error.code in _NOT_OF_THIS_KIND
            if not (is_optional and is_absent):
                self._note_error(error, instead)
            return None

    def pages(self, call: ApiCall, instead: str, at_most: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the pages of an answer; when one fails, those before it, and a note.

        Raises:
            AwsCredentialsError: there are no credentials.
        """
        try:
            pages = call.aws.pages(call.service, call.operation, call.parameters, call.region)
            for page in islice(pages, at_most):
                yield as_document(page)
        except AwsCredentialsError:
            raise
        except AwsError as error:
            self._note_error(error, instead)

    def _note_error(self, error: AwsError, instead: str) -> None:
        self.note(f"{error.message.rstrip('.')}; {error.hint}, or {instead}")


class OnceAsker(Asker):
    """Asks each thing once; there is no second answer, as the first was given. Notes are passed on."""

    def __init__(self, asker: Asker) -> None:
        super().__init__(asker.note)
        self._asked: set[tuple[str, str]] = set()

    def ask(self, call: ApiCall, instead: str, *, is_optional: bool = False) -> dict[str, Any] | None:
        """Return the answer as a document; None when there is none, or the same was asked before.

        Raises:
            AwsCredentialsError: as Asker does.
        """
        asked = (call.source(), repr(sorted(call.parameters.items())))
        if asked in self._asked:
            return None
        self._asked.add(asked)
        return super().ask(call, instead, is_optional=is_optional)
