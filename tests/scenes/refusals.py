"""Incidents in which a record states what refused the call."""

from collections.abc import Callable

from scenes.stage import FIRST, SECOND, Incident, Scene


def throttled(scene: Scene) -> None:
    """KMS throttled the role, and the job says so."""
    scene.message = "Rate exceeded"
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="ThrottlingException", errorMessage="Rate exceeded")


def wrong_context(scene: Scene) -> None:
    """KMS itself refuses the ciphertext."""
    scene.role(FIRST, "Decrypt")
    scene.role(SECOND, "Decrypt", errorCode="InvalidCiphertextException")


def stated(action: str, why: str) -> Callable[[Scene], None]:
    """Make a scene in which a record names the layer."""

    def make(scene: Scene) -> None:
        scene.refused(action, why)

    return make


CASES: dict[str, Incident] = {
    "throttled": Incident(throttled, cause="kms-throttled"),
    "wrong-context": Incident(wrong_context, cause="encryption-context-mismatch"),
    "identity-no-allow": Incident(
        stated("CreateGrant", "because no identity-based policy allows the kms:CreateGrant action"),
        cause="identity-policy-no-allow",
    ),
    "identity-deny": Incident(
        stated("Decrypt", "with an explicit deny in an identity-based policy"), cause="identity-policy-explicit-deny"
    ),
    "boundary": Incident(
        stated("Decrypt", "because no permissions boundary allows the kms:Decrypt action"),
        cause="permissions-boundary-deny",
    ),
    "session-policy": Incident(
        stated("Decrypt", "with an explicit deny in a session policy"), cause="session-policy-deny"
    ),
    "rcp": Incident(stated("Decrypt", "with an explicit deny in a resource control policy"), cause="rcp-deny"),
    "vpc-endpoint": Incident(
        stated("Decrypt", "with an explicit deny in a VPC endpoint policy"), cause="vpc-endpoint-policy-deny"
    ),
}
