"""Incidents of grants: revoked, retired, made again, never made."""

from scenes.stage import FIRST, STORAGE, Incident, Scene


def revoked_grant(scene: Scene) -> None:
    """The policy is clean and leaves services to grants; the vault's was revoked."""
    scene.put_policy("2026-02-01T09:00:00Z")
    grant = {"granteePrincipal": STORAGE, "operations": ["Decrypt", "GenerateDataKey"]}
    creator = scene.made.user("key-admin")
    scene.made.kms(
        "2026-02-01T10:00:00Z", "CreateGrant", scene.key, creator, parameters=grant, responseElements={"grantId": "g-1"}
    )
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    scene.give("--grants", "grants.json", {"Grants": []})


def unnamed_create_grant(scene: Scene) -> None:
    """CreateGrant was refused, and the record does not say by what."""
    scene.refused("CreateGrant", "", parameters={"granteePrincipal": STORAGE, "operations": ["Decrypt"]})


CASES: dict[str, Incident] = {
    "revoked-grant": Incident(revoked_grant, cause="grant-revoked"),
    "create-grant": Incident(unnamed_create_grant, cause="grant-not-created", helps=None),
}
