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


def _disk(scene: Scene) -> None:
    """Back up a volume: its recovery point keeps the volume's key, and no call is known to be the job's own."""
    scene.resource, scene.resource_type = "ec2:volume/vol-0123456789abcdef0", "EBS"


def disk_calls_of_the_role(scene: Scene) -> None:
    """The role looks at a key on both nights, for whichever job; the volume's key is not known to be that one."""
    _disk(scene)
    scene.role(FIRST, "DescribeKey")
    scene.role(SECOND, "DescribeKey")


def disk_calls_of_a_vault(scene: Scene) -> None:
    """The storage service works for another job on the vault, which says nothing of a volume."""
    _disk(scene)
    scene.storage(FIRST)
    scene.storage(SECOND)


def disk_without_calls(scene: Scene) -> None:
    """Nothing is recorded of either job, and what shows the volume's key is no look at the vault."""
    _disk(scene)


def _disk_key_asked(scene: Scene) -> str:
    disk_calls_of_the_role(scene)
    key = scene.made.key_arn("volume")
    scene.options += ["--key", key]
    return key


def disk_key_disabled(scene: Scene) -> None:
    """The volume's key, looked up since and given, was disabled between the nights; the role used another one."""
    scene.made.kms(f"{SECOND}T09:00:00Z", "DisableKey", _disk_key_asked(scene), scene.made.user("key-admin"))


def disk_key_of_the_role_disabled(scene: Scene) -> None:
    """The key that the role looked at was disabled: whether it is the volume's is not known."""
    disk_calls_of_the_role(scene)
    scene.change(f"{SECOND}T09:00:00Z", "DisableKey")


def disk_key_disabled_long_ago(scene: Scene) -> None:
    """The volume's key was disabled before the night that worked: that explains nothing."""
    scene.made.kms("2026-02-01T09:00:00Z", "DisableKey", _disk_key_asked(scene), scene.made.user("key-admin"))


def disk_key_disabled_today(scene: Scene) -> None:
    """Today's state of the volume's key alone: it may have been the state of that night."""
    _disk(scene)
    scene.options += ["--key", scene.key]
    scene.state_today("Disabled")


_SHOWS_KEY = "aws ec2 describe-volumes --volume-ids vol-0123456789abcdef0"
_WHOSE = "calls-name-no-resource"
CASES: dict[str, Incident] = {
    "disk-calls-of-the-role": Incident(disk_calls_of_the_role, "inconclusive", warning=_WHOSE, step=_SHOWS_KEY),
    "disk-calls-of-a-vault": Incident(disk_calls_of_a_vault, "inconclusive", warning=_WHOSE, step=_SHOWS_KEY),
    "disk-without-calls": Incident(disk_without_calls, "inconclusive", warning="key-not-known", step=_SHOWS_KEY),
    "disk-key-disabled": Incident(disk_key_disabled, cause="key-disabled", confidence="likely", helps="enable-key"),
    "disk-key-of-the-role-disabled": Incident(
        disk_key_of_the_role_disabled, cause="key-disabled", confidence="possible"
    ),
    "disk-key-disabled-long-ago": Incident(
        disk_key_disabled_long_ago, "inconclusive", ruled_out="key-disabled", step="get-key-policy"
    ),
    "disk-key-disabled-today": Incident(disk_key_disabled_today, cause="key-disabled", confidence="possible"),
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
