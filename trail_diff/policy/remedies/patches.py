"""Drafts of a changed key policy: each change is a step of a JSON Patch (RFC 6902), made on a copy."""

import copy
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

Policy = dict[str, Any]
Step = dict[str, Any]
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_QUANTIFIERS = ("forallvalues:", "foranyvalue:")


class Draft:
    """A policy that is being changed. `steps` lead from the original to `policy`; statements count from 1."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self.policy: Policy = copy.deepcopy(dict(policy))
        self.steps: list[Step] = []

    def except_values(self, index: int, operator: str, key: str, values: Sequence[str]) -> None:
        """Spare callers with one of these values of a key: more values where a negated condition tests it already."""
        place, statement = self._statement(index)
        family = _family(operator)
        for named, keys in conditions_of(statement):
            for name, listed in keys.items():
                if is_negated(named) and _family(named) == family and str(name).lower() == key.lower():
                    path = f"{place}/Condition/{_escape(named)}/{_escape(str(name))}"
                    self._extend(path, listed, values)
                    return
        self.add_condition(index, operator, key, list(values) if len(values) > 1 else values[0])

    def add_condition(self, index: int, operator: str, key: str, value: str | list[str]) -> None:
        """Add one more test to a statement. A key that the operator tests already stays as it is."""
        place, statement = self._statement(index)
        if not isinstance(statement.get("Condition"), Mapping):
            self._do("add", f"{place}/Condition", {operator: {key: value}})
            return
        block = statement["Condition"].get(operator)
        if not isinstance(block, Mapping):
            self._do("add", f"{place}/Condition/{_escape(operator)}", {key: value})
        elif key.lower() not in {str(name).lower() for name in block}:
            self._do("add", f"{place}/Condition/{_escape(operator)}/{_escape(key)}", value)

    def except_principal(self, index: int, arn: str) -> None:
        """Spare a principal of AWS by its ARN: among those of NotPrincipal, else by a condition."""
        place, statement = self._statement(index)
        spared = statement.get("NotPrincipal")
        if not isinstance(spared, Mapping):
            self.except_values(index, "ArnNotEquals", "aws:PrincipalArn", [arn])
        elif "AWS" in spared:
            self._extend(f"{place}/NotPrincipal/AWS", spared["AWS"], [arn])
        else:
            self._do("add", f"{place}/NotPrincipal/AWS", [arn])

    def add_principal(self, index: int, kind: str, name: str) -> None:
        """Add a principal to those that a statement lists; one that is about everyone stays as it is.

        It takes the place of unique ids: a key policy shows those of principals that were deleted, and cannot be put
        with them again (IAM user guide, "AWS JSON policy elements: Principal").
        """
        place, statement = self._statement(index)
        listed = statement.get("Principal")
        if not isinstance(listed, Mapping):
            return
        if kind in listed:
            present = listed[kind] if isinstance(listed[kind], list) else [listed[kind]]
            kept = [one for one in present if not _UNIQUE_ID.fullmatch(str(one))]
            if kept == present:
                self._extend(f"{place}/Principal/{kind}", listed[kind], [name])
            else:
                self._do("replace", f"{place}/Principal/{kind}", [*kept, *([name] if name not in kept else [])])
        else:
            self._do("add", f"{place}/Principal/{kind}", name)

    def add_to(self, index: int, element: Literal["Action", "Resource"], name: str) -> None:
        """Add an action or a key to those that a statement lists; one with the Not… form stays as it is."""
        place, statement = self._statement(index)
        if element in statement:
            self._extend(f"{place}/{element}", statement[element], [name])

    def has_test(self, index: int, operator: str, key: str) -> bool:
        """Check whether a statement tests a key by an operator."""
        tested = dict(conditions_of(self._statement(index)[1])).get(operator, {})
        return key.lower() in {str(name).lower() for name in tested}

    def statement(self, index: int) -> Mapping[str, Any]:
        """Return a statement; an empty one where there is none."""
        return self._statement(index)[1]

    def values_of(self, index: int, operator: str, key: str) -> list[str]:
        """Return the values that a condition of a statement lists."""
        _place, statement = self._statement(index)
        listed = dict(conditions_of(statement)).get(operator, {}).get(key)
        return [str(value) for value in (listed if isinstance(listed, list) else [listed]) if value is not None]

    def replace_values(self, index: int, operator: str, key: str, values: Sequence[str]) -> None:
        """Set a condition to other values."""
        place, _statement = self._statement(index)
        self._do("replace", f"{place}/Condition/{_escape(operator)}/{_escape(key)}", list(values))

    def rename_operators(self, index: int) -> None:
        """Add IfExists to every operator of a statement that can take it."""
        place, statement = self._statement(index)
        renamed: dict[str, Any] = {}
        for operator, keys in conditions_of(statement):
            takes_none = operator.lower().endswith("ifexists") or operator == "Null"
            name = operator if takes_none else f"{operator}IfExists"
            renamed[name] = {**renamed.get(name, {}), **keys}
        if renamed and renamed != statement.get("Condition"):
            self._do("replace", f"{place}/Condition", renamed)

    def add_statements(self, statements: Sequence[Mapping[str, Any]]) -> None:
        """Add statements at the end."""
        for statement in statements:
            self.add_statement(statement)

    def add_statement(self, statement: Mapping[str, Any]) -> None:
        """Add a statement at the end, where it changes no other statement's index; its Sid is made one of its own.

        No two statements of a policy may have one Sid (IAM user guide, "IAM JSON policy elements: Sid").
        """
        statements, added = self.policy.get("Statement"), dict(statement)
        if "Sid" in added:
            added["Sid"] = self._free_sid(str(added["Sid"]))
        if isinstance(statements, list):
            self._do("add", "/Statement/-", added)
        else:
            self._do("replace", "/Statement", [statements, added])

    def _free_sid(self, wanted: str) -> str:
        taken = {one.get("Sid") for one in statements_of(self.policy) if isinstance(one, Mapping)}
        names = (wanted if number == 1 else f"{wanted}{number}" for number in itertools.count(1))
        return next(name for name in names if name not in taken)

    def _extend(self, path: str, listed: object, values: Sequence[str]) -> None:
        present = list(listed) if isinstance(listed, list) else [listed]
        missing = [value for value in values if value not in present]
        if missing:
            self._do("replace", path, [*present, *missing])

    def _statement(self, index: int) -> tuple[str, Mapping[str, Any]]:
        statements = self.policy.get("Statement")
        if isinstance(statements, list):
            statement = statements[index - 1] if index <= len(statements) else {}
            return f"/Statement/{index - 1}", statement if isinstance(statement, Mapping) else {}
        return "/Statement", statements if isinstance(statements, Mapping) else {}

    def _do(self, op: str, path: str, value: object) -> None:
        step = {"op": op, "path": path, "value": value}
        self.policy = apply_patch(self.policy, (step,))
        self.steps.append(step)


def apply_patch(policy: Mapping[str, Any], patch: Sequence[Mapping[str, Any]]) -> Policy:
    """Apply the additions and replacements of a patch that was made for this policy; the policy is kept."""
    changed: Policy = copy.deepcopy(dict(policy))
    for step in patch:
        parts = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        place: Any = changed
        for part in parts[:-1]:
            place = place[int(part)] if isinstance(place, list) else place[part]
        value, last = copy.deepcopy(step["value"]), parts[-1]
        if not isinstance(place, list):
            place[last] = value
        elif last == "-":
            place.append(value)
        else:
            place[int(last)] = value
    return changed


def statements_of(policy: Mapping[str, Any]) -> list[Any]:
    """Return the statements of a policy, the first of which has the index 1."""
    statements = policy.get("Statement")
    return list(statements) if isinstance(statements, list) else [statements]


def conditions_of(statement: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the operators of a statement with the keys that each tests."""
    condition = statement.get("Condition")
    if isinstance(condition, Mapping):
        yield from ((str(operator), keys) for operator, keys in condition.items() if isinstance(keys, Mapping))


def is_negated(operator: str) -> bool:
    """Check whether an operator holds for the values that are not listed."""
    return "not" in _plain(operator)


def _family(operator: str) -> str:
    """Return the sort of values that an operator compares; for the ARNs of callers text serves as well."""
    return "text" if _plain(operator).startswith(("string", "arn")) else _plain(operator)


def _plain(operator: str) -> str:
    name = operator.lower().removesuffix("ifexists")
    return next((name.removeprefix(one) for one in _QUANTIFIERS if name.startswith(one)), name)


def _escape(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
