"""Chooses the key policies to try: a policy alone, or those of an infrastructure document, each with its old one.

A plan tells both texts of a policy. Given as the new policy it brings its own old one; given as the old policy it means
the one before it is applied.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import structs

from trail_diff.errors import PolicyError
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.document import parse_policy, policy_from
from trail_diff.policy.documents.infrastructure.interface import NOT_KEYS, PlannedKey, Surroundings, as_list, as_object
from trail_diff.policy.documents.infrastructure.pairs import (
    are_alike,
    configuration_moves,
    keys_left_out,
    open_conditions,
    renamed,
    template_moves,
)
from trail_diff.policy.documents.infrastructure.registry import choose_keys, name_keys, read_keys, surroundings_of
from trail_diff.policy.documents.infrastructure.tags import with_tags_that_matter
from trail_diff.policy.documents.source_code import hint_for_document
from trail_diff.policy.documents.text import parse_text


def keys_to_try(
    new: object,
    old: object | None,
    asked: Collection[str] = (),
    parameters: Mapping[str, str] | None = None,
    sources: tuple[str, str] = ("", ""),
) -> tuple[PlannedKey, ...]:
    """Return the keys that are asked for (all, when none is), each with its old and its new policy.

    `new` and `old` are documents as they were parsed, `parameters` those of a template, `sources` the documents' names.

    Raises:
        PolicyError: there is no policy in a document, it is malformed, or no key of it is asked for.
    """
    with _naming(sources[1]):
        before = tuple(map(_checked, _read(old, asked, parameters) if old is not None else ()))
    documents = _unwrapped(old)[0], _unwrapped(new)[0]
    is_pair = are_alike(*documents)
    with _naming(sources[0]):
        keys = tuple(map(_checked, choose_keys(_read(new, asked, parameters), asked, before if is_pair else ())))
    if not is_pair:
        is_only = sum(key.reason not in NOT_KEYS for key in keys) == 1
        return tuple(_with_before(key, before, is_only=is_only and key.reason not in NOT_KEYS) for key in keys)
    compared = _compared(keys, before, (as_object(documents[0]), as_object(documents[1])), asked, parameters)
    return tuple(with_tags_that_matter(list(compared)))


def _compared(
    keys: Sequence[PlannedKey],
    before: Sequence[PlannedKey],
    documents: tuple[Mapping[str, Any], Mapping[str, Any]],
    asked: Collection[str],
    parameters: Mapping[str, str] | None,
) -> Iterator[PlannedKey]:
    """Yield the keys of two configurations of one tool: those of both, those that are new, and those that go.

    The key that is asked for by its ARN is one that there is; without a counterpart in the old one, none of the new is.
    """
    named = {key.address: key for name in asked for key in name_keys(before, name)}
    before = renamed([named.get(key.address, key) for key in before], documents[1])
    gone = list(keys_left_out(*documents, before, _read(documents[1], asked, parameters)))
    is_one_gone = len(gone) == 1 and gone[0].arn is None
    around = surroundings_of(asked, parameters)
    conditions = open_conditions(*documents, around)
    for key in keys:
        known = _with_before(key, [one for one in before if one.address == key.address], is_only=False)
        is_new = key.change == "deployed" and key.reason is None and known is key
        arns = {name for name in key.names if ":key/" in name and is_new and is_one_gone}
        if key.address in conditions and not is_new:
            known = structs.replace(known, change="changed", after=None, unknown=conditions[key.address])
        yield structs.replace(key, change="created", names=key.names - arns) if is_new else known
        gone = [structs.replace(one, names=one.names | arns) for one in gone]
    yield from gone
    yield from (*template_moves(*documents, around), *configuration_moves(*documents, around))


@contextmanager
def _naming(source: str) -> Iterator[None]:
    """Name the document in what is said to be wrong with it."""
    try:
        yield
    except PolicyError as error:
        message = f"{source}: {error.message}" if source else error.message
        raise PolicyError(message, hint=error.hint) from error


def is_of_keys(document: object) -> bool:
    """Check whether a document is one of an infrastructure tool, with or without keys in it."""
    return isinstance(document, Mapping) and (
        bool({"resource_changes", "planned_values", "Resources", "Changes", "steps", "deployment"} & set(document))
        or isinstance(document.get("resource"), Mapping)
    )


def _read(content: object, asked: Collection[str], parameters: Mapping[str, str] | None) -> tuple[PlannedKey, ...]:
    document, given = _unwrapped(content)
    parameters = {**given, **(parameters or {})}
    if isinstance(document, list) and any(map(is_of_keys, document)):
        return _read_several(document, surroundings_of(asked, parameters))
    if isinstance(document, Mapping):
        keys = read_keys(document, surroundings_of(asked, parameters))
        if keys or is_of_keys(document):
            return keys
        hint = hint_for_document(document)
        if hint is not None:
            raise PolicyError("no policy in it", hint=hint)
    policy = policy_from(content)
    names = [frozenset({name}) for name in asked] or [frozenset[str]()]
    return tuple(PlannedKey("", "deployed", name, after=policy) for name in names)


def _read_several(documents: Sequence[Any], surroundings: Surroundings) -> tuple[PlannedKey, ...]:
    """Return the keys of several plans, as Terragrunt prints those of its units one after another.

    Raises:
        PolicyError: not all are plans: of two templates nothing says which is deployed, or whether both are.
    """
    if not all("resource_changes" in as_object(one) for one in documents):
        raise PolicyError(f"{len(documents)} documents in it", hint="give each as a file of its own")
    keys = [(place, key) for place, one in enumerate(documents) for key in read_keys(one, surroundings)]
    return tuple(structs.replace(key, path=f"/{place}{key.path}") for place, key in keys)


def _unwrapped(content: object) -> tuple[object, dict[str, str]]:
    """Return a template out of the answer of GetTemplate or DescribeStackSet, or what the Serverless Framework packs.

    A stack set has its parameters beside its template; their values come second.
    """
    given: dict[str, str] = {}
    if isinstance(content, Mapping) and isinstance(content.get("StackSet"), Mapping):
        content = as_object(content["StackSet"])
        listed = map(as_object, as_list(content.get("Parameters")))
        given = {str(one.get("ParameterKey")): str(one["ParameterValue"]) for one in listed if "ParameterValue" in one}
    packaged = as_object(as_object(as_object(content).get("service")).get("provider"))
    content = packaged.get("compiledCloudFormationTemplate", content)
    if isinstance(content, Mapping) and "TemplateBody" in content:
        body = content["TemplateBody"]
        return parse_text(body.encode()) if isinstance(body, str) else body, given
    return content, given


def _with_before(key: PlannedKey, old: Sequence[PlannedKey], *, is_only: bool) -> PlannedKey:
    """Return a key with its old policy: of the same key in the old document, or of the only one in both."""
    same = [one for one in old if one.address == key.address or not one.names.isdisjoint(key.names)]
    same = same or (list(old) if is_only and len(old) == 1 else [])
    if not same:
        return key
    before = same[0].after if same[0].change == "deployed" else same[0].before
    is_changed = key.change == "deployed" and key.unknown is None
    change = ("unchanged" if before == key.after else "changed") if is_changed else key.change
    is_as_before = same[0].reason is key.reason is Reason.KEY_IS_DISABLED and same[0].change == key.change == "deployed"
    reason = None if is_as_before else key.reason
    tags = same[0].tags[1], key.tags[1]
    return structs.replace(key, before=before, change=change, reason=reason, tags=tags)


def _checked(key: PlannedKey) -> PlannedKey:
    return structs.replace(key, before=_check(key.before), after=_check(key.after))


def _check(policy: Any) -> dict[str, Any] | None:
    return None if policy is None else parse_policy(policy)
