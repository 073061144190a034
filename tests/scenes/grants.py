"""Incidents of grants: revoked, retired, made again, never made."""

import json

from scenes.stage import ADMIN_ONLY, ALLOW_STORAGE, FIRST, SECOND, STORAGE, Incident, Scene, deny, policy


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


def make_grant(scene: Scene, time: str, grant_id: str, grantee: str = STORAGE) -> None:
    """Create a grant on the vault's key."""
    scene.made.kms(
        time,
        "CreateGrant",
        scene.key,
        scene.made.user("key-admin"),
        parameters={"granteePrincipal": grantee, "operations": ["Decrypt", "GenerateDataKey"]},
        responseElements={"grantId": grant_id, "keyId": scene.key},
    )


def other_grantee(scene: Scene) -> None:
    """The grant that was revoked was DynamoDB's, not the missing caller's."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1", "dynamodb.eu-west-1.amazonaws.com")
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")


def revoked_long_before(scene: Scene) -> None:
    """A grant of the caller was revoked before the night that worked, so another one was in force then."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.change("2026-02-10T09:00:00Z", "RevokeGrant", grantId="g-1")
    scene.storage(FIRST)


def granted_again(scene: Scene) -> None:
    """The grant was revoked and created anew before the job, so it is not what is missing."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    make_grant(scene, "2026-03-02T09:05:00Z", "g-2")


def granted_again_too_late(scene: Scene) -> None:
    """The grant was revoked before the job and created anew only after it; today's list has the new one."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    make_grant(scene, "2026-03-02T19:05:00Z", "g-2")
    grant = {"GrantId": "g-2", "GranteePrincipal": STORAGE, "Operations": ["Decrypt", "GenerateDataKey"]}
    scene.give("--grants", "grants.json", {"Grants": [grant]})


def revoked_afterwards(scene: Scene) -> None:
    """The grant was revoked after the job had failed."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.storage(FIRST)
    scene.change("2026-03-02T19:00:00Z", "RevokeGrant", grantId="g-1")


def revoked_under_deny(scene: Scene) -> None:
    """The grant was revoked and a Deny put on the key as well: the Deny wins over any grant."""
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    scene.put_policy("2026-03-02T09:10:00Z", deny(ADMIN_ONLY))


def retired_unknown(scene: Scene) -> None:
    """A grant was retired; whose it was is not in the export, but the policy gives the service nothing."""
    scene.put_policy("2026-02-01T09:00:00Z")
    scene.storage(FIRST)
    scene.made.add(
        "2026-03-02T09:00:00Z",
        "kms.amazonaws.com",
        "RetireGrant",
        scene.made.user("cleaner"),
        readOnly=False,
        additionalEventData={"grantId": "g-7"},
        resources=[{"accountId": scene.made.account, "type": "AWS::KMS::Key", "ARN": scene.key}],
    )
    scene.give("--grants", "grants.json", {"Grants": []})


def retired_but_still_granted(scene: Scene) -> None:
    """A grant was retired, but the service still holds another one."""
    retired_unknown(scene)
    grant = {
        "GrantId": "g-2",
        "GranteePrincipal": STORAGE,
        "Operations": ["Decrypt", "GenerateDataKey"],
        "CreationDate": 1767225600,
    }
    scene.files["grants.json"] = json.dumps({"Grants": [grant]})


def revoke_refused(scene: Scene) -> None:
    """Somebody tried to revoke the grant and was refused."""
    scene.put_policy("2026-02-01T09:00:00Z")
    make_grant(scene, "2026-02-01T10:00:00Z", "g-1")
    scene.storage(FIRST)
    scene.change("2026-03-02T09:00:00Z", "RevokeGrant", grantId="g-1")
    scene.made.records[-1] |= {"errorCode": "AccessDenied"}


def constraint_differs(scene: Scene) -> None:
    """The only grant of the service is for another vault's encryption context."""
    scene.put_policy("2026-02-01T09:00:00Z", ALLOW_STORAGE)
    scene.storage(FIRST)
    scene.put_policy("2026-03-02T09:00:00Z")
    other = {"aws:backup:backup-vault": scene.made.arn("backup", "backup-vault:old-vault")}
    grant = {
        "GrantId": "g-2",
        "GranteePrincipal": STORAGE,
        "Operations": ["Decrypt", "GenerateDataKey"],
        "Constraints": {"EncryptionContextEquals": other},
    }
    scene.give("--grants", "grants.json", {"Grants": [grant]})


def create_grant_named(scene: Scene) -> None:
    """CreateGrant was refused, and the record names the key policy: the layer counts, not the operation."""
    scene.refused(
        "CreateGrant",
        "because no resource-based policy allows the kms:CreateGrant action",
        parameters={"granteePrincipal": STORAGE, "operations": ["Decrypt"]},
    )


def grant_refused_by_todays_policy(scene: Scene) -> None:
    """CreateGrant was refused without a word why; the policy as given denies it, so the layer is known."""
    grant = {"granteePrincipal": "rds.amazonaws.com", "operations": ["Decrypt"]}
    scene.refused("CreateGrant", "", "rds.amazonaws.com", parameters=grant)
    no_service_grants = deny({"Bool": {"kms:GrantIsForAWSResource": "true"}}, "NoServiceGrants")
    scene.give("--key-policy", "policy.json", policy(scene.made, no_service_grants))


def retired_by_other_service(scene: Scene) -> None:
    """Another service retired grants of its own, as it does every day; the storage service's is not among them."""
    scene.put_policy("2026-01-01T09:00:00Z")
    scene.storage(FIRST)
    for day in (FIRST, SECOND):
        scene.made.add(
            f"{day}T17:00:00Z",
            "kms.amazonaws.com",
            "RetireGrant",
            scene.made.service("rds.amazonaws.com"),
            readOnly=False,
            additionalEventData={"grantId": f"g-{day}"},
            resources=[{"accountId": scene.made.account, "type": "AWS::KMS::Key", "ARN": scene.key}],
        )
    scene.give("--grants", "grants.json", {"Grants": []})


CASES: dict[str, Incident] = {
    "retired-by-other-service": Incident(retired_by_other_service, "difference"),
    "revoked-grant": Incident(revoked_grant, cause="grant-revoked"),
    "create-grant": Incident(unnamed_create_grant, cause="grant-not-created", helps=None),
    "other-grantee": Incident(other_grantee, "difference", step="list-grants"),
    "revoked-long-before": Incident(revoked_long_before, "difference"),
    "granted-again": Incident(granted_again, "difference"),
    "granted-again-too-late": Incident(granted_again_too_late, cause="grant-revoked"),
    "revoked-afterwards": Incident(revoked_afterwards, "difference"),
    "revoked-under-deny": Incident(revoked_under_deny, cause="key-policy-explicit-deny", statement=2),
    "retired-unknown": Incident(retired_unknown, cause="grant-revoked", confidence="likely"),
    "retired-but-still-granted": Incident(retired_but_still_granted, "difference"),
    "revoke-refused": Incident(revoke_refused, "difference"),
    "constraint-differs": Incident(constraint_differs, cause="key-policy-no-allow"),
    "create-grant-named": Incident(create_grant_named, cause="key-policy-no-allow", confidence="confirmed"),
    "grant-refused-by-todays-policy": Incident(
        grant_refused_by_todays_policy, cause="key-policy-explicit-deny", statement=2, confidence="likely"
    ),
}
