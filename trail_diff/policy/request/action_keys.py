"""Which kms: keys a request of an action can have; of those that an action does not list, it has none.

From the service authorization reference ("Actions, resources, and condition keys for AWS Key Management Service"), as
of October 2026; to renew it, take the condition keys of each action there. Names are in lower case.
"""

from collections.abc import Iterator, Mapping

from trail_diff.policy.request.domains import Domain, Open

_OF_EVERY_ACTION = frozenset(
    (
        "kms:calleraccount",
        "kms:viaservice",
        "kms:keyorigin",
        "kms:keyspec",
        "kms:keyusage",
        "kms:multiregion",
        "kms:multiregionkeytype",
        "kms:resourcealiases",
    )
)
"""The keys of a caller, and those of the key that is called."""

_ENCRYPTS = "encryptionalgorithm encryptioncontext: encryptioncontextkeys requestalias"
_ATTESTS = "recipientattestation:"
_BY_ACTION: Mapping[str, str] = {
    "decrypt": f"{_ENCRYPTS} {_ATTESTS}",
    "generatedatakey": f"{_ENCRYPTS} {_ATTESTS}",
    "encrypt": _ENCRYPTS,
    "generatedatakeywithoutplaintext": _ENCRYPTS,
    "generatedatakeypair": f"{_ENCRYPTS} {_ATTESTS} datakeypairspec",
    "generatedatakeypairwithoutplaintext": f"{_ENCRYPTS} datakeypairspec",
    "reencryptfrom": f"{_ENCRYPTS} reencryptonsamekey",
    "reencryptto": f"{_ENCRYPTS} reencryptonsamekey",
    "creategrant": (
        "encryptioncontext: encryptioncontextkeys grantconstrainttype grantconstraintsourcearn grantisforawsresource"
        " grantoperations granteeprincipal granteeserviceprincipal retiringprincipal retiringserviceprincipal"
    ),
    "retiregrant": "encryptioncontext: encryptioncontextkeys grantconstrainttype",
    "listgrants": "grantisforawsresource",
    "revokegrant": "grantisforawsresource",
    "describekey": "requestalias",
    "getpublickey": "requestalias",
    "putkeypolicy": "bypasspolicylockoutsafetycheck",
    "schedulekeydeletion": "schedulekeydeletionpendingwindowindays trailingdayswithoutkeyusage",
    "disablekey": "trailingdayswithoutkeyusage",
    "enablekeyrotation": "rotationperiodindays",
    "replicatekey": "replicaregion",
    "importkeymaterial": "expirationmodel validto",
    "getparametersforimport": "wrappingalgorithm wrappingkeyspec",
    "sign": "messagetype signingalgorithm requestalias",
    "verify": "messagetype signingalgorithm requestalias",
    "generatemac": "macalgorithm requestalias",
    "verifymac": "macalgorithm requestalias",
    "derivesharedsecret": f"keyagreementalgorithm {_ATTESTS} requestalias",
    "encapsulate": f"encapsulationalgorithm {_ATTESTS} requestalias",
    "decapsulate": f"encapsulationalgorithm {_ATTESTS} requestalias",
    "generaterandom": _ATTESTS,
}
_ALL = frozenset(f"kms:{name}" for names in _BY_ACTION.values() for name in names.split())
_KEYS = {f"kms:{action}": frozenset(f"kms:{name}" for name in names.split()) for action, names in _BY_ACTION.items()}
_ABSENT = Domain((Open.ABSENT,), "documented")


def has_key(action: str, key: str) -> bool:
    """Check whether a request of an action can have a kms: key; of an action that is not known it is not ruled out."""
    listed = _KEYS.get(action.lower())
    return listed is None or key.lower() in listed or key.lower() in _OF_EVERY_ACTION


def absent_keys(action: str) -> Iterator[tuple[str, Domain]]:
    """Yield the kms: keys that no request of an action has, in order; names that end in `:` are prefixes."""
    listed = _KEYS.get(action.lower())
    if listed is not None:
        yield from ((key, _ABSENT) for key in sorted(_ALL - listed))
