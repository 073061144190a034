"""The cause in the kind of key: an AWS managed key cannot be used by another account, nor its policy edited.

Evidence: DescribeKey (`KeyManager` is AWS), or an `alias/aws/…` in a request that the key answered to.
"""

from collections.abc import Iterator

from trail_diff.arns import arn_account
from trail_diff.causes.interface import Examined
from trail_diff.causes.not_kms import is_about_kms
from trail_diff.model import Cause, Event, Evidence, Finding, Reason, RuledOut


def examine_managed_key(examined: Examined) -> Iterator[Finding | RuledOut]:
    """Examine whether a copy across accounts meets an AWS managed key; certain if the job's message speaks of a key."""
    evidence = _managed(examined)
    job = examined.case.failed.job
    accounts = {arn_account(place) for place in (job.vault, job.source_vault)} - {None}
    if evidence is None:
        return
    if len(accounts) < 2:
        yield RuledOut(Cause.AWS_MANAGED_KEY_NOT_SHAREABLE, (Reason.SAME_ACCOUNT,))
        return
    if job.state == "COMPLETED":
        return
    yield Finding(
        cause=Cause.AWS_MANAGED_KEY_NOT_SHAREABLE,
        confidence="confirmed" if is_about_kms(job) else "likely",
        reasons=(Reason.KEY_IS_AWS_MANAGED, Reason.COPY_ACROSS_ACCOUNTS),
        evidence=(evidence,),
    )


def _managed(examined: Examined) -> Evidence | None:
    """Point to what says that the key is managed by AWS; None when nothing does."""
    facts, key = examined.case.facts, examined.key
    state = facts.key_state or {}
    if state.get("KeyManager") == "AWS" and state.get("Arn") in (None, key):
        return Evidence(file="--key-state", path="/KeyMetadata/KeyManager")
    for event in _events(examined):
        named = event.request_parameters.get("keyId")
        is_alias = isinstance(named, str) and "alias/aws/" in named
        if is_alias and any(access.key == key for access in event.accesses):
            return Evidence(event_id=event.event_id)
    return None


def _events(examined: Examined) -> Iterator[Event]:
    for side in (examined.case.failed, examined.case.succeeded):
        if side is not None:
            yield from (tie.event for tie in side.events)
            yield from side.untied
