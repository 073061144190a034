"""The cause that is none of KMS: the job's own message speaks of something else, and KMS makes no difference.

A job that stops before it reaches KMS lacks every KMS call, so missing calls alone are no proof against this cause; a
message that names KMS, or a call that KMS refused, is. Messages are AWS Backup's wording and may change.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from trail_diff.arns import last_name
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.hypotheses.interface import CauseText, Hypothesis, refuted
from trail_diff.diagnosis.hypotheses.refused_calls import is_decisive, own_errors
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Job
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Evidence

TEXTS: Mapping[Cause, CauseText] = {
    Cause.NOT_KMS: CauseText(
        means="The job failed for something else, and its own message says so.",
        evidence="The message speaks neither of KMS nor of a key (names of vaults and resources do not count), no call "
        "was refused for good, and it states a cause of its own, or KMS makes no difference, was never "
        "called, or its policy allows what is missing. A message that states a cause needs no second job.",
        helps="See the job's message.",
    ),
}


_MOST_MESSAGES = 4096
_ABOUT_KMS = re.compile(r"\bkms\b|\bcmk\b|encrypt|decrypt|data ?key|key id|\bkey\b", re.IGNORECASE)
_ARN = re.compile(r"\barn:[\w-]{1,20}:\S{1,1000}", re.IGNORECASE)
_OTHER_KEYS = re.compile(r"\b(?:tag|object|access|primary|partition|sort|condition) keys?\b", re.IGNORECASE)
_OTHER_ACTION = re.compile(r"not authorized to perform: (?!kms:)[\w-]{1,64}:\w{1,128}", re.IGNORECASE)
_LACKED_ACTION = re.compile(
    r"\b(?i:perform|permissions?|calling|action)\b[^.]{0,40}?(?<![\w:-])(?!kms:|aws:)[a-z][\w-]{1,64}:[A-Z][a-z]+[A-Z]\w"
)
"""An action of another service that the job could not do, as `s3:GetBucketNotification`."""
_OTHER_CAUSE = re.compile(
    r"same organi[sz]ation|does not exist|not found|(?:not|un)[ -]?supported|quota|limit (?:was )?(?:reached|exceeded)"
    r"|already (?:running|exists|in progress)|(?:running|concurrent)(?: \w{1,20})? job|another \w{1,20} job"
    r"|backup window|start window|completion window"
    r"|cancell?ed|expired|opt(?:ed)?[ -]in|vault lock|retention|lifecycle|storage capacity|incompatible"
    r"|invalid (?:state|parameter)|enough (?:space|capacity)|out of (?:space|capacity)",
    re.IGNORECASE,
)
"""What AWS Backup's messages name as a cause that is none of KMS (AWS Backup guide, "Troubleshooting"); a message that
only says that the job failed states none."""
_FAILED_STATES = frozenset({"FAILED", "ABORTED", "EXPIRED", "PARTIAL"})


def propose_not_kms(examined: Examined) -> Iterator[Hypothesis]:
    """Examine whether the failure lies outside of KMS."""
    job = examined.case.failed.job
    if job.state not in _FAILED_STATES or not job.message:
        return
    if is_about_kms(job):
        yield refuted(Cause.NOT_KMS, (Reason.MESSAGE_NAMES_KMS,))
        return
    if any(is_decisive(examined, tie) for tie in own_errors(examined)):
        return
    if any(pattern.search(job.message) for pattern in (_OTHER_CAUSE, _OTHER_ACTION, _LACKED_ACTION)):
        evidence = tuple(Evidence(file=source) for source in job.sources[:1])
        yield Hypothesis(Cause.NOT_KMS, "likely", reasons=(Reason.MESSAGE_STATES_CAUSE,), evidence=evidence)
        return
    if examined.case.succeeded is None and not examined.driving:
        return
    supports = _support(examined)
    yield Hypothesis(
        cause=Cause.NOT_KMS,
        standing="likely" if supports else "possible",
        reasons=(Reason.MESSAGE_NAMES_NO_KMS, *supports),
        evidence=tuple(Evidence(file=source) for source in job.sources[:1]),
    )


def _support(examined: Examined) -> tuple[Reason, ...]:
    """Return what bears the message out: KMS makes no difference, was never called, or its policy allows every call."""
    if not examined.driving:
        return (Reason.NO_KMS_DIFFERENCE,)
    if not _has_any_call(examined):
        return (Reason.NO_CALL_OF_THE_JOB,)
    decided = [examined.explain(group) for group in examined.driving]
    allowed = all(
        one is not None and one.then.decision == "allowed" and one.policy is not None and not one.policy.is_todays
        for one in decided
    )
    return (Reason.POLICY_ALLOWS_CALLER,) if allowed else ()


def is_about_kms(job: Job) -> bool:
    """Check whether the job's own message speaks of a key or of encryption.

    What people named their vaults, roles and tables says nothing: ARNs and the job's own names are left out.
    """
    if not job.message:
        return False
    names = map(last_name, (job.vault, job.source_vault, job.role, job.resource))
    return _speaks_of_kms(job.message, tuple(name for name in names if name and name in job.message))


@lru_cache(maxsize=_MOST_MESSAGES)
def _speaks_of_kms(text: str, names: tuple[str, ...]) -> bool:
    """Check whether a message speaks of a key or of encryption, beside the names that are in it."""
    if _OTHER_ACTION.search(text):
        return False
    text = _ARN.sub(" ", text)
    for name in names:
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", " ", text)
    return bool(_ABOUT_KMS.search(_OTHER_KEYS.sub(" ", text)))


def _has_any_call(examined: Examined) -> bool:
    return any(tie.reasons != (Reason.KEY_ONLY,) for tie in examined.case.failed.events)
