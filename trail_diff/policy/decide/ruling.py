"""Puts the layers together: an explicit Deny wins, then what the caller's sort needs must allow the call.

From the IAM User Guide ("Policy evaluation logic", "Cross-account policy evaluation logic") and the KMS Developer Guide
("Key policies": who is named by the key policy, and what delegation to the account means).
"""

from msgspec import Struct

from trail_diff.model.codes import Decided, Layer
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.decide.layers import NOT_GIVEN, Layers, Term, all_of, any_of
from trail_diff.policy.elements.principal_elements import Naming
from trail_diff.policy.request.view import RequestView


class Ruling(Struct, frozen=True):
    """The decision without its statements.

    `reasons` is complete but for what statements have to say; `open_denies` and `open_allows` are the layers whose
    statements of that effect keep an undetermined decision open.
    """

    decision: Decided
    layer: Layer | None
    reasons: tuple[Reason, ...]
    open_denies: frozenset[Layer] = frozenset()
    open_allows: frozenset[Layer] = frozenset()


class _Path(Struct, frozen=True):
    """One way to be allowed: the layer that gives it, and whether it does."""

    layer: Layer
    term: Term


_REASON_OF_ALLOW: dict[Layer, Reason] = {
    "key-policy": Reason.KEY_POLICY_ALLOWS,
    "grant": Reason.GRANT_ALLOWS,
    "identity-policy": Reason.IDENTITY_POLICY_ALLOWS,
}


def rule(view: RequestView, policies: CompiledPolicies) -> tuple[Ruling, Layers]:
    """Decide a request."""
    layers = Layers(view, policies)
    denying = next((layer for layer, matched in layers.denials if matched == "match"), None)
    if denying is not None:
        return Ruling("explicit-deny", denying, (Reason.STATEMENT_DENIES,)), layers
    paths = _paths(view, layers)
    allowed = all_of((any_of([path.term for path in paths]), layers.scp, layers.endpoint))
    if allowed[0] == "no-match" and not layers.denials:
        layer, reason = _lack(layers, paths)
        return Ruling("implicit-deny", layer, (reason,)), layers
    may_be_silent_deny = allowed[0] != "no-match" and bool(layers.silent)
    if allowed[0] == "match" and not layers.denials and not may_be_silent_deny:
        layer = next(path.layer for path in paths if path.term[0] == "match")
        return Ruling("allowed", layer, (_REASON_OF_ALLOW[layer],)), layers
    return _undetermined(layers, allowed), layers


def _undetermined(layers: Layers, allowed: Term) -> Ruling:
    open_denies = frozenset(layer for layer, _matched in layers.denials)
    causes = allowed[1] if allowed[0] == "unknown" else ()
    open_layers: list[Layer] = [cause for cause in causes if not isinstance(cause, Reason)]
    silent = [layer for layer in layers.silent if allowed[0] != "no-match"]
    reasons = [cause for cause in causes if isinstance(cause, Reason)]
    reasons += [NOT_GIVEN["grant"]] if "grant" in open_layers and not layers.are_grants_given else []
    reasons += [NOT_GIVEN[layer] for layer in silent]
    if layers.service_linked is None and open_denies & {"scp", "rcp"}:
        reasons.append(Reason.SERVICE_LINKED_ROLE_POSSIBLE)
    at_stake = {*open_denies, *open_layers, *silent}
    layer = next(iter(at_stake)) if len(at_stake) == 1 else None
    return Ruling("undetermined", layer, tuple(dict.fromkeys(reasons)), open_denies, frozenset(open_layers))


def _paths(view: RequestView, layers: Layers) -> list[_Path]:
    if layers.is_retiring:
        return _paths_of_retiring(layers)
    if not layers.has_account:
        return [_Path("key-policy", layers.key_allows()), _Path("grant", layers.grant)]
    if view.key_account is None or view.principal.account is None:
        return _paths_of_unknown_account(layers)
    return _paths_at_home(layers) if view.key_account == view.principal.account else _paths_across(layers)


def _paths_of_retiring(layers: Layers) -> list[_Path]:
    """Return the ways to retire a grant: the grant says who may; so may the account that made it, and whom it lets."""
    paths = [_Path("grant", layers.grant)]
    if layers.has_account:
        own = all_of((layers.identity, layers.boundary, layers.session))
        paths.append(_Path("identity-policy", all_of((own, ("unknown", (Reason.RETIRE_GRANT_BY_ACCOUNT,))))))
    return paths


def _paths_at_home(layers: Layers) -> list[_Path]:
    """Return the ways for a caller of the key's account, each alone sufficient."""
    direct = _Path("key-policy", layers.key_allows(Naming.DIRECT))
    if direct.term[0] == "match":
        return [direct]
    limits = all_of((layers.boundary, layers.session))
    account = layers.key_allows(Naming.ACCOUNT)
    anyone = _unless_limited(layers.key_allows(Naming.ANYONE), limits, Reason.LIMIT_AND_WILDCARD_PRINCIPAL)
    return [
        direct,
        _Path("key-policy", all_of((layers.key_allows(Naming.ROLE), limits))),
        _Path("key-policy", anyone),
        _Path("identity-policy", all_of((account, layers.identity, limits))),
        _Path("grant", _unless_limited(layers.grant, limits, Reason.LIMIT_AND_GRANT)),
    ]


def _paths_across(layers: Layers) -> list[_Path]:
    """Return the ways for a caller of another account, whose own account must allow the call as well."""
    own = all_of((layers.identity, layers.boundary, layers.session))
    return [
        _Path("key-policy", all_of((layers.key_allows(), own))),
        _Path("grant", _unless_limited(layers.grant, own, Reason.GRANT_ACROSS_ACCOUNTS)),
    ]


def _paths_of_unknown_account(layers: Layers) -> list[_Path]:
    home, across = _paths_at_home(layers), _paths_across(layers)
    terms = any_of(path.term for path in home), any_of(path.term for path in across)
    if terms[0][0] == terms[1][0]:
        return across
    return [
        _Path("key-policy", ("unknown", tuple(dict.fromkeys((*terms[0][1], *terms[1][1], Reason.ACCOUNT_NOT_KNOWN)))))
    ]


def _unless_limited(term: Term, limits: Term, reason: Reason) -> Term:
    """Hold a term open where AWS does not say whether the limits apply to it."""
    if limits[0] == "match" or term[0] == "no-match":
        return term
    return ("unknown", tuple(dict.fromkeys((*term[1], *limits[1], reason))))


def _lack(layers: Layers, paths: list[_Path]) -> tuple[Layer, Reason]:
    """Find the layer whose missing Allow keeps the call out, in the order in which a reader would mend it."""
    if any_of(path.term for path in paths)[0] != "no-match":
        if layers.scp[0] == "no-match":
            return "scp", Reason.NO_SCP_ALLOW
        return "vpc-endpoint-policy", Reason.NO_VPC_ENDPOINT_POLICY_ALLOW
    if any_of((layers.key_allows(), layers.grant))[0] == "no-match":
        lacking: tuple[Layer, Reason] = ("key-policy", Reason.NO_KEY_POLICY_ALLOW)
        return ("grant", Reason.RETIRE_GRANT_NOT_IN_POLICY) if layers.is_retiring else lacking
    if layers.boundary[0] == "no-match":
        return "permissions-boundary", Reason.NO_PERMISSIONS_BOUNDARY_ALLOW
    if layers.session[0] == "no-match":
        return "session-policy", Reason.NO_SESSION_POLICY_ALLOW
    return "identity-policy", Reason.NO_IDENTITY_POLICY_ALLOW
