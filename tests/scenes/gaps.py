"""Incidents whose evidence does not cover the question."""

from scenes.stage import FIRST, SECOND, STORAGE, Incident, Scene


def no_baseline(scene: Scene) -> None:
    """No job ever succeeded."""
    scene.baseline = False
    scene.role(SECOND, "DescribeKey")


def excluded_by_advanced_selectors(scene: Scene) -> None:
    """The trail was told by advanced selectors to leave KMS out."""
    scene.storage(FIRST)
    selector = {
        "name": "no kms",
        "fieldSelectors": [
            {"field": "eventCategory", "equals": ["Management"]},
            {"field": "eventSource", "notEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]},
        ],
    }
    scene.made.add(
        f"{SECOND}T09:00:00Z",
        "cloudtrail.amazonaws.com",
        "PutEventSelectors",
        scene.made.user("ops"),
        readOnly=False,
        requestParameters={"trailName": "main", "advancedEventSelectors": [selector]},
    )
    scene.keep = lambda r: not (r["eventSource"] == "kms.amazonaws.com" and r["eventTime"] > f"{SECOND}T09:00")


def only_first_night(scene: Scene) -> None:
    """The export ends before the failed job, which only its descriptor tells of."""
    scene.storage(FIRST)
    scene.keep = lambda r: r["eventTime"] < SECOND
    scene.describe_failed()


def only_failed_night(scene: Scene) -> None:
    """The export begins after the job that succeeded, which only its descriptor tells of."""
    scene.role(SECOND, "DescribeKey")
    scene.keep = lambda r: r["eventTime"] > SECOND
    scene.describe_good()


def fetched_too_early(scene: Scene) -> None:
    """The export was made a few minutes after the job ended, and nothing else tells why calls are missing."""
    scene.storage(FIRST)
    scene.role(SECOND, "DescribeKey")
    scene.keep = lambda r: r["eventTime"] < f"{SECOND}T18:18"


def second_night_write_only(scene: Scene) -> None:
    """The second night was downloaded without read-only events, the first one in full."""
    scene.storage(FIRST)
    scene.role(SECOND, "CreateGrant", parameters={"granteePrincipal": STORAGE, "operations": ["Decrypt"]})
    scene.keep = lambda r: not (r["readOnly"] and r["eventTime"] > SECOND)


def empty_export(scene: Scene) -> None:
    """The export holds nothing of either night."""
    scene.keep = lambda _r: False
    scene.describe_failed()
    scene.describe_good()


CASES: dict[str, Incident] = {
    "no-baseline": Incident(no_baseline, "inconclusive", warning="no-baseline"),
    "excluded-by-advanced-selectors": Incident(
        excluded_by_advanced_selectors, "inconclusive", warning="kms-events-excluded", step="lookup-events"
    ),
    "only-first-night": Incident(only_first_night, "inconclusive", warning="window-not-covered", step="lookup-events"),
    "only-failed-night": Incident(
        only_failed_night, "inconclusive", warning="window-not-covered", step="lookup-events"
    ),
    "fetched-too-early": Incident(
        fetched_too_early,
        "inconclusive",
        warning="delivery-delay-possible",
        reading=("outside-window", "open"),
        step="lookup-events",
    ),
    "second-night-write-only": Incident(
        second_night_write_only,
        "inconclusive",
        warning="read-only-events-missing",
        reading=("not-collected", "supported"),
    ),
    "empty-export": Incident(empty_export, "inconclusive", warning="window-not-covered"),
}
