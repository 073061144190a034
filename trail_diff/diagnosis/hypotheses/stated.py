"""Causes that a record states: a refused call of the failed job whose message names the policy layer.

CloudTrail names one layer only, even when several refuse (IAM user guide, "Troubleshoot access denied error messages"),
so a stated layer is certain and the silence about the others is not.
"""

from collections.abc import Iterator, Mapping

from trail_diff.diagnosis.examined import Examined, Explained
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis
from trail_diff.diagnosis.hypotheses.refused_calls import evidence_of, is_decisive, own_errors, passed_on, standing_of
from trail_diff.diagnosis.statements import altered_allow, nearest_allow
from trail_diff.diagnosis.told import told_caller, told_denial
from trail_diff.events.relayed import find_key
from trail_diff.model.codes import Cause, Layer
from trail_diff.model.decisions import CallerDecision, StatementRef
from trail_diff.model.learnt import Caller, Denial, Event, TiedEvent
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence

TEXTS: Mapping[Cause, CauseText] = {
    Cause.IDENTITY_POLICY_EXPLICIT_DENY: CauseText(
        means="A Deny in a policy of the role or user matches.",
        evidence="Only a record tells: the refused call's message, or the job's own when it passes that on.",
        helps="Narrow the Deny in the caller's policies; the step shows which statement of which policy it is.",
    ),
    Cause.IDENTITY_POLICY_NO_ALLOW: CauseText(
        means="The role's policies do not allow the action.",
        evidence="Only a record tells: the refused call's message, or the job's own when it passes that on.",
        helps="Attach the policy that is offered: all that the run or the service's profile needs, on the "
        "one key. A service-linked role, whose policy nobody can edit, is allowed in the key policy, "
        "or by a grant where the key is another account's.",
        remedies=(
            "allow-in-identity-policy",
            "allow-caller-role",
            "create-grant",
        ),
    ),
    Cause.SCP_DENY: CauseText(
        means="A service control policy denies, or does not allow. It never applies to service principals.",
        evidence="The refused call's message; newer ones name the policy's ARN, which is listed as evidence.",
        helps="Ask whoever keeps the service control policy for a change; the step shows it, by the ARN "
        "that the record names.",
    ),
    Cause.RCP_DENY: CauseText(
        means="A resource control policy of the key's organization denies.",
        evidence="The refused call's message.",
        helps="Ask whoever keeps the resource control policy for a change; the step shows it, by the ARN "
        "that the record names.",
    ),
    Cause.PERMISSIONS_BOUNDARY_DENY: CauseText(
        means="The role's permissions boundary denies, or does not allow.",
        evidence="The refused call's message.",
        helps="Add the statement to the boundary; where a Deny of it refused, narrow that. The step shows "
        "the boundary.",
        remedies=("allow-in-permissions-boundary",),
    ),
    Cause.SESSION_POLICY_DENY: CauseText(
        means="The policy passed when the session was made denies, or does not allow.",
        evidence="The refused call's message.",
        helps="Pass a session policy with the statement (Policy or PolicyArns of AssumeRole); the step "
        "shows who passes it.",
        remedies=("allow-in-session-policy",),
    ),
    Cause.VPC_ENDPOINT_POLICY_DENY: CauseText(
        means="The policy of the VPC endpoint that the call went through denies, or does not allow.",
        evidence="The refused call's message.",
        helps="Add the statement, which names the caller, to the policy of the endpoint; the step shows that policy.",
        remedies=("allow-in-endpoint-policy",),
    ),
}


CAUSES: Mapping[tuple[str, str], tuple[Cause, Layer]] = {
    ("explicit-deny", "key-policy"): (Cause.KEY_POLICY_EXPLICIT_DENY, "key-policy"),
    ("no-allow", "key-policy"): (Cause.KEY_POLICY_NO_ALLOW, "key-policy"),
    ("explicit-deny", "identity-policy"): (Cause.IDENTITY_POLICY_EXPLICIT_DENY, "identity-policy"),
    ("no-allow", "identity-policy"): (Cause.IDENTITY_POLICY_NO_ALLOW, "identity-policy"),
    ("explicit-deny", "scp"): (Cause.SCP_DENY, "scp"),
    ("no-allow", "scp"): (Cause.SCP_DENY, "scp"),
    ("explicit-deny", "rcp"): (Cause.RCP_DENY, "rcp"),
    ("no-allow", "rcp"): (Cause.RCP_DENY, "rcp"),
    ("explicit-deny", "permissions-boundary"): (Cause.PERMISSIONS_BOUNDARY_DENY, "permissions-boundary"),
    ("no-allow", "permissions-boundary"): (Cause.PERMISSIONS_BOUNDARY_DENY, "permissions-boundary"),
    ("explicit-deny", "session-policy"): (Cause.SESSION_POLICY_DENY, "session-policy"),
    ("no-allow", "session-policy"): (Cause.SESSION_POLICY_DENY, "session-policy"),
    ("explicit-deny", "vpc-endpoint-policy"): (Cause.VPC_ENDPOINT_POLICY_DENY, "vpc-endpoint-policy"),
    ("no-allow", "vpc-endpoint-policy"): (Cause.VPC_ENDPOINT_POLICY_DENY, "vpc-endpoint-policy"),
}


def propose_stated(examined: Examined) -> Iterator[Hypothesis]:
    """Yield a finding for each caller, action, key and layer that the failed job's records, or its message, name.

    A record that names no key joins those of the first key.
    """
    found: dict[tuple[object, str | None, Cause], dict[str | None, list[TiedEvent]]] = {}
    for tie in own_errors(examined):
        stated = stated_layer(tie.event.denial)
        if stated is not None:
            action = _action(tie.event)
            by_key = found.setdefault((tie.event.caller.across_sessions(), action, stated[0]), {})
            by_key.setdefault(tie.event.key_of(action), []).append(tie)
    for (_, action, cause), by_key in found.items():
        unnamed = by_key.pop(None, []) if len(by_key) > 1 else []
        for number, ties in enumerate(by_key.values()):
            yield _make_finding(examined, [*ties, *(unnamed if number == 0 else [])], action, cause)
    if not found:
        yield from _stated_by_job(examined)


def _stated_by_job(examined: Examined) -> Iterator[Hypothesis]:
    """Yield the layer that the job's own message names."""
    job, denial = examined.case.failed.job, told_denial(examined.case)
    stated = stated_layer(denial)
    if stated is None or denial is None:
        return
    caller, action, key = told_caller(examined.case, examined.groups), denial.action, find_key(job.message)
    decisions = [one for one in examined.explained if caller and _is_about(one, caller, action, key)]
    yield Hypothesis(
        cause=stated[0],
        standing="confirmed",
        caller=caller,
        action=action,
        key=key,
        layer=stated[1],
        statement=_statement(decisions[0], stated[0]) if decisions else None,
        reasons=(Reason.MESSAGE_STATES_LAYER,),
        evidence=tuple(Evidence(file=source) for source in job.sources[:1]),
    )


def _make_finding(examined: Examined, ties: list[TiedEvent], action: str | None, cause: Cause) -> Hypothesis:
    decisive = [tie.event for tie in ties if is_decisive(examined, tie)]
    events = decisive or [tie.event for tie in ties]
    stated = stated_layer(events[0].denial)
    arns = {event.denial.policy_arn for event in events if event.denial and event.denial.policy_arn}
    key = events[0].key_of(action)
    decisions = [one for one in examined.explained if _is_about(one, events[0].caller, action, key)]
    layer = stated[1] if stated else None
    is_denied_too = layer != "key-policy" and any(deny_of(one.then) for one in decisions)
    return Hypothesis(
        cause=cause,
        standing=standing_of(decisive),
        caller=events[0].caller,
        action=action,
        key=key,
        layer=layer,
        statement=_statement(decisions[0], cause) if decisions else None,
        reasons=(
            Reason.RECORD_STATES_LAYER,
            *passed_on(events[0]),
            *([Reason.KEY_POLICY_DENIES_TOO] if is_denied_too else []),
        ),
        evidence=evidence_of(*events[:3]) + tuple(Evidence(file=arn) for arn in sorted(arns)),
    )


def _is_about(explained: Explained, caller: Caller, action: str | None, key: str | None) -> bool:
    """Check whether a policy's decision is on a call and its key: another key's policy says nothing of it."""
    is_same = explained.group.caller.across_sessions() == caller.across_sessions()
    return is_same and explained.group.action == action and key in (None, explained.key)


def _statement(explained: Explained, cause: Cause) -> StatementRef | None:
    """Name the Deny of the key policy that matches the very call, when the policy then in force is known.

    Where none allows, that is the Allow that was altered since the call worked, or that only one condition keeps off.
    """
    if cause is Cause.KEY_POLICY_NO_ALLOW:
        return altered_allow(explained) or nearest_allow(explained.then)
    if cause is Cause.KEY_POLICY_EXPLICIT_DENY:
        return deny_of(explained.then) or _only_one_meant(explained.then)
    return None


def _only_one_meant(decision: CallerDecision) -> StatementRef | None:
    """Return the only Deny of the key policy that is about the caller and the action; None where there are several.

    The record says that one of them denies, whatever its conditions look like from here.
    """
    meant = [
        one
        for one in decision.statements
        if one.effect == "Deny" and one.layer == "key-policy" and (one.outcome != "no-match" or one.conditions)
    ]
    undecided = [one for one in meant if one.outcome != "no-match"]
    chosen = undecided or meant
    return StatementRef(chosen[0].index, chosen[0].sid) if len(chosen) == 1 else None


def deny_of(decision: CallerDecision) -> StatementRef | None:
    """Return the first Deny statement of the key policy that matches."""
    for statement in decision.statements:
        if statement.effect == "Deny" and statement.outcome == "match" and statement.layer == "key-policy":
            return StatementRef(statement.index, statement.sid)
    return None


def stated_layer(denial: Denial | None) -> tuple[Cause, Layer] | None:
    """Return the cause and the layer that a refusal names; None where it names none."""
    if denial is None or denial.effect is None or denial.layer is None:
        return None
    return CAUSES.get((denial.effect, denial.layer))


def _action(event: Event) -> str | None:
    """Return the action the message names, in the spelling of the accesses; ReEncrypt has two keys."""
    named = event.denial.action if event.denial else None
    actions = [access.action for access in event.accesses]
    return next((action for action in actions if named and action.lower() == named.lower()), next(iter(actions), named))
