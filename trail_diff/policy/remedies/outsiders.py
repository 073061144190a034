"""Who must not gain access by a remedy: made-up strangers, and bystanders that were seen to be refused."""

from collections.abc import Iterator, Mapping

from msgspec import structs

from trail_diff.model.codes import Decided
from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.evaluate import decide
from trail_diff.policy.remedies.fixes import compile_policy
from trail_diff.policy.remedies.situation import Candidate, Situation
from trail_diff.policy.request.domains import Domain, Value
from trail_diff.policy.request.interface import PolicySet, Principal, PrincipalKind, Request

_STRANGER_ACCOUNT = "000000000000"
_IDENTITY_KEYS = frozenset(
    ("aws:principalarn", "aws:principalaccount", "kms:calleraccount", "aws:userid", "aws:username", "aws:principaltype")
)
_PERMISSIVENESS: Mapping[Decided, int] = {"explicit-deny": 0, "implicit-deny": 0, "undetermined": 1, "allowed": 2}


def lets_in_others(situation: Situation, candidate: Candidate) -> bool:
    """Check whether a change lets somebody get further than before.

    That is decided with nothing known of identity policies, and of grants, and once more without grants: in the one an
    Allow that is too wide does not show, in the other a Deny that is gone. A statement that only comes back may leave
    it to another account again whom it lets in.
    """
    identity = () if candidate.id == "restore-statement" else None
    policies = situation.policy, candidate.draft.policy
    versions = (
        [compile_policy(policy, situation) for policy in policies],
        [
            compile_policies(PolicySet.assuming_no_limits(policy, situation.grants or (), identity))
            for policy in policies
        ],
    )
    outsiders = list(_kept_out(situation, candidate))
    return any(_gets_further(request, old, new) for old, new in versions for request in outsiders)


def _kept_out(situation: Situation, candidate: Candidate) -> Iterator[Request]:
    """Yield whom a change may not let in: strangers, and other callers that were refused and are not to be helped.

    What exempts services by what they are lets in those that were seen refused as well; its risks say so.
    """
    yield from _strangers(situation)
    for call in situation.observed:
        is_service = call.request.principal.kind is PrincipalKind.SERVICE
        if not call.is_target and not call.succeeded and not (is_service and candidate.id in _EXEMPTS_ALL):
            yield call.request


_EXEMPTS_ALL = frozenset({"exempt-service-principals", "require-principal-arn", "exempt-by-source-account"})


def _strangers(situation: Situation) -> Iterator[Request]:
    """Yield requests of roles that nobody has seen, of the same accounts and of another: plain, and made alike."""
    helped = (call.request.principal.account for call in situation.observed if call.is_target)
    for account in dict.fromkeys(filter(None, (situation.account, _STRANGER_ACCOUNT, *helped))):
        role = f"arn:aws:iam::{account}:role/stranger"
        context = {
            "aws:PrincipalArn": role,
            "aws:PrincipalAccount": account,
            "kms:CallerAccount": account,
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
        }
        for call in situation.observed:
            seen = call.request
            plain = Request(
                principal=Principal(PrincipalKind.ROLE, role, account, role),
                action=seen.action,
                resource=seen.resource,
                context=context,
                resource_account=seen.resource_account or situation.account,
            )
            yield plain
            if seen.principal.kind is not PrincipalKind.SERVICE:
                yield structs.replace(plain, context=_made_alike(context, seen))


def _made_alike(own: Mapping[str, str], seen: Request) -> dict[str, Value | Domain]:
    """Return the keys of a stranger that calls just as somebody was seen to, but for who it is."""
    usual = {**seen.usual.names, **dict(seen.usual.prefixes)}
    known = {name.lower(): value for name, value in seen.context.items()}
    stranger = {name.lower(): value for name, value in own.items()}
    alike = {name: value for name, value in {**usual, **known}.items() if not _is_of_the_caller(name)}
    return {**stranger, **alike}


def _is_of_the_caller(key: str) -> bool:
    """Check whether a key tells who calls: a stranger has neither the name nor the tags of somebody who was seen."""
    return key in _IDENTITY_KEYS or key.startswith("aws:principaltag/")


def _gets_further(request: Request, old: CompiledPolicies, new: CompiledPolicies) -> bool:
    """Check whether somebody gets further than before."""
    return _PERMISSIVENESS[decide(request, new)] > _PERMISSIVENESS[decide(request, old)]
