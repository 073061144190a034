"""Decides requests: `evaluate` with every statement and reason, `decide` for the bare decision, many times over."""

from collections.abc import Iterator, Sequence

from trail_diff.model.codes import Decided, Grade
from trail_diff.model.decisions import StatementOutcome
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import CompiledPolicies, compile_policies
from trail_diff.policy.decide.grants import Grant
from trail_diff.policy.decide.layers import Layers
from trail_diff.policy.decide.ruling import Ruling, rule
from trail_diff.policy.decide.statements import Statement
from trail_diff.policy.request.domains import highest, lowest
from trail_diff.policy.request.interface import Decision, PolicySet, PrincipalKind, Request
from trail_diff.policy.request.view import RequestView


def evaluate(request: Request, policies: PolicySet | CompiledPolicies) -> Decision:
    """Decide a request and tell why.

    The statements are those of all layers that apply to the caller and are given.
    """
    compiled = policies if isinstance(policies, CompiledPolicies) else compile_policies(policies)
    view = RequestView(request, has_boundary=compiled.has_boundary)
    ruling, layers = rule(view, compiled)
    tested = [(test, test.outcome(view)) for test in _tests(layers, compiled, view)]
    open_tests = [(test, outcome) for test, outcome in tested if _is_open(test, outcome, ruling)]
    reasons = [*ruling.reasons, *(reason for _test, outcome in open_tests for reason in _reasons_of(outcome))]
    return Decision(
        ruling.decision,
        ruling.layer,
        tuple(outcome for _test, outcome in tested),
        tuple(sorted({key for test, _outcome in open_tests for key in test.undecided_keys(view)})),
        tuple(dict.fromkeys(reasons)),
        _grade(ruling, [outcome for _test, outcome in tested], [outcome for _test, outcome in open_tests]),
    )


def decide(request: Request, policies: CompiledPolicies) -> Decided:
    """Decide a request against compiled policies, quickly and without telling why."""
    return rule(RequestView(request, has_boundary=policies.has_boundary), policies)[0].decision


def _grade(ruling: Ruling, tested: Sequence[StatementOutcome], still_open: Sequence[StatementOutcome]) -> Grade:
    """Return the lowest grade that a decision rests on; of several statements that each decide it, the best one's."""
    match ruling.decision:
        case "explicit-deny":
            return highest(one.grade for one in tested if one.effect == "Deny" and one.outcome == "match")
        case "allowed":
            allows = (one for one in tested if one.effect == "Allow" and one.outcome == "match")
            spared = lowest(one.grade for one in tested if one.effect == "Deny")
            return lowest((highest(one.grade for one in allows if one.layer == ruling.layer), spared))
        case "implicit-deny":
            return lowest(one.grade for one in tested if one.effect == "Allow" and one.outcome == "no-match")
        case _:
            return lowest(one.grade for one in still_open)


def _tests(layers: Layers, compiled: CompiledPolicies, view: RequestView) -> Iterator[Statement | Grant]:
    for document in layers.documents:
        yield from document.statements
    if view.principal.kind is not PrincipalKind.ANONYMOUS:
        yield from compiled.grants or ()


def _is_open(test: Statement | Grant, outcome: StatementOutcome, ruling: Ruling) -> bool:
    if outcome.outcome != "unknown" or ruling.decision != "undetermined":
        return False
    effects = test.effects if isinstance(test, Statement) else {"Allow"}
    may_deny = "Deny" in effects and outcome.layer in ruling.open_denies
    return may_deny or ("Allow" in effects and outcome.layer in ruling.open_allows)


def _reasons_of(outcome: StatementOutcome) -> Iterator[Reason]:
    known = (Reason.PRINCIPAL_MATCHES, Reason.PRINCIPAL_ACCOUNT_MATCHES, Reason.PRINCIPAL_IS_ANYONE)
    yield from (reason for reason in outcome.reasons if reason not in known)
    yield from (condition.reason for condition in outcome.conditions if condition.outcome == "unknown")
