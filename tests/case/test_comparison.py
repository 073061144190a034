"""One run alone, and what the keys asked about let through."""

from typing import Any

import pytest
from making import make_events, make_tally, moment
from recording import Recording

from trail_diff.case.comparison import build_comparison
from trail_diff.case.gathered import Gathered
from trail_diff.model.learnt import Facts, Window
from trail_diff.model.reasons import Reason

FAILED = Window(moment("2026-03-02T18:00:00Z"), moment("2026-03-02T19:00:00Z"))
SUCCEEDED = Window(moment("2026-03-01T18:00:00Z"), moment("2026-03-01T19:00:00Z"))


def gather(made: Recording) -> Gathered:
    """Gather what a recording holds."""
    return Gathered(tuple(make_events(made.sorted())), (), make_tally(made.records), ())


def record_refusal_on_other_key() -> Recording:
    """Record a caller that uses one key on the first night and is refused on another on the second; so is a stranger."""
    made = Recording()
    launcher, stranger = made.role("launcher", "s"), made.role("stranger", "s")
    made.kms("2026-03-01T18:10:00Z", "Decrypt", made.key_arn("asked"), launcher, {})
    for time, caller in (("2026-03-02T18:10:00Z", launcher), ("2026-03-02T18:11:00Z", stranger)):
        made.kms(time, "Decrypt", made.key_arn("other"), caller, {}, errorCode="AccessDenied")
    return made


def test_refusal_on_another_key_is_not_hidden() -> None:
    """A caller of the key asked about that is refused on another key is part of the case, which is about that key."""
    made = record_refusal_on_other_key()
    both = gather(made)

    case = build_comparison(both, both, (FAILED, SUCCEEDED), [made.key_arn("asked")], Facts())

    refused = [tie for tie in case.failed.events if Reason.CALLER_OF_ASKED_KEY in tie.reasons]
    assert [tie.event.caller.name for tie in refused] == ["launcher"]
    assert case.failed.job.key == made.key_arn("other")
    assert case.policy_key == made.key_arn("asked")
    assert Reason.ASKED_KEY_NOT_CONCERNED in case.coverage.warnings


def test_refusal_on_the_key_asked_about_comes_first() -> None:
    """Where callers are refused on the key asked about as well, the case stays about that key."""
    made = record_refusal_on_other_key()
    made.kms("2026-03-02T18:12:00Z", "Decrypt", made.key_arn("asked"), made.role("app", "s"), errorCode="AccessDenied")
    both = gather(made)

    case = build_comparison(both, both, (FAILED, SUCCEEDED), [made.key_arn("asked")], Facts())

    assert case.failed.job.key == made.key_arn("asked")
    assert Reason.ASKED_KEY_NOT_CONCERNED not in case.coverage.warnings


def test_one_run_alone() -> None:
    """One export makes a case without a baseline, about the key on which calls were refused."""
    made = record_refusal_on_other_key()

    case = build_comparison(gather(made), None, (FAILED, None), (), Facts())

    assert case.succeeded is None
    assert case.failed.job.key == made.key_arn("other")
    assert Reason.NO_BASELINE in case.coverage.warnings
    assert len(case.failed.events) == 2


def test_key_of_a_run_is_the_one_whose_refusals_are_new() -> None:
    """What is refused every day, even more often, is not what the two runs differ in."""
    made = record_refusal_on_other_key()
    for day in ("2026-03-01", "2026-03-02"):
        for minute in (20, 21, 22):
            time, key = f"{day}T18:{minute}:00Z", made.key_arn("always")
            made.kms(time, "Decrypt", key, made.role("recorder", "s"), {}, errorCode="AccessDenied")
    both = gather(made)

    case = build_comparison(both, both, (FAILED, SUCCEEDED), (), Facts())

    assert case.failed.job.key == made.key_arn("other")


def test_policy_counts_for_the_key_that_its_record_names() -> None:
    """A policy whose record names a key that takes no part is not that of the key asked about, and the report says so."""
    made = record_refusal_on_other_key()
    both, facts = gather(made), Facts(key_policy={"Statement": []}, policy_key=made.key_arn("third"))

    case = build_comparison(both, both, (FAILED, SUCCEEDED), [made.key_arn("asked")], facts)

    assert case.policy_key == made.key_arn("third")
    assert Reason.POLICY_OF_OTHER_KEY in case.coverage.warnings


RUN_INSTANCES = {
    "blockDeviceMapping": {"items": [{"ebs": {"encrypted": True, "kmsKeyId": Recording().key_arn("disk")}}]}
}
ENCODED = "You are not authorized to perform this operation. Encoded authorization failure message: " + "4Xy" * 20


@pytest.mark.parametrize(
    ("name", "code", "message", "is_told"),
    [
        ("RunInstances", "Client.UnauthorizedOperation", ENCODED, True),
        ("RunInstances", "Client.InternalError", "Client error on launch", True),
        ("CreateVolume", "Client.InvalidKMSKey.InvalidState", "The KMS key provided is in an incorrect state", True),
        ("RunInstances", "Client.InsufficientInstanceCapacity", "Insufficient capacity.", False),
        ("RunInstances", None, None, False),
    ],
)
def test_refusal_of_a_service_is_the_message_of_the_run(name: str, code: Any, message: Any, *, is_told: bool) -> None:
    """Without a record of KMS, a run says who was refused what by a service that KMS may stand behind, on which key."""
    made = Recording()
    ec2 = {"requestParameters": RUN_INSTANCES, "errorCode": code, "errorMessage": message}
    made.add("2026-03-02T18:10:00Z", "ec2.amazonaws.com", name, made.role("launcher", "s"), **ec2)

    job = build_comparison(gather(made), None, (FAILED, None), (), Facts()).failed.job

    assert job.message == (f"launcher {name} ({code}): {message}" if is_told else None)
    assert job.key == (made.key_arn("disk") if is_told else None)


def test_refusal_of_kms_comes_before_that_of_a_service() -> None:
    """Where KMS itself refused a call, what another service was refused is no message of the run."""
    made = record_refusal_on_other_key()
    ec2 = {"requestParameters": RUN_INSTANCES, "errorCode": "Client.UnauthorizedOperation", "errorMessage": ENCODED}
    made.add("2026-03-02T18:09:00Z", "ec2.amazonaws.com", "RunInstances", made.role("launcher", "s"), **ec2)

    job = build_comparison(gather(made), None, (FAILED, None), (), Facts()).failed.job

    assert job.message is None
    assert job.key == made.key_arn("other")
