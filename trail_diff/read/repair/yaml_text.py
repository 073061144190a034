"""YAML: what the AWS CLI prints with `--output yaml`, and files of rules that hold records as examples.

References to what is elsewhere in the document are refused: a few can stand for more than any machine holds.
"""

import json
import re
from typing import Any

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

ANSWER = re.compile(
    r"\s{0,200}(?:---\s+)?(?:(?:- )?(?:AccessKeyId|AccountId|EventId|CloudTrailEvent|\w{1,20}JobId): |- '\{"
    r"|(?:Events|events|Records|results|QueryResultRows|ResultSet|\w{0,20}Jobs?):\s*(?:\n|\Z))"
)
"""How what the AWS CLI prints as YAML begins; reading the lines that happen to hold JSON would read it in part."""
_LINE = re.compile(r"^[ \t]*(?:- )?[A-Za-z_][\w .@-]{0,80}:(?:[ \t]|$)", re.MULTILINE)

_NODE_BYTES = 8
"""How many bytes a name or value takes on average at least; in what AWS prints it is thirty."""
_FREE_NODES = 10_000


def _read_answer(text: str) -> str | None:
    return _to_json(text) if ANSWER.match(text) else None


def _read_other(text: str) -> str | None:
    return _to_json(text) if len(_LINE.findall(text, 0, 4000)) >= 2 else None


def _to_json(text: str) -> str | None:
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        most = len(text) // _NODE_BYTES + _FREE_NODES
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if isinstance(event, yaml.AliasEvent) or count > most:
                return None
        return "\n".join(_write(node) for node in yaml.compose_all(text, Loader=loader))
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None


def _write(node: Any) -> str:
    """Write a node as JSON; a name that comes twice, as where two files were joined, comes twice there too."""
    match node.id:
        case "mapping":
            return f"{{{','.join(f'{_write(name)}:{_write(value)}' for name, value in node.value)}}}"
        case "sequence":
            return f"[{','.join(map(_write, node.value))}]"
        case _:
            return json.dumps(node.value)


YAML_ANSWER = Repair(Reason.REPAIRED_YAML, _read_answer, work=64)
YAML = Repair(Reason.REPAIRED_YAML, _read_other, work=64)
