"""What is known of the key beside its events: files as the AWS CLI prints them, read and checked for their shape."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from trail_diff.errors import FactError
from trail_diff.model import Facts
from trail_diff.policy.document import policy_from


class FactFiles(Struct, frozen=True):
    """The files that hold the facts; None where none was given."""

    key_policy: str | None = None
    key_state: str | None = None
    grants: str | None = None
    organization_id: str | None = None


def load_facts(files: FactFiles) -> Facts:
    """Read the facts.

    Raises:
        FactError: a file cannot be read, is not JSON, or holds something else than its option says.
        PolicyError: the policy is malformed.
    """
    return Facts(
        key_policy=policy_from(_read_json(files.key_policy, "--key-policy")) if files.key_policy else None,
        policy_source=files.key_policy,
        key_state=_read_key_state(files.key_state) if files.key_state else None,
        grants=_read_grants(files.grants) if files.grants else None,
        organization_id=files.organization_id,
    )


def _read_key_state(path: str) -> Mapping[str, Any]:
    document = _read_json(path, "--key-state")
    metadata = document.get("KeyMetadata", document) if isinstance(document, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("KeyState"), str):
        raise FactError(f"--key-state {path}: no KeyState in it", hint="give the output of aws kms describe-key")
    return metadata


def _read_grants(path: str) -> tuple[Mapping[str, Any], ...]:
    document = _read_json(path, "--grants")
    grants = document.get("Grants") if isinstance(document, dict) else document
    if not isinstance(grants, list) or not all(isinstance(grant, dict) for grant in grants):
        raise FactError(f"--grants {path}: no list of grants in it", hint="give the output of aws kms list-grants")
    return tuple(grants)


def _read_json(path: str, option: str) -> Any:
    """Read a JSON file in UTF-8 or UTF-16, as Windows shells write it."""
    try:
        return json.loads(Path(path).read_bytes(), strict=False)
    except OSError as error:
        raise FactError(
            f"{option} {path}: {error.strerror or error}", hint="check the path; the file must be readable"
        ) from error
    except (ValueError, RecursionError) as error:
        raise FactError(f"{option} {path}: not JSON ({error})", hint="give the file as the AWS CLI wrote it") from error
