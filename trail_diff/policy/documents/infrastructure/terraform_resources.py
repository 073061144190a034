"""The resource instances of a Terraform or OpenTofu plan, of a state as `show -json` prints it, and of a state file.

Source: Terraform, "JSON Output Format" (format_version 1). A plan has each resource's values before and after, and
marks those that are known after apply only; `configuration` has the references of the expressions that make them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object
from trail_diff.policy.documents.infrastructure.policy_document import DOCUMENT, document_from
from trail_diff.policy.documents.infrastructure.terraform_configuration import Configuration, without_indexes

_DEPTH_LIMIT = 20
_NOT_MANAGED = ("data", "ephemeral")
"""Modes of what a plan reads only. One that is no word of Terraform's is that of a plan whose names were replaced."""


class Resource(Struct, frozen=True):
    """One resource instance: its values before and after, which of those after are unknown, and what makes them.

    `references` holds for each argument the addresses that its expression names, seen from the root.
    """

    address: str
    type: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Mapping[str, Any] = {}
    references: Mapping[str, tuple[str, ...]] = {}
    actions: tuple[str, ...] = ()
    path: str = ""

    @property
    def config_address(self) -> str:
        """Return the address without any index."""
        return without_indexes(self.address)

    @property
    def index(self) -> str:
        """Return the index of the instance itself, with its brackets; empty where it has none."""
        return self.address[self.address.rindex("[") :] if self.address.endswith("]") else ""


def read_resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the managed resources of a document; none where it is not Terraform's."""
    yield from _in_plan(document)
    yield from _in_values(document)
    yield from _in_state_file(document)


def _in_plan(document: Mapping[str, Any]) -> Iterator[Resource]:
    changes = as_list(document.get("resource_changes"))
    configuration = Configuration.of(document)
    documents = dict(_policy_documents(changes, configuration))
    for place, change in enumerate(map(as_object, changes)):
        if isinstance(change.get("address"), str) and change.get("mode") not in _NOT_MANAGED:
            one = _changed(change, configuration, f"/resource_changes/{place}/change/after")
            yield _with_document(one, documents)
    yield from _deferred(document)


def _deferred(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the resources whose planning Terraform put off: nothing of them is known but what they are."""
    for place, one in enumerate(map(as_object, as_list(document.get("deferred_changes")))):
        change = as_object(one.get("resource_change"))
        before = as_object(as_object(change.get("change")).get("before"))
        yield Resource(
            address=str(change.get("address")),
            type=str(change.get("type")),
            before=before,
            after={},
            unknown={"policy": True},
            references={"policy": (f"deferred: {one.get('reason')}",)},
            actions=("update",),
            path=f"/deferred_changes/{place}/resource_change",
        )


def _changed(change: Mapping[str, Any], configuration: Configuration, path: str) -> Resource:
    inner, address = as_object(change.get("change")), str(change.get("address"))
    actions = tuple(map(str, as_list(inner.get("actions")))) or ("no-op",)
    is_there = actions == ("create",) and "importing" in inner
    return Resource(
        address=address,
        type=str(change.get("type")),
        before=as_object(inner.get("before")),
        after=as_object(inner.get("after")),
        unknown=as_object(inner.get("after_unknown")),
        references=configuration.references(address),
        actions=("update",) if is_there else actions,
        path=path,
    )


def _with_document(one: Resource, documents: Mapping[str, Any]) -> Resource:
    """Return a resource with the policy document that its policy refers to, when that is one of the plan."""
    for name in one.references.get("policy", ()):
        made = [address for address in documents if without_indexes(address) == without_indexes(name)]
        own = [address for address in made if address.endswith(one.index)] if len(made) > 1 and one.index else made
        if len(own) == 1:
            return structs.replace(one, after={**one.after, DOCUMENT: documents[own[0]]})
    return one


def _policy_documents(changes: list[Any], configuration: Configuration) -> Iterator[tuple[str, Any]]:
    """Yield the policy documents that a plan will make, by address: data sources that are read when it is applied."""
    for change in map(as_object, changes):
        address, inner = str(change.get("address")), as_object(change.get("change"))
        if change.get("type") == DOCUMENT and change.get("mode") == "data":
            own = configuration.expressions(without_indexes(address))
            made = document_from(as_object(inner.get("after")), as_object(inner.get("after_unknown")), own)
            if made is not None:
                yield address, made


def _in_values(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the resources of a state as `show -json` prints it; a plan has them among its changes as well."""
    if "resource_changes" in document:
        return
    for name in ("values", "planned_values"):
        root = as_object(as_object(document.get(name)).get("root_module"))
        yield from _in_module(root, f"/{name}/root_module", 0)


def _in_module(module: Mapping[str, Any], path: str, depth: int) -> Iterator[Resource]:
    if depth > _DEPTH_LIMIT:
        return
    for place, resource in enumerate(map(as_object, as_list(module.get("resources")))):
        values = as_object(resource.get("values"))
        address, kind = str(resource.get("address")), str(resource.get("type"))
        yield Resource(address, kind, {}, values, path=f"{path}/resources/{place}/values")
    for place, child in enumerate(map(as_object, as_list(module.get("child_modules")))):
        yield from _in_module(child, f"{path}/child_modules/{place}", depth + 1)


def _in_state_file(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the resources of a state file itself, which `terraform show` prints in another form."""
    for place, resource in enumerate(map(as_object, as_list(document.get("resources")))):
        module = f"{resource['module']}." if isinstance(resource.get("module"), str) else ""
        for instance_place, instance in enumerate(map(as_object, as_list(resource.get("instances")))):
            key = instance.get("index_key")
            index = "" if key is None else f"[{key}]" if isinstance(key, int) else f'["{key}"]'
            address = f"{module}{resource.get('type')}.{resource.get('name')}{index}"
            path = f"/resources/{place}/instances/{instance_place}/attributes"
            values = as_object(instance.get("attributes"))
            yield Resource(address, str(resource.get("type")), {}, values, path=path)
