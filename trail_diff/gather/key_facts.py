"""What is known of the key beside its events: files as the AWS CLI prints them, read and checked for their shape."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from trail_diff.errors import FactError, PolicyError
from trail_diff.events.key_names import is_resolved
from trail_diff.events.normalize import normalize_record
from trail_diff.model.learnt import Event, Facts

_TERRAFORM = re.compile(rb'^\s*(?:resource|data|module|variable)\s+"', re.MULTILINE)
_CODE = re.compile(rb"^\s*(?:import|from|const|export)\s.*(?:aws-cdk|@pulumi|pulumi_aws|aws_cdk)", re.MULTILINE)


class Document(Struct, frozen=True):
    """A JSON document, as a file holds it or AWS returned it; `source` says which file or which call."""

    source: str
    content: Any


class FactFiles(Struct, frozen=True):
    """The files that hold the facts, or the documents themselves; None where none was given."""

    key_policy: str | Document | None = None
    key_state: str | Document | None = None
    grants: str | Document | None = None
    organization_id: str | None = None

    def are_of_today(self) -> bool:
        """Check whether one tells how the key is today, which need not be how it was."""
        return any(one is not None for one in (self.key_policy, self.key_state, self.grants))


class FactDocuments(Struct, frozen=True):
    """The documents about the key as AWS returned them, not validated yet; None where there is none."""

    key_policy: Document | None = None
    key_state: Document | None = None
    grants: Document | None = None
    organization_id: str | None = None

    def over(self, other: "FactDocuments") -> "FactDocuments":
        """Return these documents, and the other's where there are none."""
        return FactDocuments(
            self.key_policy or other.key_policy,
            self.key_state or other.key_state,
            self.grants or other.grants,
            self.organization_id or other.organization_id,
        )


def load_documents(files: FactFiles) -> FactDocuments:
    """Read the files.

    Raises:
        FactError: a file cannot be read or is not JSON.
    """
    return FactDocuments(
        key_policy=load_document(files.key_policy, "--key-policy"),
        key_state=load_document(files.key_state, "--key-state"),
        grants=load_document(files.grants, "--grants"),
        organization_id=files.organization_id,
    )


def read_facts(documents: FactDocuments) -> Facts:
    """Read the facts from documents.

    Raises:
        FactError: a document holds something else than it should.
        PolicyError: the policy is malformed.
    """
    policy, state, grants = documents.key_policy, documents.key_state, documents.grants
    return Facts(
        key_policy=_read_policy(policy) if policy else None,
        policy_source=policy.source if policy else None,
        policy_key=_key_of_record(policy.content) if policy else None,
        key_state=_read_key_state(state) if state else None,
        state_source=state.source if state else None,
        grants=_read_grants(grants) if grants else None,
        organization_id=documents.organization_id,
    )


def _read_policy(document: Document) -> Mapping[str, Any]:
    from trail_diff.policy.documents.document import policy_from

    try:
        return policy_from(document.content)
    except PolicyError as error:
        raise PolicyError(f"{document.source}: {error.message}", hint=error.hint) from error


def _key_of_record(content: Any) -> str | None:
    """Return the key of the PutKeyPolicy or CreateKey record that holds the policy; None where there is none."""
    found = {access.key for event in _carriers(content) for access in event.accesses}
    key = found.pop() if len(found) == 1 else None
    return key if key is not None and is_resolved(key) else None


def _carriers(content: Any) -> Iterator[Event]:
    """Yield the records that carry a policy, out of what exports have around them."""
    from trail_diff.policy.documents.names import parse_json

    match content:
        case {"requestParameters": {"policy": _}}:
            event = normalize_record(content, "")
            if isinstance(event, Event):
                yield event
        case {"CloudTrailEvent": str() as text}:
            with suppress(ValueError, RecursionError):
                yield from _carriers(parse_json(text))
        case {"CloudTrailEvent": dict() as inner} | {"detail": dict() as inner}:
            yield from _carriers(inner)
        case {"Records": list() as many} | {"Events": list() as many} | list(many):
            for one in many:
                yield from _carriers(one)


def _read_key_state(document: Document) -> Mapping[str, Any]:
    content = document.content
    metadata = content.get("KeyMetadata", content) if isinstance(content, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("KeyState"), str):
        raise FactError(
            f"--key-state {document.source}: no KeyState in it", hint="give the output of aws kms describe-key"
        )
    return metadata


def _read_grants(document: Document) -> tuple[Mapping[str, Any], ...]:
    content = document.content
    grants = content.get("Grants") if isinstance(content, dict) else content
    if not isinstance(grants, list) or not all(isinstance(grant, dict) for grant in grants):
        raise FactError(
            f"--grants {document.source}: no list of grants in it", hint="give the output of aws kms list-grants"
        )
    return tuple(grants)


def load_document(path: str | Document | None, option: str) -> Document | None:
    """Read the file of an option; None where none is given.

    Raises:
        FactError: it cannot be read, or is neither JSON nor YAML.
    """
    if isinstance(path, Document):
        return path
    return Document(path, _read_json(path, option)) if path else None


def _read_json(path: str, option: str) -> Any:
    """Read a file in JSON, or a template in YAML; UTF-8 or UTF-16, as Windows shells write it; also in an archive."""
    from trail_diff.gather.packed import unpacked
    from trail_diff.policy.documents.text import parse_text

    content = b""
    try:
        content = unpacked(Path(path).read_bytes())
        return parse_text(content)
    except OSError as error:
        raise FactError(
            f"{option} {path}: {error.strerror or error}", hint="check the path; the file must be readable"
        ) from error
    except PolicyError as error:
        raise FactError(f"{option} {path}: {error.message}", hint=_hint_for(content) or error.hint) from error


def _hint_for(content: bytes) -> str | None:
    """Return what to do with the source code of an infrastructure tool, which has to be printed as JSON first."""
    if _TERRAFORM.search(content):
        return "this is Terraform code: terraform plan -out plan.out && terraform show -json plan.out > plan.json"
    if _CODE.search(content):
        return "this is program code: give what 'cdk synth --json' or 'pulumi preview --json' prints"
    return None
