"""What helps a call whose encryption context does not fit: the context to send, or a grant that fits it. Pure.

Evidence: the contexts with which the same call worked, and what a grant's constraint or a condition of the key policy
asks for. Which context a ciphertext was encrypted with is in no record of its decryption, so that a context helps to
decrypt is never certain; and what an AWS service sends, the caller cannot choose.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.explain import find_call
from trail_diff.diagnosis.grant_remedies import describe_grant
from trail_diff.diagnosis.held_grants import holds_grant
from trail_diff.diagnosis.limit_remedies import refused_events
from trail_diff.diagnosis.needs import asking, key_of, policies_then
from trail_diff.diagnosis.parts import find_counterpart
from trail_diff.model.codes import CallerKind
from trail_diff.model.decisions import ConditionOutcome, StatementOutcome
from trail_diff.model.learnt import Caller, Event, KeyAccess
from trail_diff.model.reasons import Reason
from trail_diff.model.report import CallerGroup, Finding, Remedy, Replay
from trail_diff.policy import PolicySet
from trail_diff.policy.remedies.patches import is_negated
from trail_diff.policy.request.context import build_request

_PREFIX = "kms:encryptioncontext:"
_CONSTRAINTS = ("EncryptionContextEquals", "EncryptionContextSubset")
_ENCRYPTING = ("kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant")
_CHOSEN_BY_SERVICE = frozenset({CallerKind.SERVICE_PRINCIPAL, CallerKind.FORWARD_ACCESS_SESSION})
_TAKING_CONTEXT = frozenset(
    {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom"}
)
"""Actions whose request has an encryption context of its own (KMS API reference)."""
_MARKS = ("*", "?", "${")
Context = Mapping[str, str]


class _Refused(Struct, frozen=True):
    """A refused, or missing, call: the event that stands for it, its group, and the key that it is about."""

    group: CallerGroup
    event: Event
    key: str

    def replay(self, policies: PolicySet, context: Context | None = None) -> Replay:
        """Decide the call, with another encryption context if one is given."""
        event = self.event if context is None else _with_context(self.event, context)
        request = build_request(event, KeyAccess(self.group.action, self.key))
        decision = asking(policies)(request)
        label = (f"{self.group.caller.name} {self.group.action}",)
        calls = self.group.failed.calls + self.group.succeeded.calls
        match decision:
            case "allowed":
                return Replay(calls, 1, fixed=label)
            case "undetermined":
                return Replay(calls, 1, undetermined=label)
            case _:
                return Replay(calls, 1, still_denied=label)


def fix_context(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return what helps where KMS itself refused the context, or a grant's constraint did."""
    refused = _find_refused(examined, finding)
    if refused is None:
        return ()
    if finding.layer == "grant":
        return _fit_grant(examined, refused)
    if any((event.error_code or "").endswith("IncorrectKeyException") for event in refused_events(examined, finding)):
        return (_name_key(examined, refused),)
    return (_send(refused, _worked_with(examined, refused)),)


def send_what_policy_asks(examined: Examined, explained: Explained) -> tuple[Remedy, ...]:
    """Return the context to send where conditions on it alone keep a call out, beside a change of the policy."""
    if explained.call is None or explained.key is None or explained.group.action not in _TAKING_CONTEXT:
        return ()
    refused = _Refused(explained.group, explained.call[0], explained.key)
    denies = [one for statement in explained.then.statements for one in _denying(statement)]
    allows = [found for statement in explained.then.statements if (found := _lacking(statement))]
    policies = policies_then(examined, explained.key)
    for lacking in allows or [[]]:
        wanted = _context_asked([*denies, *lacking], examined, refused)
        if wanted is not None and wanted != dict(refused.event.encryption_context):
            replay = refused.replay(policies, wanted)
            if not replay.still_denied:
                return (_send(refused, wanted, replay, Reason.KEY_POLICY_ALLOWS),)
    return ()


def _find_refused(examined: Examined, finding: Finding) -> _Refused | None:
    caller = finding.caller.across_sessions() if finding.caller else None
    for group in examined.groups:
        if group.caller.across_sessions() == caller and group.action == finding.action:
            call = find_call(examined.case, group)
            event = next(iter(refused_events(examined, finding)), call[0] if call else None)
            key = group.key or key_of(examined, finding)
            if event is not None and key is not None:
                return _Refused(group, event, key)
    return None


def _send(
    refused: _Refused, context: Context | None, replay: Replay | None = None, because: Reason | None = None
) -> Remedy:
    """Return the advice to send a context; without one it says only that the one of the ciphertext is needed."""
    risks = [Reason.CONTEXT_SENT_BY_SERVICE] if refused.group.caller.kind in _CHOSEN_BY_SERVICE else []
    risks += [] if refused.group.action.startswith(_ENCRYPTING) else [Reason.CONTEXT_OF_CIPHERTEXT_NOT_RECORDED]
    is_certain = replay is not None and bool(replay.fixed) and not risks
    return Remedy(
        "send-encryption-context",
        helps=False if replay is not None and replay.still_denied else True if is_certain else "undetermined",
        replay=replay,
        risks=(because,) if is_certain and because is not None else tuple(risks) or (Reason.ALLOW_NOT_KNOWN,),
        encryption_context=dict(context) if context else None,
    )


def _name_key(examined: Examined, refused: _Refused) -> Remedy:
    """Return the advice to name the key that encrypted, which is another one than was named."""
    keys = {
        access.key
        for event in _worked(examined, refused)
        for access in event.accesses
        if access.action == refused.group.action and access.key not in (None, refused.key)
    }
    used = next(iter(keys)) if len(keys) == 1 else None
    why = Reason.KEY_OF_CIPHERTEXT_NOT_RECORDED
    return Remedy("name-encrypting-key", helps="undetermined", risks=(why,), resource=used)


def _worked_with(examined: Examined, refused: _Refused) -> Context | None:
    """Return the context with which the same call worked: of several the one that differs the least, if it is one."""
    own = dict(refused.event.encryption_context)
    worked = {tuple(sorted(event.encryption_context.items())) for event in _worked(examined, refused)}
    others = [dict(one) for one in worked if one and dict(one) != own]
    scored = sorted(((_likeness(own, one), one) for one in others), key=lambda pair: pair[0])
    if not scored or (len(scored) > 1 and scored[-1][0] == scored[-2][0]):
        return None
    return scored[-1][1]


def _likeness(one: Context, other: Context) -> tuple[int, int]:
    """Return how many pairs two contexts share, then how many keys."""
    return len(one.items() & other.items()), len(one.keys() & other.keys())


def _worked(examined: Examined, refused: _Refused) -> Iterator[Event]:
    """Yield the same calls that worked: those of the caller, else of who plays its part in the succeeded job."""
    case, own = examined.case, refused.group.caller.across_sessions()
    sides = [side for side in (case.failed, case.succeeded) if side is not None]
    found = [tie.event for side in sides for tie in side.events if _is_call_of(tie.event, own, refused)]
    if not found and (other := find_counterpart(case, refused.group, (refused.event,))) is not None:
        found = [tie.event for side in sides for tie in side.events if _is_call_of(tie.event, other, refused)]
    yield from found


def _is_call_of(event: Event, caller: Caller, refused: _Refused) -> bool:
    is_same = any(access.action == refused.group.action for access in event.accesses)
    return event.error_code is None and is_same and event.caller.across_sessions() == caller


def _fit_grant(examined: Examined, refused: _Refused) -> tuple[Remedy, ...]:
    """Return the context that the grant asks for, and the grant that the call's own context fits.

    What a service sends nobody can change, so there the grant comes first.
    """
    policies, context = policies_then(examined, refused.key), dict(refused.event.encryption_context)
    operation = refused.group.action.removeprefix("kms:")
    for grant in policies.grants or ():
        constraint = _constraint_of(grant)
        if constraint is None or operation not in _listed(grant, "Operations"):
            continue
        if holds_grant(grant, refused.group.caller):
            name, asked = constraint
            wanted = asked if name == _CONSTRAINTS[0] else {**context, **asked}
            sent = _send(refused, wanted, refused.replay(policies, wanted), Reason.GRANT_ALLOWS)
            fitting = _fitting_grant(refused, policies, grant, constraint)
            found = (sent, *fitting)
            return found[::-1] if refused.group.caller.kind in _CHOSEN_BY_SERVICE else found
    return (_send(refused, _worked_with(examined, refused)),)


def _fitting_grant(
    refused: _Refused, policies: PolicySet, grant: Mapping[str, Any], constraint: tuple[str, Context]
) -> tuple[Remedy, ...]:
    """Return a grant for the same grantee and operations, bound to the context that the call has; none without one."""
    name, asked = constraint
    context = dict(refused.event.encryption_context)
    if name == _CONSTRAINTS[1]:
        context = {key: value for key, value in context.items() if key in asked} or context
    if not context:
        return ()
    plain = {key: value for key, value in grant.items() if key[:1].lower() + key[1:] not in ("constraints", "grantId")}
    fitting = {**plain, "Constraints": {name: context}}
    replay = refused.replay(structs.replace(policies, grants=(*(policies.grants or ()), fitting)))
    command = describe_grant(fitting, refused.key)
    if command is None:
        return ()
    remedy = Remedy("create-fitting-grant", helps="undetermined", replay=replay, commands=(command,))
    if replay.undetermined:
        return (structs.replace(remedy, risks=(Reason.ALLOW_NOT_KNOWN,)),)
    return (structs.replace(remedy, helps=bool(replay.fixed), risks=(Reason.GRANT_ALLOWS,) if replay.fixed else ()),)


def _constraint_of(grant: Mapping[str, Any]) -> tuple[str, Context] | None:
    constraints = _field(grant, "Constraints")
    if not isinstance(constraints, Mapping):
        return None
    for name in _CONSTRAINTS:
        asked = _field(constraints, name)
        if isinstance(asked, Mapping) and all(isinstance(part, str) for pair in asked.items() for part in pair):
            return name, {str(key): str(value) for key, value in asked.items()}
    return None


def _listed(grant: Mapping[str, Any], name: str) -> Sequence[Any]:
    listed = _field(grant, name)
    return listed if isinstance(listed, list | tuple) else ()


def _field(source: Mapping[str, Any], name: str) -> Any:
    """Return a field as ListGrants spells it, or a record of CreateGrant."""
    return source.get(name, source.get(name[:1].lower() + name[1:]))


def _context_asked(conditions: Sequence[ConditionOutcome], examined: Examined, refused: _Refused) -> Context | None:
    """Return the context that conditions ask for: with the values that worked, else with the only one listed."""
    worked = _worked_with(examined, refused) or {}
    wanted = dict(refused.event.encryption_context)
    for condition in conditions:
        name, listed = condition.key[len(_PREFIX) :], condition.expected
        is_plain = len(listed) == 1 and not any(mark in listed[0] for mark in _MARKS)
        value = worked.get(name) or (listed[0] if is_plain else None)
        if value is None:
            return None
        wanted[name] = value
    return wanted


def _lacking(statement: StatementOutcome) -> list[ConditionOutcome]:
    """Return the conditions of an Allow that keep it from allowing, where each is a positive one on the context."""
    if statement.layer != "key-policy" or statement.effect != "Allow" or statement.outcome == "match":
        return []
    failing = [one for one in statement.conditions if one.outcome != "match"]
    is_one = all(_is_on_context(one) and not is_negated(one.operator) for one in failing)
    return failing if is_one else []


def _denying(statement: StatementOutcome) -> list[ConditionOutcome]:
    """Return the negated conditions on the context of a Deny that matches."""
    if statement.layer != "key-policy" or statement.effect != "Deny" or statement.outcome != "match":
        return []
    return [one for one in statement.conditions if _is_on_context(one) and is_negated(one.operator)]


def _is_on_context(condition: ConditionOutcome) -> bool:
    return condition.key.lower().startswith(_PREFIX)


def _with_context(event: Event, context: Context) -> Event:
    """Return an event as it would be with another encryption context."""
    parameters = {**event.request_parameters, "encryptionContext": dict(context)}
    told = {key: value for key, value in event.request_context.items() if not key.lower().startswith(_PREFIX[:-1])}
    return structs.replace(event, encryption_context=dict(context), request_parameters=parameters, request_context=told)
