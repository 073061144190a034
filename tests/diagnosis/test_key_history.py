"""What a key's grants and state were at a time."""

from making import make_events, moment
from recording import Record, Recording

from trail_diff.diagnosis.key_history import deletion_scheduled, grants_at, state_at
from trail_diff.model.learnt import Facts

MADE = Recording()
KEY = MADE.key_arn("vault")
NIGHT = moment("2026-03-02T18:10:00Z")


def grant_event(time: str, name: str, grant_id: str) -> Record:
    """Record that a grant was made or ended."""
    made = Recording()
    fields = {"responseElements": {"grantId": grant_id}} if name == "CreateGrant" else {}
    parameters = {"granteePrincipal": "a.amazonaws.com"} if name == "CreateGrant" else {"grantId": grant_id}
    return made.kms(time, name, KEY, made.user("admin"), parameters=parameters, **fields)


def ids(changes: list[Record], listed: list[Record]) -> list[object]:
    """Return the ids of the grants in force at night."""
    return [grant["GrantId"] for grant in grants_at(make_events(changes), NIGHT, Facts(grants=tuple(listed))) or ()]


def test_grant_made_later_was_not_in_force() -> None:
    """A listed grant whose date or record is after the time is left out."""
    listed: list[Record] = [
        {"GrantId": "dated", "CreationDate": "2026-03-03T00:00:00Z"},
        {"GrantId": "told"},
        {"GrantId": "old"},
    ]

    assert ids([grant_event("2026-03-02T19:00:00Z", "CreateGrant", "told")], listed) == ["old"]


def test_grant_ended_later_was_still_in_force() -> None:
    """A grant that is not listed any more but ended after the time is put back, as far as its making was recorded."""
    changes = [
        grant_event("2026-03-01T09:00:00Z", "CreateGrant", "known"),
        grant_event("2026-03-02T19:00:00Z", "RevokeGrant", "known"),
        grant_event("2026-03-02T19:00:00Z", "RevokeGrant", "stranger"),
    ]

    assert ids(changes, []) == ["known"]


def test_grants_not_given_stay_unknown() -> None:
    """Without today's list nothing is concluded from single records."""
    assert grants_at(make_events([grant_event("2026-03-01T09:00:00Z", "CreateGrant", "g")]), NIGHT, Facts()) is None


def test_date_of_deletion_tells_when_it_was_scheduled() -> None:
    """A deletion is scheduled 7 to 30 days ahead."""
    span = deletion_scheduled(Facts(key_state={"KeyState": "PendingDeletion", "DeletionDate": "2026-04-01T00:00:00Z"}))

    assert span is not None
    assert (span.start, span.end) == (moment("2026-03-02T00:00:00Z"), moment("2026-03-25T00:00:00Z"))


def test_key_made_without_material_waits_for_it() -> None:
    """A new key of external origin cannot be used before its material is imported."""
    admin = MADE.user("admin")
    record = MADE.kms("2026-03-01T09:00:00Z", "CreateKey", KEY, admin, parameters={"origin": "EXTERNAL"})

    state = state_at(make_events([record]), KEY, NIGHT, Facts())

    assert state is not None
    assert state.state == "PendingImport"
