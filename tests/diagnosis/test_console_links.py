"""Where the console shows an event."""

from datetime import datetime

import pytest
from making import make_events, make_job, make_side
from recording import Recording

from trail_diff.diagnosis.console_links import event_url, locate_evidence
from trail_diff.diagnosis.timeline import list_changes
from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Case, Coverage
from trail_diff.model.report import Evidence, Finding

EVENT = "6deb9459-6fda-56c4-e937-7064e6405eee"


@pytest.mark.parametrize(
    ("region", "start"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/6deb"),
        ("ap-northeast-1", "https://ap-northeast-1.console.aws.amazon.com/"),
        ("cn-north-1", "https://console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1#/events/"),
        ("us-gov-west-1", "https://console.amazonaws-us-gov.com/cloudtrailv2/home?region=us-gov-west-1#/"),
    ],
)
def test_each_partition_has_its_console(region: str, start: str) -> None:
    """The address is of the console of the Region's partition, in that Region, at that event."""
    url = event_url(region, EVENT)

    assert url is not None
    assert url.startswith(start)
    assert url.endswith(EVENT)


@pytest.mark.parametrize(
    ("region", "event_id"),
    [
        (None, EVENT),
        ("", EVENT),
        ("us-iso-east-1", EVENT),
        ("evil.example.com/?", EVENT),
        ("eu-west-1.evil.example", EVENT),
        ("eu-west-1", "event-1"),
        ("eu-west-1", f"{EVENT}\x1b\\"),
        ("eu-west-1", f"{EVENT}) [x](http://evil.example"),
    ],
)
def test_text_that_is_not_aws_own_makes_no_link(region: str | None, event_id: str) -> None:
    """A Region or id that could lead elsewhere, or act on a terminal, gives no address at all."""
    assert event_url(region, event_id) is None


def test_evidence_says_where_its_event_was_recorded() -> None:
    """An event of the case gets its Region, account and address; a file, or an event of nowhere, stays as it was."""
    made = Recording()
    (event,) = make_events(
        [made.kms("2026-03-02T18:06:00Z", "Decrypt", made.key_arn("k"), made.service("x.amazonaws.com"))]
    )
    case = Case(make_side(make_job("bad"), [event]), None, Coverage())
    elsewhere = (Evidence(file="policy.json"), Evidence(event_id="unknown"))
    finding = Finding(Cause.KMS_THROTTLED, "likely", evidence=(Evidence(event_id=event.event_id), *elsewhere))

    (located,) = locate_evidence([finding], case)

    assert located.evidence[0].region == event.aws_region == "eu-west-1"
    assert located.evidence[0].account == "111122223333"
    assert located.evidence[0].url == event_url("eu-west-1", event.event_id)
    assert located.evidence[1:] == elsewhere


@pytest.mark.parametrize(("asked_at", "is_linked"), [("2026-05-31", True), ("2026-06-01", False)])
def test_event_that_history_no_longer_holds_has_no_link(asked_at: str, is_linked: bool) -> None:  # noqa: FBT001
    """Event history holds 90 days, counted from the question: a link to an older event would lead to an empty page."""
    made = Recording()
    (event,) = make_events(
        [made.kms("2026-03-02T18:06:00Z", "Decrypt", made.key_arn("k"), made.service("x.amazonaws.com"))]
    )
    moment = datetime.fromisoformat(f"{asked_at}T12:00:00+00:00")
    case = Case(make_side(make_job("bad"), [event]), None, Coverage(), changes=(event,), asked_at=moment)
    finding = Finding(Cause.KMS_THROTTLED, "likely", evidence=(Evidence(event_id=event.event_id),))

    (located,) = locate_evidence([finding], case)

    assert (located.evidence[0].url is not None) is is_linked
    assert located.evidence[0].region == "eu-west-1"
    assert [change.url is not None for change in list_changes(case)] == [is_linked]
