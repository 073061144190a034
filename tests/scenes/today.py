"""Incidents whose key is known as it is today: what calls before and after the job tell of how it was then."""

from collections.abc import Callable

from recording import Recording
from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, FIRST, SECOND, STORAGE, Incident, Scene, deny, policy

LATER = "2026-03-03"


def _let_time_pass(scene: Scene) -> None:
    """Let something go on each hour of the days around, so that a change of the key would be in the export."""
    for day in range(1, 4):
        for hour in range(24):
            time = f"2026-03-0{day}T{hour:02}:30:00Z"
            scene.made.add(time, "ec2.amazonaws.com", "CreateTags", scene.made.user("alice"), readOnly=False)


def _denied_today(*days: str, is_whole: bool) -> Callable[[Scene], None]:
    """Make a scene in which today's policy denies the service, which worked on some days."""

    def make(scene: Scene) -> None:
        for day in days:
            scene.storage(day)
        if is_whole:
            _let_time_pass(scene)
        scene.give("--key-policy", "policy.json", policy(scene.made, ALLOW_STORAGE, deny(ADMIN_ONLY)))

    return make


def nothing_allows_today(scene: Scene) -> None:
    """Today's policy and grants let the service in nowhere, yet it worked the day after."""
    scene.storage(FIRST)
    scene.storage(LATER)
    scene.give("--key-policy", "policy.json", policy(scene.made))
    scene.give("--grants", "grants.json", {"Grants": []})


def disabled_today(scene: Scene) -> None:
    """The key is disabled today, and was used the day after the job."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.storage(LATER)
    scene.state_today("Disabled")


def disabled_unseen(scene: Scene) -> None:
    """The key was enabled long before; what disabled it since is in no record, and may have been before the job."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.change("2026-02-26T09:00:00Z", "DisableKey")
    scene.change("2026-02-26T09:10:00Z", "EnableKey")
    scene.storage(FIRST)
    scene.state_today("Disabled")


def material_was_back(scene: Scene) -> None:
    """The key's material was deleted in the morning and the key used at noon: an import is in no record."""
    scene.storage(FIRST)
    scene.change(f"{SECOND}T09:00:00Z", "DeleteImportedKeyMaterial")
    scene.made.kms(f"{SECOND}T12:00:00Z", "Encrypt", scene.key, scene.made.user("alice"))


def vault_of_one_name(scene: Scene) -> None:
    """The baseline went to a vault of the same name in another Region, whose key is another one."""
    made, there = scene.made, Recording(region="us-east-1", seed="there")
    there.records = made.records
    scene.baseline = False
    night = (f"{FIRST}T18:05:00Z", f"{FIRST}T18:15:00Z")
    table, role = there.arn("dynamodb", "table/orders"), there.role_arn("service-role/AWSBackupDefaultServiceRole")
    there.backup_job("good-there", *night, "COMPLETED", vault=scene.vault, resource=table, role=role)
    context = {"aws:backup:backup-vault": there.arn("backup", f"backup-vault:{scene.vault}")}
    for action in ("GenerateDataKey", "Decrypt"):
        there.kms(f"{FIRST}T18:07:00Z", action, there.key_arn("vault"), there.service(STORAGE), context)
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.put_policy(f"{SECOND}T09:00:00Z", ALLOW_STORAGE, deny(ADMIN_ONLY))
    scene.options += ["--baseline-job-id", "good-there", "--key", scene.key]


def put_and_taken_back_undecided(scene: Scene) -> None:
    """A Deny that may hit the service was put shortly before the job and taken back while it ran."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy(f"{SECOND}T18:02:00Z", ALLOW_STORAGE, deny(ADMIN_ONLY, principal={"AWS": "*"}))
    scene.put_policy(f"{SECOND}T18:12:00Z", ALLOW_STORAGE)


_DENY = "key-policy-explicit-deny"
CASES: dict[str, Incident] = {
    "denied-today-alone": Incident(
        _denied_today(FIRST, is_whole=False), cause=_DENY, confidence="likely", statement=3, caller=STORAGE
    ),
    "denied-today-worked-since": Incident(
        _denied_today(FIRST, LATER, is_whole=False), cause=_DENY, confidence="possible", statement=3
    ),
    "denied-today-worked-before-unbroken": Incident(
        _denied_today(FIRST, is_whole=True), cause=_DENY, confidence="possible", statement=3
    ),
    "nothing-allows-today": Incident(nothing_allows_today, cause="key-policy-no-allow", confidence="possible"),
    "disabled-today-used-since": Incident(disabled_today, cause="key-disabled", confidence="possible"),
    "disabled-unseen": Incident(disabled_unseen, cause="key-disabled", not_ruled_out="key-disabled"),
    "material-was-back": Incident(material_was_back, "difference", ruled_out="key-unavailable"),
    "vault-of-one-name": Incident(vault_of_one_name, cause=_DENY, confidence="likely", statement=3, caller=STORAGE),
    "put-and-taken-back-undecided": Incident(
        put_and_taken_back_undecided, cause=_DENY, confidence="likely", statement=3, caller=STORAGE
    ),
}
