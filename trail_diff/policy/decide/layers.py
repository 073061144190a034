"""Which layers apply to a caller, and what each says: a Deny, an Allow, neither, or that it is not known.

From the IAM User Guide ("Policy evaluation logic"), the Organizations User Guide (SCPs, RCPs) and the PrivateLink Guide
(endpoint policies). RCPs always allow: AWS attaches RCPFullAWSAccess, which cannot be detached.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce

from trail_diff.model.codes import Layer, Matched
from trail_diff.model.reasons import Reason
from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.decide.grants import GRANTABLE_ACTIONS
from trail_diff.policy.decide.scan import Document, Scan, both, either
from trail_diff.policy.decide.statements import RETIRE_GRANT
from trail_diff.policy.elements.principal_elements import Naming
from trail_diff.policy.request.domains import ABSENT
from trail_diff.policy.request.interface import PrincipalKind
from trail_diff.policy.request.view import RequestView

Term = tuple[Matched, tuple[Layer | Reason, ...]]
"""Whether something allows the call; while that is unknown, the layers and other reasons that keep it open."""

ALLOWS: Term = ("match", ())
ALLOWS_NOTHING: Term = ("no-match", ())
NOT_GIVEN: dict[Layer, Reason] = {
    "key-policy": Reason.KEY_POLICY_NOT_GIVEN,
    "grant": Reason.GRANTS_NOT_GIVEN,
    "identity-policy": Reason.IDENTITY_POLICIES_NOT_GIVEN,
    "permissions-boundary": Reason.PERMISSIONS_BOUNDARIES_NOT_GIVEN,
    "session-policy": Reason.SESSION_POLICIES_NOT_GIVEN,
    "scp": Reason.SCPS_NOT_GIVEN,
    "rcp": Reason.RCPS_NOT_GIVEN,
    "vpc-endpoint-policy": Reason.VPC_ENDPOINT_POLICIES_NOT_GIVEN,
}

_KINDS_WITHOUT_ACCOUNT = (PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS, PrincipalKind.FEDERATED)
_KINDS_WITHOUT_SESSION = (PrincipalKind.USER, PrincipalKind.ROOT)


class Layers:
    """The layers that apply to a caller, each tested.

    `denials` are the layers with a statement that denies, or may deny; `silent` those of which nothing is known;
    `documents` all that were tested. The terms tell what each layer allows, a layer that sets no limit allowing all.
    """

    def __init__(self, view: RequestView, policies: CompiledPolicies) -> None:
        self._view = view
        self.denials: list[tuple[Layer, Matched]] = []
        self.silent: list[Layer] = []
        self.documents: list[Document] = []
        kind = view.principal.kind
        self.has_account = kind not in _KINDS_WITHOUT_ACCOUNT
        self.is_retiring = view.action == RETIRE_GRANT
        self.is_root = kind is PrincipalKind.ROOT
        has_policies = self.has_account and not self.is_root
        self.service_linked = view.is_service_linked_role()
        self.are_grants_given = policies.grants is not None
        self.key = self._scan_key_policy(policies)
        self.grant = self._test_grants(policies) if kind is not PrincipalKind.ANONYMOUS else ALLOWS_NOTHING
        self.identity = ALLOWS
        if has_policies:
            self.identity = self._test("identity-policy", policies.identity_policies, either, when_empty=ALLOWS_NOTHING)
        self.boundary = self.session = self.scp = self.endpoint = ALLOWS
        if has_policies:
            self.boundary = self._test("permissions-boundary", policies.permissions_boundaries, both)
            if policies.session_policies is not None or kind not in _KINDS_WITHOUT_SESSION:
                self.session = self._test("session-policy", policies.session_policies, either)
        if self.service_linked is not True:
            self._test_organization(policies)
        if kind is not PrincipalKind.SERVICE:
            self.endpoint = self._test_endpoint(policies)

    def key_allows(self, naming: Naming | None = None) -> Term:
        """Check whether the key policy allows, by exactly this naming of the caller or (None) by whatever one."""
        if self.key is None:
            return ("unknown", ("key-policy",))
        allowed = self.key.allow() if naming is None else self.key.allows.get(naming, "no-match")
        return _term(allowed, "key-policy")

    def _scan_key_policy(self, policies: CompiledPolicies) -> Scan | None:
        document = policies.key_policy
        if document is None:
            self.silent.append("key-policy")
            return None
        self.documents.append(document)
        scan = document.scan(self._view)
        if scan.denied != "no-match":
            self.denials.append(("key-policy", scan.denied))
        return scan

    def _test_grants(self, policies: CompiledPolicies) -> Term:
        if policies.grants is not None:
            found = (grant.test(self._view)[0] for grant in policies.grants)
            return _term(reduce(either, found, "no-match"), "grant")
        return ("unknown", ("grant",)) if self._view.action in GRANTABLE_ACTIONS else ALLOWS_NOTHING

    def _test(
        self,
        layer: Layer,
        documents: Sequence[Document] | None,
        combine: Callable[[Matched, Matched], Matched],
        when_empty: Term = ALLOWS,
    ) -> Term:
        if documents is None:
            self.silent.append(layer)
            return ("unknown", (layer,))
        if not documents:
            return when_empty
        scans = self._scan(documents)
        self._note_denial(layer, scans)
        return _term(reduce(combine, (scan.allow() for scan in scans)), layer)

    def _test_organization(self, policies: CompiledPolicies) -> None:
        if policies.rcps is None:
            self.silent.append("rcp")
        for level in policies.rcps or ():
            self._note_denial("rcp", self._scan(level))
        if not self.has_account:
            return
        if policies.scps is None:
            self.silent.append("scp")
            self.scp = ("unknown", ("scp",))
        for level in policies.scps or ():
            term = self._test("scp", level, either, when_empty=ALLOWS_NOTHING)
            self.scp = all_of((self.scp, term))
        if self.scp[0] == "no-match" and self.service_linked is None:
            self.scp = ("unknown", (Reason.SERVICE_LINKED_ROLE_POSSIBLE,))

    def _test_endpoint(self, policies: CompiledPolicies) -> Term:
        if policies.vpc_endpoint_policies is None and self._view.value_of("aws:sourcevpce") is ABSENT:
            return ALLOWS
        return self._test("vpc-endpoint-policy", policies.vpc_endpoint_policies, either)

    def _scan(self, documents: Sequence[Document]) -> list[Scan]:
        self.documents.extend(documents)
        return [document.scan(self._view) for document in documents]

    def _note_denial(self, layer: Layer, scans: Sequence[Scan]) -> None:
        denied: Matched = reduce(either, (scan.denied for scan in scans), "no-match")
        if denied == "match" and layer in ("scp", "rcp") and self.service_linked is None:
            denied = "unknown"
        if denied != "no-match":
            self.denials.append((layer, denied))


def all_of(terms: Iterable[Term]) -> Term:
    """Return whether all of several needed things allow."""
    return _combined(terms, ALLOWS_NOTHING, ALLOWS)


def any_of(terms: Iterable[Term]) -> Term:
    """Return whether one of several sufficient things allows."""
    return _combined(terms, ALLOWS, ALLOWS_NOTHING)


def _combined(terms: Iterable[Term], decisive: Term, otherwise: Term) -> Term:
    for term in terms:
        if term[0] == decisive[0]:
            return decisive
        if term[0] == "unknown":
            otherwise = _open(otherwise, term)
    return otherwise


def _open(one: Term, other: Term) -> Term:
    return ("unknown", tuple(dict.fromkeys(one[1] + other[1])))


def _term(matched: Matched, layer: Layer) -> Term:
    if matched == "unknown":
        return ("unknown", (layer,))
    return ALLOWS if matched == "match" else ALLOWS_NOTHING
