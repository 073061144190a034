"""All readers of infrastructure documents, and the choice of the key that is asked about."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import structs

from trail_diff.arns import arn_account, arn_region, is_alias, is_same_alias, plain_key
from trail_diff.errors import PolicyError
from trail_diff.model.reasons import Reason
from trail_diff.policy.documents.infrastructure.cloudformation import read_change_set, read_template
from trail_diff.policy.documents.infrastructure.interface import (
    NOT_KEYS,
    PlannedKey,
    Reader,
    Surroundings,
    as_list,
    as_object,
)
from trail_diff.policy.documents.infrastructure.others import read_resource_description
from trail_diff.policy.documents.infrastructure.parts import MACRO_PATH
from trail_diff.policy.documents.infrastructure.pulumi import read_pulumi_preview, read_pulumi_stack
from trail_diff.policy.documents.infrastructure.tags import with_tags_that_matter
from trail_diff.policy.documents.infrastructure.terraform import read_terraform
from trail_diff.policy.documents.infrastructure.terraform_syntax import read_terraform_json
from trail_diff.policy.documents.names import find_repeated, parse_json
from trail_diff.policy.documents.unresolved import expressions_in

READERS: Sequence[Reader] = (
    read_terraform,
    read_terraform_json,
    read_template,
    read_change_set,
    read_pulumi_preview,
    read_pulumi_stack,
    read_resource_description,
)
_TEXTS_AT_MOST = 2
_DEPLOYED = "give the policy as it was deployed: aws kms get-key-policy --policy-name default --key-id …"
NOWHERE = Surroundings()
"""Nothing is known of where a document is applied."""

_UNFINISHED = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS", "FAILED"})
_NOTHING_TO_CHANGE = ("didn't contain changes", "No updates are to be performed")
"""Why CloudFormation lets a change set fail that has nothing to change."""
_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/")


def read_keys(document: Mapping[str, Any], surroundings: Surroundings = NOWHERE) -> tuple[PlannedKey, ...]:
    """Return every KMS key of a document, its policies parsed; () where it is no document of an infrastructure tool.

    Raises:
        PolicyError: the document tells only a part of what would be applied, or gives a name twice.
    """
    _check_whole(document)
    twice = find_repeated(document)
    if twice is not None:
        raise PolicyError(f"it gives {twice[1]} twice at {twice[0] or '/'}", hint="only one can count: leave one out")
    found = [key for reader in READERS for key in reader(document, surroundings)]
    return tuple(with_tags_that_matter([_parsed(key) for key in found]))


def _check_whole(document: Mapping[str, Any]) -> None:
    """Check that a document tells all that would be applied.

    Raises:
        PolicyError: it does not, so that nothing could be said of what it leaves out.
    """
    if document.get("errored") is True and "resource_changes" in document:
        raise PolicyError("the plan ended in an error, so it is not whole", hint="plan again once that is corrected")
    if "Changes" in document:
        _check_change_set(document)
    errors = [one for one in as_list(document.get("diagnostics")) if as_object(one).get("severity") == "error"]
    if "steps" in document and errors:
        raise PolicyError("the preview ended in an error, so it is not whole", hint="preview again once it succeeds")


def _check_change_set(document: Mapping[str, Any]) -> None:
    if document.get("NextToken"):
        raise PolicyError("the change set goes on, on another page", hint="describe it without --max-items")
    status, why = document.get("Status"), str(document.get("StatusReason"))
    if status in _UNFINISHED and not any(words in why for words in _NOTHING_TO_CHANGE):
        raise PolicyError(f"the change set is {status}, so it is not whole", hint="describe it again once it is made")


def choose_keys(
    keys: Sequence[PlannedKey], asked: Collection[str], old: Sequence[PlannedKey] = ()
) -> tuple[PlannedKey, ...]:
    """Return the keys of a document that are asked for, by ARN, id, alias, address, or the name of what they encrypt.

    `ADDRESS=ARN` says which ARN a key of the document has. One key alone, whose ARN the document does not tell, is the
    one that is asked for, unless it is in a part that was not read: such parts are returned as well. So are macros,
    which may change any key. One of the `old` keys may be asked for, which the document has no more.

    Raises:
        PolicyError: no key of the document has a name that is asked for.
    """
    if not asked:
        return tuple(keys)
    chosen = {(key.address, key.names): key for name in asked for key in name_keys(keys, name)}
    if not chosen and not any(one for name in asked for one in name_keys(old, name)):
        whole, parts = _split(keys)
        only = [key for key in whole if len(whole) == 1 and key.arn is None]
        if not only and (whole or not parts):
            told = ", ".join(f"{key.address} ({key.arn or 'ARN not in it'})" for key in keys)
            raise PolicyError(
                f"no key in it is {', '.join(asked)}; it has {told or 'no KMS key at all'}",
                hint="name one of them with --key, or say which ARN one has: --key ADDRESS=ARN",
            )
        named = [structs.replace(key, names=key.names | set(map(plain_key, asked))) for key in only]
        return (*named, *parts)
    macros = {(key.address, key.names): key for key in keys if key.path == MACRO_PATH}
    return tuple({**chosen, **macros}.values())


def _split(keys: Sequence[PlannedKey]) -> tuple[list[PlannedKey], list[PlannedKey]]:
    """Return the keys, and what else was not tried: parts that may hold keys, grants that go."""
    parts = [key for key in keys if key.reason in NOT_KEYS]
    return [key for key in keys if key not in parts], parts


def only_policy(document: Mapping[str, Any]) -> Any | None:
    """Return the policy of the only key of a document, as it will be.

    None where the document is none of an infrastructure tool.

    Raises:
        PolicyError: there are several keys with different policies, or the policy is not known.
    """
    keys, _parts = _split(read_keys(document))
    if not keys:
        return None
    chosen = [key for key in keys if key.change != "deleted"]
    policies = {json.dumps(key.after, sort_keys=True, default=str): key for key in chosen}
    if len(policies) > 1:
        raise PolicyError(
            f"several key policies in it: {', '.join(key.address for key in chosen)}",
            hint="name the key in question with --key",
        )
    key = next(iter(policies.values()), None)
    if key is None or key.after is None:
        raise PolicyError(_why_none(key), hint=_DEPLOYED)
    return key.after


def _why_none(key: PlannedKey | None) -> str:
    if key is None:
        return "the only key in it is deleted"
    if key.reason is Reason.POLICY_NOT_TOLD:
        return f"{key.address}: the policy is not in it: {key.unknown}"
    if key.unknown:
        return f"{key.address}: the policy is not known before it is applied; it is made from {key.unknown}"
    return f"{key.address} has no policy in it, so AWS gives it the default one"


def surroundings_of(asked: Collection[str], parameters: Mapping[str, str] | None = None) -> Surroundings:
    """Return what the key that is asked for tells of where a template is deployed."""
    arn = next((found[0] for name in asked if (found := _ARN.search(name))), None)
    return Surroundings(
        parameters or {},
        arn_account(arn) if arn else None,
        arn_region(arn) if arn else None,
        arn.split(":")[1] if arn else None,
        dict(name.split("=", 1) for name in asked if "=arn:" in name),
    )


def name_keys(keys: Sequence[PlannedKey], name: str) -> Iterator[PlannedKey]:
    """Yield the keys that have a name, with the ARN that it says they or their alias have."""
    address, equals, arn = name.partition("=arn:")
    for key in keys:
        if equals and address in key.names:
            yield structs.replace(key, names=key.names | {f"arn:{arn}"})
        elif not equals and any(_is_same(name, one) for one in key.names):
            short = {one for one in key.names if is_alias(name) and name != one and _is_same(name, one)}
            yield structs.replace(key, names=(key.names - short) | {name}) if short else key


def _is_same(asked: str, name: str) -> bool:
    asked, name = plain_key(asked), plain_key(name)
    if is_alias(asked):
        return is_same_alias(asked, name)
    return asked == name or name.endswith((f":key/{asked}", f":{asked}")) or asked.endswith(f":key/{name}")


def _parsed(key: PlannedKey) -> PlannedKey:
    """Return a key with its policies parsed; two texts of one policy are no change."""
    before, after = _policy(key.before), _policy(key.after)
    is_same = key.change == "changed" and before == after and key.unknown is None
    unknown = key.unknown or _unknown_statement(after)
    return structs.replace(
        key,
        before=before,
        after=None if unknown else after,
        unknown=unknown,
        change="unchanged" if is_same else key.change,
    )


def _unknown_statement(policy: Any) -> str | None:
    """Return the expression of what has to be known of a policy and is not: then the policy as a whole is not."""
    if isinstance(policy, str):
        return next(iter(expressions_in(policy)), None)
    statements = as_object(policy).get("Statement")
    for one in statements if isinstance(statements, list) else [statements]:
        for told in _forms(one):
            found = expressions_in(told) if isinstance(told, str) else ()
            if found:
                return found[0]
    return None


def _forms(statement: object) -> Iterator[object]:
    """Yield a statement, and those parts of it that have a form of their own: text in their place is not known."""
    parts = [as_object(statement).get(name) for name in ("Effect", "Principal", "NotPrincipal", "Condition")]
    operators = as_object(parts[-1])
    yield from (statement, *parts, *operators.values())
    yield from (name for part in (*parts, *operators.values()) for name in as_object(part))


def _policy(value: Any) -> Any:
    """Return a policy that stands as JSON text as the object it is; other text is left as it is.

    AWS Config has it as text of text.
    """
    for _ in range(_TEXTS_AT_MOST):
        if isinstance(value, str):
            with suppress(ValueError, RecursionError):
                value = parse_json(value)
    return value
