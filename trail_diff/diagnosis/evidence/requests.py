"""Whether two calls are the same request, as far as a statement tests it. Pure."""

from collections.abc import Iterable

from trail_diff.case.usage_history import facets_of
from trail_diff.diagnosis.evidence.tested_state import changes_of_tested
from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import Hypothesis
from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.learnt import Facets

_OF_TIME = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:multifactorauthage")
_OF_THE_SESSION = ("aws:userid", "aws:principaltag", "aws:sourceidentity")
_OF_THE_CONTEXT = ("kms:encryptioncontext", "aws:sourcearn")
"""What a service works for, as a vault, stands in the context and is what it sends as the source."""
_OF_THE_REQUEST = (
    "kms:grant",
    "kms:retiring",
    "kms:recipientattestation",
    "kms:wrapping",
    "kms:validto",
    "kms:requestalias",
    "kms:encryptionalgorithm",
    "kms:signingalgorithm",
    "kms:macalgorithm",
    "kms:keyagreementalgorithm",
    "kms:messagetype",
)
"""What a request asks for, which the facets of a call do not keep."""


def explained_for(examined: Examined, hypothesis: Hypothesis) -> Explained | None:
    """Return how the policies decide the call that a hypothesis is about."""
    call = hypothesis.call()
    for one in examined.explained:
        if (one.group.caller.across_sessions(), one.group.action) == call and one.key == hypothesis.key:
            return one
    return None


def outcome_of(explained: Explained, hypothesis: Hypothesis) -> StatementOutcome | None:
    """Return what became of the statement that a hypothesis blames."""
    wanted = hypothesis.statement
    for one in explained.then.statements:
        if wanted is not None and one.layer == "key-policy" and one.index == wanted.index:
            return one
    return None


def tested_keys(statements: Iterable[StatementOutcome]) -> frozenset[str]:
    """Return the condition keys that statements test, in lower case."""
    return frozenset(condition.key.lower() for one in statements for condition in one.conditions)


def is_same_request(one: Facets, other: Facets, tested: frozenset[str]) -> bool | None:
    """Check whether two calls of one caller are alike in all that is tested; None where records cannot tell.

    What differs from call to call is compared; what the caller is stays the same. Times never are the same.
    """
    if any(key in _OF_TIME or key.startswith(_OF_THE_REQUEST) for key in tested):
        return None
    is_untold = one.encryption_context is None or other.encryption_context is None
    if is_untold and any(key.startswith(_OF_THE_CONTEXT) for key in tested):
        return None
    pairs = (
        (_OF_THE_CONTEXT, one.encryption_context == other.encryption_context),
        (("aws:sourceip", "aws:vpcsourceip"), one.source_ip_address == other.source_ip_address),
        (("aws:sourcevpc", "aws:vpce"), one.vpc_endpoint_id == other.vpc_endpoint_id),
        (_OF_THE_SESSION, one.principal_id == other.principal_id),
        (("aws:multifactorauthpresent",), one.mfa_authenticated == other.mfa_authenticated),
        (("aws:requestedregion",), one.aws_region == other.aws_region),
    )
    return all(same or not any(key.startswith(names) for key in tested) for names, same in pairs)


def worked_alike(examined: Examined, explained: Explained, tested: frozenset[str]) -> bool | None:
    """Check whether the succeeded job's calls of a group were the request that the failed job made, or would have made.

    A call that is missing is taken to be the succeeded job's own; None where records cannot tell, or where something
    that is tested was changed since.
    """
    group = explained.group
    worked = group.succeeded.last
    if worked is not None and changes_of_tested(examined, group.caller, explained.key, tested, worked):
        return None
    if group.succeeded.calls <= group.succeeded.errors or explained.call is None or examined.case.succeeded is None:
        return None
    own = facets_of(explained.call[0])
    told = [
        is_same_request(own, facets_of(tie.event), tested)
        for tie in examined.case.succeeded.events
        if tie.event.error_code is None
        and tie.event.caller.across_sessions() == group.caller.across_sessions()
        and any(access.action == group.action for access in tie.event.accesses)
    ]
    return True if True in told else None if None in told or not told else False
