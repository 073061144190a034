"""Questions about all calls on keys, whatever the job: who makes them, and what a new policy would do to them.

Calls are read as `inputs` says, or saved once and read again later; a file that is given as text is read here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from trail_diff.errors import FactError, UsageError
from trail_diff.gather.key_facts import Document, FactFiles
from trail_diff.inputs import Inputs, count_inputs, gather_facts, gather_policy
from trail_diff.model.learnt import Coverage
from trail_diff.model.lists import CallerUse
from trail_diff.model.what_if import WhatIf
from trail_diff.usage.callers import CallerCount

if TYPE_CHECKING:
    from datetime import datetime

    from trail_diff.policy.documents.infrastructure.interface import PlannedKey
    from trail_diff.usage.known_calls import KnownCalls
    from trail_diff.usage.saved_calls import SavedCalls


def list_callers(inputs: Inputs, keys: Sequence[str] = ()) -> tuple[tuple[CallerUse, ...], Coverage]:
    """Count who made which KMS calls, on all keys or on the given ones."""
    count = CallerCount(inputs.renamed(keys))
    coverage = count_inputs(structs.replace(inputs, keys=tuple(keys)), count)
    return count.rows(), coverage


def save_calls(
    inputs: Inputs, taken: "datetime", keys: Sequence[str] = ()
) -> tuple[str, tuple[CallerUse, ...], Coverage]:
    """Collect the distinct calls of a period as a file that is replayed without the log, and who made which calls."""
    from trail_diff.usage.saved_calls import CallsToSave, encode_calls

    count = CallsToSave(inputs.renamed(keys))
    coverage = count_inputs(structs.replace(inputs, keys=tuple(keys)), count)
    saved = count.saved(coverage, taken, (inputs.options.start, inputs.options.end))
    return encode_calls(saved), count.rows(), coverage


def load_calls(file: str) -> "SavedCalls":
    """Read calls that were saved.

    Raises:
        FactError: the file cannot be read, or holds something else.
    """
    from trail_diff.usage.saved_calls import parse_calls

    return parse_calls(_read_bytes(file, "--calls"), file)


def locate_policies(report: WhatIf, file: str) -> WhatIf:
    """Return a replay that tells where the document of the new policy has what it is about.

    Raises:
        FactError: the file cannot be read.
    """
    from trail_diff.gather.packed import unpacked
    from trail_diff.usage.locations import locate

    return locate(report, file, unpacked(_read_bytes(file, "--plan")))


def _read_bytes(file: str, option: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise FactError(
            f"{option} {file}: {error.strerror or error}", hint="check the path; the file must be readable"
        ) from error


def try_policy(
    inputs: Inputs,
    old: str | Document | None,
    keys: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
    calls: "SavedCalls | KnownCalls | None" = None,
) -> WhatIf:
    """Try the policy, or the plan, in `inputs.facts` on observed calls: read now, or saved before.

    Without either, it is tried on those calls that AWS is known to make: a service, AWS Backup by default.

    Raises:
        TrailDiffError: what could not be used, with a hint.
    """
    from trail_diff.policy.documents.tried import keys_to_try
    from trail_diff.redaction.case import redact_keys, redact_source
    from trail_diff.usage.gate import names_of, policies_of, replay_saved, try_keys
    from trail_diff.usage.known_calls import KnownCalls
    from trail_diff.usage.moves import has_moves
    from trail_diff.usage.requests import ObservedRequests

    known = calls if isinstance(calls, KnownCalls) else None
    saved = None if isinstance(calls, KnownCalls) else calls
    inputs = structs.replace(inputs, keys=tuple(keys))
    asked = inputs.renamed(keys)
    given = structs.replace(inputs, redactor=None)
    new = gather_policy(given)
    before = gather_policy(structs.replace(given, facts=FactFiles(key_policy=old)), "--old")
    if new is None:
        raise UsageError("no policy to try", hint="give it with --key-policy")
    new, before = _with_parts(new), _with_parts(before) if before else None
    sources = new.source, before.source if before else ""
    tried = keys_to_try(new.content, before.content if before else None, keys, parameters, sources)
    if inputs.redactor is not None:
        tried = redact_keys(tried, inputs.redactor)
        sources = redact_source(sources[0], inputs.redactor), redact_source(sources[1], inputs.redactor)
    facts = gather_facts(structs.replace(inputs, facts=structs.replace(inputs.facts, key_policy=None)))
    if saved is None and inputs.is_live and not inputs.aws.profiles and inputs.aws.engine is None:
        return _with_all_doubts(try_keys(tried, facts, None, known=known), tried, sources)
    policies = policies_of(tried, facts)
    observed = ObservedRequests(policies, names_of(tried, asked), tells_names=has_moves(tried))
    if saved is None:
        coverage = count_inputs(inputs, observed)
        return _with_all_doubts(try_keys(tried, facts, observed, coverage, known), tried, sources)
    report = replay_saved(tried, facts, saved, observed, is_told_apart=observed.are_told_apart(policies))
    return _with_all_doubts(report, tried, sources)


def _with_parts(document: Document) -> Document:
    from trail_diff.gather.parts import with_parts

    return structs.replace(document, content=with_parts(document.content, document.source))


def _with_all_doubts(report: WhatIf, tried: "Sequence[PlannedKey]", sources: tuple[str, str]) -> WhatIf:
    from trail_diff.policy.documents.doubts import with_doubts

    coverage = report.coverage
    for key in tried:
        coverage = with_doubts(coverage, key.after, sources[0])
        coverage = with_doubts(coverage, key.before, sources[1] or sources[0])
    return structs.replace(report, coverage=coverage)
