"""Who uses a key."""

import pytest
from making import make_events
from recording import Recording

from trail_diff.errors import SourceError
from trail_diff.gather.fold import add_call
from trail_diff.usage import callers
from trail_diff.usage.callers import CallerCount


def test_calls_are_counted_by_caller_action_and_key() -> None:
    """Each caller, action and key is one row; errors are counted by code; the busiest row is first."""
    made = Recording()
    key, other = made.key_arn("a"), made.key_arn("b")
    storage = made.service("backup-storage.amazonaws.com")
    for second in range(3):
        made.kms(f"2026-03-01T18:06:0{second}Z", "Decrypt", key, storage)
    made.kms("2026-03-01T18:07:00Z", "Decrypt", other, storage, errorCode="AccessDenied")
    count = CallerCount()

    for event in make_events(made.records):
        add_call(count, event)

    busiest, rarer = count.rows()
    assert (busiest.key, busiest.calls, busiest.errors) == (key, 3, 0)
    assert (rarer.key, rarer.calls, rarer.error_codes) == (other, 1, {"AccessDenied": 1})
    assert (f"{busiest.first:%S}", f"{busiest.last:%S}") == ("00", "02")


def test_keys_narrow_the_count() -> None:
    """Only calls on the key in question are counted, named by ARN or by id."""
    made = Recording()
    key, other = made.key_arn("a"), made.key_arn("b")
    for name in (key, other):
        made.kms("2026-03-01T18:06:00Z", "Decrypt", name, made.user("alice"))

    for asked in (key, key.split("/")[1]):
        count = CallerCount([asked])
        for event in make_events(made.records):
            add_call(count, event)

        assert [row.key for row in count.rows()] == [key]


def test_a_key_is_found_by_its_alias_wherever_the_alias_is_named() -> None:
    """Calls before and after the one that names both the alias and the key are counted; other keys are not."""
    made = Recording()
    key, alias = made.key_arn("a"), "alias/orders"
    made.kms("2026-03-01T18:06:00Z", "Decrypt", key, made.user("alice"))
    made.kms("2026-03-01T18:07:00Z", "GenerateDataKey", key, made.user("bob"), parameters={"keyId": alias})
    made.kms("2026-03-01T18:08:00Z", "Decrypt", made.key_arn("b"), made.user("carol"))

    for asked in (alias, made.arn("kms", alias), key.upper().replace("ARN:AWS:KMS:EU-WEST-1", "arn:aws:kms:eu-west-1")):
        count = CallerCount([asked.replace(":KEY/", ":key/")])
        for event in make_events(made.records):
            add_call(count, event)

        assert [row.caller.name for row in count.rows()] == ["alice", "bob"]


def test_an_alias_that_no_call_names_fits_nothing() -> None:
    """An alias without a key is not taken for every key."""
    made = Recording()
    made.kms("2026-03-01T18:06:00Z", "Decrypt", made.key_arn("a"), made.user("alice"))
    count = CallerCount(["alias/none"])

    for event in make_events(made.records):
        add_call(count, event)

    assert count.rows() == ()


def test_sessions_of_a_role_are_one_row() -> None:
    """A thousand sessions of one role do not make a thousand rows."""
    made = Recording()
    for session in "abc":
        made.kms("2026-03-01T18:06:00Z", "Decrypt", made.key_arn("a"), made.role("app", session))
    count = CallerCount()

    for event in make_events(made.records):
        add_call(count, event)

    assert [row.calls for row in count.rows()] == [3]


def test_rows_that_are_alike_have_a_fixed_order() -> None:
    """Callers of one name with as many calls come in the same order whichever was read first."""
    made = Recording()
    for account in ("444455556666", "111122223333", "123456789012"):
        caller = {**made.user("alice"), "arn": f"arn:aws:iam::{account}:user/alice", "accountId": account}
        made.kms("2026-03-01T18:06:00Z", "Decrypt", made.key_arn("a"), caller)
    counts = CallerCount(), CallerCount()

    for count, records in zip(counts, (made.records, made.records[::-1]), strict=True):
        for event in make_events(records):
            add_call(count, event)

    assert [row.caller.account for row in counts[0].rows()] == ["123456789012", "444455556666", "111122223333"]
    assert counts[0].rows() == counts[1].rows()


def test_more_callers_than_can_be_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: what grows with the number of different callers stops at a limit, with what to do."""
    monkeypatch.setattr(callers, "ROW_LIMIT", 2)
    made = Recording()
    for number in range(3):
        made.kms("2026-03-01T18:00:00Z", "Decrypt", made.key_arn("k"), made.role(f"role-{number}", "s"))
    first, second, third = make_events(made.records)
    count = CallerCount()
    add_call(count, first)
    add_call(count, second)
    add_call(count, second)

    with pytest.raises(SourceError, match="more than 2 different callers"):
        add_call(count, third)
