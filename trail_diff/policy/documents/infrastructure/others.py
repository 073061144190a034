"""Keys in what AWS Config and Cloud Control print."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from trail_diff.policy.documents.infrastructure.interface import (
    PlannedKey,
    Surroundings,
    as_list,
    as_object,
    described,
    texts,
)


def read_resource_description(document: Mapping[str, Any], _surroundings: Surroundings) -> Iterator[PlannedKey]:
    """Yield the keys of an answer of Cloud Control (GetResource, a request's progress), or of AWS Config (items)."""
    progress = as_object(document.get("ProgressEvent"))
    if progress.get("TypeName") == "AWS::KMS::Key":
        model = {"Identifier": progress.get("Identifier"), "Properties": progress.get("ResourceModel")}
        document = {"TypeName": progress["TypeName"], "ResourceDescription": model}
    for one in map(as_object, [document.get("ResourceDescription"), *as_list(document.get("ResourceDescriptions"))]):
        if document.get("TypeName") == "AWS::KMS::Key" or "KeyPolicy" in str(one.get("Properties")):
            properties = _parsed(one.get("Properties"))
            names = texts(one.get("Identifier"), properties.get("Arn"), properties.get("KeyId"))
            address = str(one.get("Identifier") or "key")
            if names or properties:
                place = "KeyPolicy", "/ResourceDescription"
                yield described(address, names, properties.get("KeyPolicy"), properties, place)
    items = [*as_list(document.get("configurationItems")), *as_list(document.get("baseConfigurationItems"))]
    items += [_parsed(one) for one in as_list(document.get("Results"))]
    items += [document["configurationItem"]] if "configurationItem" in document else []
    items += [document] if document.get("resourceType") == "AWS::KMS::Key" else []
    for item in map(as_object, items):
        if item.get("resourceType") == "AWS::KMS::Key":
            yield _config_item(item)


def _config_item(item: Mapping[str, Any]) -> PlannedKey:
    supplementary, configuration = as_object(item.get("supplementaryConfiguration")), _parsed(item.get("configuration"))
    policy = supplementary.get("Policy", configuration.get("policy", configuration.get("keyPolicy")))
    names = texts(item.get("ARN"), item.get("arn"), item.get("resourceId"), item.get("resourceName"))
    place = "supplementaryConfiguration.Policy"
    address = str(item.get("resourceId") or "key")
    return described(address, names, policy, configuration, (place, f"/{place.replace('.', '/')}"))


def _parsed(value: object) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        return as_object(json.loads(value) if isinstance(value, str) else value)
    return {}
