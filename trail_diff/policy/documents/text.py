"""The text of a document: JSON, or YAML with the short forms of CloudFormation's functions (`!Sub`, `!GetAtt` …)."""

import json
from typing import TYPE_CHECKING, Any

from trail_diff.errors import PolicyError
from trail_diff.policy.documents.names import marked, object_of, parse_json
from trail_diff.policy.documents.source_code import hint_for_text

if TYPE_CHECKING:
    from yaml import MappingNode, Node, SafeLoader

_HINT = "give the file as the tool wrote it"
_NAME_OF_POLICY = "\tdefault"
"""What `aws kms get-key-policy --output text` writes after the policy: its name."""

_VALUES = json.JSONDecoder(strict=False, object_pairs_hook=object_of)
_LONG_NAMES = {"Ref": "Ref", "Condition": "Condition"}


def parse_text(content: bytes) -> Any:
    """Parse a document.

    Raises:
        PolicyError: it is neither.
    """
    try:
        return parse_json(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        hint = hint_for_text(content) if b"Resources:" not in content else None
        if hint is not None:
            raise PolicyError("it cannot be read as it is", hint=hint) from error
        several = _parse_several(content)
        return several if several is not None else _parse_yaml(content, error)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"not JSON ({error})", hint=_HINT) from error


def _parse_several(content: bytes) -> Any:
    """Return JSON values that follow each other, as a list, and what the AWS CLI writes as text; None for others."""
    text, place, found = content.decode("utf-8-sig", "replace").removesuffix("\n").removesuffix(_NAME_OF_POLICY), 0, []
    try:
        while place < len(text.rstrip()):
            start = len(text) - len(text[place:].lstrip())
            value, place = _VALUES.raw_decode(text, start)
            found.append(value)
    except (ValueError, RecursionError):
        return None
    return found[0] if len(found) == 1 else found or None


def _parse_yaml(content: bytes, problem: ValueError) -> Any:
    import yaml

    class TemplateLoader(yaml.SafeLoader):
        """Knows CloudFormation's tags; a date, as in the Version of a policy, stays text."""

    TemplateLoader.add_multi_constructor("!", _construct)
    TemplateLoader.add_constructor("tag:yaml.org,2002:map", _construct_object)
    TemplateLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)
    try:
        documents = [one for one in yaml.load_all(content, Loader=TemplateLoader) if one is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = "it is no text" if isinstance(problem, UnicodeDecodeError) else f"neither JSON ({problem}) nor YAML"
        raise PolicyError(reason, hint=_HINT) from error
    parsed = documents[0] if len(documents) == 1 else documents
    if not isinstance(parsed, dict | list) or not parsed:
        raise PolicyError(f"not JSON ({problem})", hint=_HINT)
    return parsed


def _construct_object(loader: "SafeLoader", node: "MappingNode") -> dict[Any, Any]:
    """Return an object that remembers a name that it gives twice; one that it merges is not given."""
    given = [name.value for name, _value in node.value if isinstance(name.value, str)]
    return marked(loader.construct_mapping(node, deep=True), given)


def _construct(loader: "SafeLoader", tag: str, node: "Node") -> Any:
    """Return the long form of a function (CloudFormation user guide, "Intrinsic function reference")."""
    import yaml

    name = _LONG_NAMES.get(tag, f"Fn::{tag}")
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
            return {name: value.split(".", 1) if tag == "GetAtt" else value}
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case yaml.MappingNode():
            return {name: loader.construct_mapping(node, deep=True)}
        case _:
            return None
