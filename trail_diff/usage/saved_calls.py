"""The distinct calls of a period in one small file, so that a gate can replay them without access to logs.

    {"schema": "trail-diff/calls/1", "taken": …, "start": …, "end": …, "keys": […], "aliases": {…}, "left_out": 0,
     "policies": {…}, "coverage": {…},
     "calls": [{"event": {…}, "access": {…}, "calls": 120, "succeeded": 120, "denied": 0}, …]}

Of each distinct call one event is kept, with only what policies can test. Sessions and times are not told apart, and
of one caller's calls with one action on one key only so many variants are kept: a month has millions of contexts. Of
each key the policy is kept that was put on it last, where the period has one: calls may move to that key.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct, structs

from trail_diff.errors import FactError
from trail_diff.gather.fold import Add, Bunch
from trail_diff.model.learnt import Coverage, Event, KeyAccess
from trail_diff.model.lists import CallerUse
from trail_diff.model.what_if import SavedEvidence
from trail_diff.usage.callers import CallerCount
from trail_diff.usage.requests import Kind, ObservedRequest, ObservedRequests, ReplayKinds

SCHEMA = "trail-diff/calls/1"
VARIANTS_AT_MOST = 200
_NOT_TESTED: Mapping[str, Any] = {
    "response_elements": {},
    "additional_event_data": {},
    "service_event_details": {},
    "error_message": None,
    "denial": None,
    "shared_event_id": None,
    "source": "",
}
"""Fields of an event that no policy can test, and what stands for them."""


class SavedCall(Struct, frozen=True):
    """One distinct call: an event that made it, what it did to which key, and how often it was seen."""

    event: Event
    access: KeyAccess
    calls: int
    succeeded: int = 0
    denied: int = 0


class SavedPolicy(Struct, frozen=True):
    """The policy that was put on a key, as the record has it, and when."""

    put: datetime
    policy: str


class SavedCalls(Struct, frozen=True):
    """What the file holds. `start` and `end` bound what was read, `keys` are those it was narrowed to, if any."""

    taken: datetime
    start: datetime | None
    end: datetime | None
    coverage: Coverage
    calls: tuple[SavedCall, ...]
    keys: tuple[str, ...] = ()
    aliases: dict[str, tuple[str, ...]] = {}
    policies: dict[str, SavedPolicy] = {}
    left_out: int = 0
    schema: Literal["trail-diff/calls/1"] = "trail-diff/calls/1"

    def evidence(self) -> SavedEvidence:
        """Return how old and how complete the calls are."""
        regions, accounts = self.coverage.regions, self.coverage.accounts
        return SavedEvidence(self.taken, self.start, self.end, accounts, regions, len(self.calls), self.left_out)

    def replay_into(self, observed: ObservedRequests) -> Coverage:
        """Hand the calls over as if they had been read now, and return the coverage they were read with."""
        for name, keys in self.aliases.items():
            observed.learn_alias(name, keys)
        for key, last in self.policies.items():
            observed.learn_policy(key, last.put, last.policy)
        for call in self.calls:
            one = ObservedRequest(call.event, call.access)
            one.calls, one.succeeded, one.denied = call.calls, call.succeeded, call.denied
            observed.take(one)
        return self.coverage


class CallsToSave:
    """Counts calls by caller, as they are listed, and collects the distinct ones, in one reading."""

    def __init__(self, keys: Collection[str] = ()) -> None:
        self._keys = tuple(keys)
        self._callers = CallerCount(keys)
        self._requests = ObservedRequests.for_any_policy(keys)

    @property
    def kinds(self) -> ReplayKinds:
        """Return what makes two calls alike: the finer of the two."""
        return self._requests.kinds

    def open(self, kind: Kind, event: Event | None) -> Add:
        """Begin a kind, or go on with it; return what adds calls to it."""
        add_request = self._requests.open(kind, event)
        add_use = self._callers.open(self._callers.kinds.kind(event), event) if event else None

        def add(bunch: Bunch) -> None:
            add_request(bunch)
            if add_use is not None:
                add_use(bunch)

        return add

    def rows(self) -> tuple[CallerUse, ...]:
        """Return the calls by caller, action and key."""
        return self._callers.rows()

    def saved(self, coverage: Coverage, taken: datetime, span: tuple[datetime | None, datetime | None]) -> SavedCalls:
        """Return what to save; a span that was not asked for is that of the calls themselves."""
        requests = self._requests.requests()
        kept = [_saved(one) for one in _fewer(requests)]
        put, keys = self._requests.policies, {one.access.key for one in requests}
        start = span[0] or min((one.first for one in requests if one.first), default=None)
        end = span[1] or max((one.last for one in requests if one.last), default=None)
        return SavedCalls(
            taken=taken,
            start=start,
            end=min(end, taken) if end else None,
            coverage=structs.replace(coverage, skipped=()),
            calls=tuple(sorted(kept, key=lambda one: (-one.calls, repr(one)))),
            keys=self._keys,
            aliases={name: tuple(sorted(keys)) for name, keys in sorted(self._requests.aliases.items())},
            policies={key: SavedPolicy(*put[key]) for key in sorted(put) if key in keys},
            left_out=len(requests) - len(kept),
        )


def encode_calls(saved: SavedCalls) -> str:
    """Return the text of the file; what is empty is left out."""
    document = msgspec.to_builtins(saved)
    calls = [
        {**call, "event": {name: value for name, value in call["event"].items() if value not in (None, "", {}, [])}}
        for call in document.pop("calls")
    ]
    ordered = {"schema": document.pop("schema"), **document, "calls": calls}
    return json.dumps(ordered, indent=1) + "\n"


def parse_calls(content: bytes, file: str) -> SavedCalls:
    """Read the file.

    Raises:
        FactError: it is something else, or of another version.
    """
    hint = "give what 'trail-diff callers --save' wrote"
    try:
        document = json.loads(content)
        schema = document.get("schema") if isinstance(document, dict) else None
        if schema != SCHEMA:
            raise FactError(f"--calls {file}: it is no {SCHEMA}" + (f" but {schema}" if schema else ""), hint=hint)
        calls = [{**call, "event": {"event_id": "", **call["event"]}} for call in document["calls"]]
        return msgspec.convert({**document, "calls": calls}, SavedCalls)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FactError(f"--calls {file}: not readable ({error})", hint=hint) from error


def _fewer(requests: Collection[ObservedRequest]) -> Iterator[ObservedRequest]:
    """Yield the requests without what is too many variants of one: those that are made most often stay."""
    kept: Counter[tuple[Any, ...]] = Counter()
    for one in sorted(requests, key=lambda request: -request.calls):
        place = (one.event.caller.across_sessions(), one.access)
        kept[place] += 1
        if kept[place] <= VARIANTS_AT_MOST:
            yield one


def _saved(one: ObservedRequest) -> SavedCall:
    parameters = {name: value for name, value in one.event.request_parameters.items() if name != "policy"}
    event = structs.replace(one.event, request_parameters=parameters, **_NOT_TESTED)
    return SavedCall(event, one.access, one.calls, one.succeeded, one.denied)
