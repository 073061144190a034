"""Parts of a CloudFormation template: nested stacks, applications, modules, what macros include.

A part that is a file beside its template is put into the template by `inline_parts`, where the readers find it; CDK
names that file in the metadata of the resource. Any other part is named as not read: it may hold keys.
"""

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from trail_diff.policy.documents.infrastructure.interface import as_object

INLINED = "trail-diff:template"
"""The member of a resource under which its own template is put."""

_PLACES: Mapping[str, str] = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::CloudFormation::StackSet": "TemplateURL",
    "AWS::Serverless::Application": "Location",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct": "ProductName",
}
"""Resources that have resources of their own, and the property that says where those are."""

MACRO_PATH = "/Transform"
"""Where a template names the macros that it is put through as a whole; they may change any key of it."""

PART_TYPES = frozenset(_PLACES)
_DEPTH_LIMIT = 10
Find = Callable[[str], "tuple[object, Find] | None"]
"""Returns the document at a place that a template names, and what finds those that it names; None if there is none."""


def is_part(name: str, resource: Mapping[str, Any]) -> bool:
    """Check whether an entry of the resources stands for others."""
    kind = str(resource.get("Type"))
    return kind in PART_TYPES or kind.endswith("::MODULE") or "Fn::Transform" in (name, *resource)


def place_of(resource: Mapping[str, Any]) -> object:
    """Return where the resources of a part are: the file that CDK made of it, else what its property says."""
    asset = as_object(resource.get("Metadata")).get("aws:asset:path")
    return asset or as_object(resource.get("Properties")).get(_PLACES.get(str(resource.get("Type")), ""))


def inline_parts(template: Any, find: Find, depth: int = 0) -> Any:
    """Return a template with those of its parts that can be found; any other document as it is."""
    resources = template.get("Resources") if isinstance(template, dict) else None
    if not isinstance(resources, dict) or depth > _DEPTH_LIMIT:
        return template
    made, inner = copy(template), copy(resources)  # a name that one gives twice is still told
    inner.update({name: _inlined(str(name), one, find, depth) for name, one in resources.items()})
    made["Resources"] = inner
    return made


def _inlined(name: str, resource: object, find: Find, depth: int) -> object:
    entry = as_object(resource)
    place = place_of(entry) if is_part(name, entry) else None
    found = find(place) if isinstance(place, str) else None
    return resource if found is None else {**entry, INLINED: inline_parts(found[0], found[1], depth + 1)}
