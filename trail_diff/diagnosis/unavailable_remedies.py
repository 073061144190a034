"""What makes an unavailable key usable again: its key store connected, or its material imported. Pure.

Which of the two it is, is told by the change of the state, by describe-key, or by the error; where nothing tells, the
key's description is asked for (`cause_steps`).
"""

import shlex
from collections.abc import Iterator

from trail_diff.arns import arn_region
from trail_diff.diagnosis.examined import Examined
from trail_diff.diagnosis.grant_remedies import name_key
from trail_diff.diagnosis.needs import key_of
from trail_diff.model.learnt import Event
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Finding, Remedy

_LOSES_MATERIAL = frozenset({"DeleteImportedKeyMaterial", "DeleteExpiredKeyMaterial"})


def make_available(examined: Examined, finding: Finding) -> tuple[Remedy, ...]:
    """Return how to make the key usable; nothing where it is not known what it lacks, or it is AWS that works on it."""
    key = key_of(examined, finding)
    if key is None:
        return ()
    store = _store(examined, finding, key)
    if store is not None:
        region = arn_region(key)
        command = f"aws kms connect-custom-key-store --custom-key-store-id {shlex.quote(store)}"
        command += f" --region {shlex.quote(region)}" if region else ""
        risks = (Reason.STORE_STATE_NOT_KNOWN,)
        return (Remedy("connect-key-store", helps="undetermined", risks=risks, commands=(command,)),)
    if _lacks_material(examined, finding, key):
        wrapping = "--wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_4096"
        files = "--import-token fileb://token.bin --encrypted-key-material fileb://material.bin"
        commands = (
            f"aws kms get-parameters-for-import {name_key(key)} {wrapping}",
            f"aws kms import-key-material {name_key(key)} {files} --expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE",
        )
        risks = (Reason.MATERIAL_MUST_BE_THE_SAME,)
        return (Remedy("import-key-material", helps="undetermined", risks=risks, commands=commands),)
    return ()


def _store(examined: Examined, finding: Finding, key: str) -> str | None:
    """Return the custom key store that the key is in: as describe-key says, or the record of its being disconnected."""
    state = _described(examined, key)
    named = [event.request_parameters.get("customKeyStoreId") for event in _named(examined, finding)]
    found = [state.get("CustomKeyStoreId"), *named]
    return next((one for one in found if isinstance(one, str) and one), None)


def _lacks_material(examined: Examined, finding: Finding, key: str) -> bool:
    """Check whether the key's material is to be imported: it was deleted or expired, or describe-key or KMS says so."""
    if _described(examined, key).get("KeyState") == "PendingImport":
        return True
    events = [*_named(examined, finding)]
    is_stated = any("pending import" in (event.error_message or "").lower() for event in events)
    return is_stated or any(event.event_name in _LOSES_MATERIAL for event in events)


def _described(examined: Examined, key: str) -> dict[str, object]:
    state = examined.case.facts.key_state or {}
    return dict(state) if state.get("Arn") in (None, key) else {}


def _named(examined: Examined, finding: Finding) -> Iterator[Event]:
    """Yield the events that the finding rests on."""
    named = {one.event_id for one in finding.evidence} - {None}
    events = (*examined.case.changes, *(tie.event for tie in examined.case.failed.events))
    yield from (event for event in events if event.event_id in named)
