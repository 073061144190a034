"""Which events belong to which job."""

from typing import Any

import pytest
from making import TABLE, VAULT, make_event, make_events, make_job, moment
from msgspec import structs
from recording import Recording

from trail_diff.case.correlate import has_concurrent_job, job_window, tie_events
from trail_diff.case.event_index import EventIndex
from trail_diff.events.key_names import key_names, resolve_key
from trail_diff.model.learnt import Job, Window
from trail_diff.model.reasons import Reason

MADE = Recording()
KEY, OTHER_KEY = MADE.key_arn("vault"), MADE.key_arn("other")
STORAGE = MADE.service("backup-storage.amazonaws.com")
VAULT_CONTEXT = {"aws:backup:backup-vault": VAULT}
TIME = "2026-03-01T18:08:00Z"
WINDOW = Window(moment("2026-03-01T17:50:00Z"), moment("2026-03-01T18:30:00Z"))


def reasons_of(record: dict[str, Any], job: Job | None = None, others: tuple[Job, ...] = ()) -> tuple[Reason, ...]:
    """Return the reasons that tie one record to a job; empty when it is not tied."""
    side = tie_events(job or make_job(), WINDOW, EventIndex([make_event(record)]), [KEY], others)
    return side.events[0].reasons if side.events else ()


def test_context_that_names_the_vault_is_the_strongest_tie() -> None:
    """Key and context together tie hardest."""
    reasons = reasons_of(Recording().kms(TIME, "Decrypt", KEY, STORAGE, VAULT_CONTEXT))

    assert reasons == (Reason.KEY_AND_CONTEXT, Reason.CONTEXT_NAMES_VAULT, Reason.KEY_AND_SERVICE_PRINCIPAL)


def test_context_that_names_the_vault_by_name_ties_too() -> None:
    """The bare name of the vault is accepted, since the form of the value is not documented."""
    reasons = reasons_of(Recording().kms(TIME, "Decrypt", KEY, STORAGE, {"aws:backup:backup-vault": "prod-vault"}))

    assert Reason.CONTEXT_NAMES_VAULT in reasons


def test_context_of_another_vault_keeps_the_event_out() -> None:
    """A call for another vault on the same key in the same minutes is another job's."""
    other = VAULT.replace("prod-vault", "other-vault")

    assert reasons_of(Recording().kms(TIME, "Decrypt", KEY, STORAGE, {"aws:backup:backup-vault": other})) == ()


def test_unknown_context_never_keeps_an_event_out() -> None:
    """A context that nobody documented is silent, so key and service principal still tie."""
    assert reasons_of(Recording().kms(TIME, "Decrypt", KEY, STORAGE, {"custom": "x"})) == (
        Reason.KEY_AND_SERVICE_PRINCIPAL,
    )


def test_table_name_ties_the_source_key() -> None:
    """A call on the table's own key belongs to the job when the context names its table."""
    context = {"aws:dynamodb:tableName": "orders"}

    assert reasons_of(Recording().kms(TIME, "Decrypt", OTHER_KEY, STORAGE, context)) == (Reason.CONTEXT_NAMES_RESOURCE,)


def test_role_is_compared_with_its_path() -> None:
    """A role of the same name under another path is another role."""
    made = Recording()
    own = made.kms(TIME, "DescribeKey", KEY, made.role("service-role/AWSBackupDefaultServiceRole", "s"))
    namesake = made.kms(TIME, "DescribeKey", KEY, made.role("team/AWSBackupDefaultServiceRole", "s"))

    assert reasons_of(own) == (Reason.KEY_AND_JOB_ROLE,)
    assert reasons_of(namesake) == (Reason.KEY_ONLY,)


def test_bystander_is_tied_by_the_key_alone() -> None:
    """A person who uses the key in the window is shown, and marked as tied by nothing else."""
    made = Recording()

    assert reasons_of(made.kms(TIME, "DescribeKey", KEY, made.user("alice"))) == (Reason.KEY_ONLY,)


def test_other_keys_are_untied_and_kept() -> None:
    """A call on an unrelated key is not tied; it is kept, to tell later what else went on."""
    made = Recording()
    events = make_events([made.kms(TIME, "Decrypt", OTHER_KEY, made.role("app", "s"), {"a": "b"})])

    side = tie_events(make_job(), WINDOW, EventIndex(events), [KEY])

    assert side.events == ()
    assert [event.event_id for event in side.untied] == [events[0].event_id]


def test_calls_in_the_padding_belong_to_the_job_that_ran_then() -> None:
    """Just before the job began, another one ran on the vault: the call is that one's."""
    earlier = make_job("earlier", "2026-03-01T17:54:00Z")
    record = Recording().kms("2026-03-01T18:00:00Z", "Decrypt", KEY, STORAGE, VAULT_CONTEXT)

    assert reasons_of(record) != ()
    assert reasons_of(record, others=(earlier,)) == ()


def test_concurrent_jobs_are_told_apart_by_context() -> None:
    """Two jobs at once on two vaults and one key: each gets the calls that name its vault."""
    other_vault = VAULT.replace("prod-vault", "other-vault")
    other = make_job("other", vault=other_vault)
    made = Recording()
    mine = made.kms(TIME, "Decrypt", KEY, STORAGE, VAULT_CONTEXT)
    theirs = made.kms(TIME, "Decrypt", KEY, STORAGE, {"aws:backup:backup-vault": "other-vault"})
    events = make_events([mine, theirs])

    sides = [tie_events(job, WINDOW, EventIndex(events), [KEY], [make_job(), other]) for job in (make_job(), other)]

    assert [[tie.event.event_id for tie in side.events] for side in sides] == [[mine["eventID"]], [theirs["eventID"]]]


def test_concurrent_job_on_the_vault_is_noticed() -> None:
    """Two jobs at once on one vault cannot be told apart, which is said."""
    assert has_concurrent_job(make_job("a"), [make_job("b")])
    assert not has_concurrent_job(make_job("a"), [make_job("a"), make_job("b", "2026-03-02T18:05:00Z")])


def test_parent_of_a_job_is_no_concurrent_job() -> None:
    """A job and its parent are one piece of work, whichever was asked about; a sibling is another."""
    parent, child = make_job("a"), structs.replace(make_job("b"), parent="A")

    assert not has_concurrent_job(parent, [child])
    assert not has_concurrent_job(child, [parent])
    assert has_concurrent_job(child, [structs.replace(make_job("c"), parent="A")])


def test_key_is_resolved_however_it_is_written() -> None:
    """An id in upper case, an alias and the ARN of an alias give the key's ARN."""
    made = Recording()
    key = made.key_arn("a")
    made.kms("2026-03-01T18:06:00Z", "GenerateDataKey", key, made.user("bob"), parameters={"keyId": "alias/orders"})
    events = make_events(made.records)

    for text in (key.rsplit("/", 1)[1].upper(), f" {key} ", "alias/orders", made.arn("kms", "alias/orders")):
        assert resolve_key(text, key_names(events)) == key


def test_window_job_takes_what_lies_in_it() -> None:
    """A span of time ties every KMS call inside, on the keys in question when there are some."""
    made = Recording()
    events = make_events([made.kms(TIME, "Decrypt", key, STORAGE) for key in (KEY, OTHER_KEY)])
    job = make_job(kind="window")

    assert len(tie_events(job, WINDOW, EventIndex(events), []).events) == 2
    assert len(tie_events(job, WINDOW, EventIndex(events), [KEY]).events) == 1


@pytest.mark.parametrize("text", [KEY.split("/")[1], "alias/vault", KEY])
def test_key_is_resolved_from_a_call_that_has_both(text: str) -> None:
    """An id or an alias stands for the key whose ARN a record gives beside it."""
    made = Recording()
    made.kms(TIME, "GenerateDataKey", KEY, STORAGE, parameters={"keyId": "alias/vault"})

    assert resolve_key(text, key_names(make_events(made.records))) == KEY


def test_running_job_is_searched_up_to_the_newest_record() -> None:
    """A job without an end has one where the records end."""
    pad = moment("2026-03-01T18:15:00Z") - moment("2026-03-01T18:00:00Z")
    job = make_job(completed=None, resource=TABLE)

    window = job_window(job, pad, moment("2026-03-01T20:00:00Z"))

    assert window == Window(moment("2026-03-01T17:50:00Z"), moment("2026-03-01T20:15:00Z"))
