"""The resource instances of a Terraform or OpenTofu plan, of a state as `show -json` prints it, and of a state file.

Source: Terraform, "JSON Output Format" (format_version 1). A plan has each resource's values before and after, and
marks those that are known after apply only; `configuration` has the references of the expressions that make them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, structs

from trail_diff.policy.documents.infrastructure.interface import as_list, as_object
from trail_diff.policy.documents.infrastructure.policy_document import DOCUMENT, document_from, references_in

_DEPTH_LIMIT = 20
Expressions = Mapping[str, Mapping[str, Any]]
"""The expressions of each resource's arguments, by the resource's address in the configuration."""


class Resource(Struct, frozen=True):
    """One resource instance: its values before and after, which of those after are unknown, and what makes them.

    `references` holds for each argument the addresses that its expression names, in the resource's own module.
    """

    address: str
    type: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Mapping[str, Any] = {}
    references: Mapping[str, tuple[str, ...]] = {}
    module: str = ""
    actions: tuple[str, ...] = ()
    path: str = ""

    @property
    def config_address(self) -> str:
        """Return the address without the index of an instance."""
        return _without_index(self.address)


def read_resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the managed resources of a document; none where it is not Terraform's."""
    yield from _in_plan(document)
    yield from _in_values(document)
    yield from _in_state_file(document)


def _without_index(address: str) -> str:
    return address[: address.rindex("[")] if address.endswith("]") else address


def _in_plan(document: Mapping[str, Any]) -> Iterator[Resource]:
    changes = as_list(document.get("resource_changes"))
    root = as_object(as_object(document.get("configuration")).get("root_module"))
    expressions = dict(_expressions(root, "", 0)) if changes else {}
    documents = dict(_policy_documents(changes, expressions))
    for place, change in enumerate(map(as_object, changes)):
        if isinstance(change.get("address"), str) and change.get("mode", "managed") == "managed":
            one = _changed(change, expressions, f"/resource_changes/{place}/change/after")
            yield _with_document(one, documents)


def _changed(change: Mapping[str, Any], expressions: Expressions, path: str) -> Resource:
    inner, address, module = as_object(change.get("change")), str(change.get("address")), change.get("module_address")
    own = expressions.get(_config_address(address), {})
    return Resource(
        address=address,
        type=str(change.get("type")),
        before=as_object(inner.get("before")),
        after=as_object(inner.get("after")),
        unknown=as_object(inner.get("after_unknown")),
        references={name: tuple(references_in(expression)) for name, expression in own.items()},
        module=f"{module}." if isinstance(module, str) else "",
        actions=tuple(map(str, as_list(inner.get("actions")))) or ("no-op",),
        path=path,
    )


def _with_document(one: Resource, documents: Mapping[str, Any]) -> Resource:
    """Return a resource with the policy document that its policy refers to, when that is one of the plan."""
    index = one.address[len(one.config_address) :]
    for name in one.references.get("policy", ()):
        found = documents.get(f"{one.module}{name}{index}", documents.get(f"{one.module}{name}"))
        if found is not None:
            return structs.replace(one, after={**one.after, DOCUMENT: found})
    return one


def _policy_documents(changes: list[Any], expressions: Expressions) -> Iterator[tuple[str, Any]]:
    """Yield the policy documents that a plan will make, by address: data sources that are read when it is applied."""
    for change in map(as_object, changes):
        address, inner = str(change.get("address")), as_object(change.get("change"))
        if change.get("type") == DOCUMENT and change.get("mode") == "data":
            own = expressions.get(_config_address(address), {})
            made = document_from(as_object(inner.get("after")), as_object(inner.get("after_unknown")), own)
            if made is not None:
                yield address, made


def _config_address(address: str) -> str:
    """Return an address without any index, as the configuration has it."""
    parts, depth = [], 0
    for letter in address:
        depth += letter == "["
        parts += [letter] if not depth else []
        depth -= letter == "]"
    return "".join(parts)


def _expressions(module: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield for each resource of the configuration the expressions of its arguments."""
    if depth > _DEPTH_LIMIT:
        return
    for resource in map(as_object, as_list(module.get("resources"))):
        yield f"{prefix}{resource.get('address')}", as_object(resource.get("expressions"))
    for name, call in as_object(module.get("module_calls")).items():
        inner = as_object(as_object(call).get("module"))
        yield from _expressions(inner, f"{prefix}module.{name}.", depth + 1)


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
