"""The gate against a reading of its own of the outcome table: both policies decided in every world a call can be in.

A world gives each tested condition key one value, and says whether the caller's own policies allow the call. Policies
are decided here by the few rules that their small grammar needs, not by the evaluator.
"""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Literal

from calling import MADE, event_of
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from trail_diff.policy.request.context import build_request
from trail_diff.policy.request.domains import ArnIn, Domain, Member, Open
from trail_diff.policy.request.view import RequestView
from trail_diff.usage.requests import ObservedRequest
from trail_diff.usage.what_if import Policies, replay

ACCOUNT, OTHER = "111122223333", "444455556666"
STORAGE, BUCKET = "backup-storage.amazonaws.com", "logs.amazonaws.com"
APP, ADMIN = MADE.role_arn("app/web"), MADE.role_arn("key-admin")
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
VAULT, TRAIL = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:a", f"arn:aws:backup:eu-west-1:{OTHER}:backup-vault:b"
VALUES = {
    "aws:SourceAccount": [ACCOUNT, OTHER],
    "aws:SourceArn": [VAULT, TRAIL],
    "aws:SourceOrgID": ["o-1", "o-2"],
    "aws:PrincipalOrgID": ["o-1", "o-2"],
    "aws:PrincipalArn": [APP, ADMIN],
    "aws:PrincipalTag/team": ["red", "blue"],
    "aws:PrincipalIsAWSService": ["true", "false"],
    "kms:ViaService": ["s3.eu-west-1.amazonaws.com"],
}
CALLS: list[dict[str, Any]] = [
    {"caller": f"service:{STORAGE}"},
    {"caller": f"service:{STORAGE}", "identity": {"inScopeOf": {"sourceArn": VAULT, "sourceAccount": ACCOUNT}}},
    {"caller": f"service:{BUCKET}"},
    {"caller": "role:app/web"},
    {"caller": "role:key-admin"},
]
OPERATORS = ["StringEquals", "StringNotEquals", "StringEqualsIfExists", "StringNotEqualsIfExists", "Null"]


def conditions() -> st.SearchStrategy[dict[str, dict[str, str]]]:
    """Make conditions of one key each."""
    pairs = [(key, value) for key, values in VALUES.items() for value in values]
    return st.builds(
        lambda operator, pair, null: {operator: {pair[0]: null if operator == "Null" else pair[1]}},
        st.sampled_from(OPERATORS),
        st.sampled_from(pairs),
        st.sampled_from(["true", "false"]),
    )


statements = st.builds(
    lambda effect, principal, action, condition: {
        "Effect": effect, "Principal": principal, "Action": action, "Resource": "*",
        **({"Condition": condition} if condition else {}),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from(["*", {"Service": STORAGE}, {"Service": BUCKET}, {"AWS": APP}, {"AWS": ROOT}]),
    st.sampled_from(["kms:*", "kms:*", "kms:Decrypt", "kms:Encrypt"]),
    st.none() | conditions(),
).filter(lambda one: one["Effect"] == "Allow" or one["Principal"] != {"AWS": ROOT})  # fmt: skip
listed = st.lists(statements, min_size=1, max_size=3)
pairs_of_policies = st.builds(
    lambda shared, old, new: (policy(shared + old), policy(shared + new)),
    listed,
    st.lists(statements, max_size=2),
    st.lists(statements, max_size=2),
)


def policy(of: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a policy of some statements."""
    return {"Version": "2012-10-17", "Statement": of}


# ---- the worlds a call can be in


class World(Struct, frozen=True):
    """One way in which a call can have been made.

    `keys` has the value of each tested condition key, None where it is absent; `own` what the caller's own policies
    say of the call; `is_service_anyone` whether an Allow for anyone lets services in, which AWS does not document.
    """

    keys: Mapping[str, str | None]
    own: Literal["Allow", "Deny", "nothing"]
    is_service_anyone: bool


def worlds(call: dict[str, Any], *policies: dict[str, Any]) -> Iterator[World]:
    """Yield each world that a call can have been made in, as far as the policies tell worlds apart."""
    tested = sorted({key for one in policies for key in keys_of(one)})
    event = event_of(call)
    view = RequestView(build_request(event, event.accesses[0]))
    choices = [sorted(set(values_of(view.value_of(key.lower()), key)), key=repr) for key in tested]
    is_service = call["caller"].startswith("service:")
    for values in product(*choices):
        keys = dict(zip(tested, values, strict=True))
        if is_service:
            yield from (World(keys, "nothing", is_service_anyone=one) for one in (True, False))
        else:
            yield from (World(keys, one, is_service_anyone=False) for one in ("Allow", "Deny", "nothing"))


def keys_of(policy: dict[str, Any]) -> list[str]:
    """Return the keys that a policy tests, each as often as it does."""
    return [key for one in policy["Statement"] for keys in one.get("Condition", {}).values() for key in keys]


def values_of(of: Member | Domain, key: str) -> Iterator[str | None]:
    """Yield what a key can be; where that can be anything, what policies ask for and something that none asks for."""
    match of:
        case Domain(members):
            for one in members:
                yield from values_of(one, key)
        case str():
            yield of
        case Open.ABSENT:
            yield None
        case Open.AWS_OWNED:
            yield "one of AWS itself"
        case ArnIn(account):
            yield from (arn for arn in VALUES[key] if f":{account}:" in arn)
            yield f"arn:aws:backup:eu-west-1:{account}:backup-vault:none-of-these"
        case Open.ANYTHING:
            yield from (None, *VALUES[key], "none of these")
        case _:
            raise AssertionError(of)


# ---- a policy in one world


def allows(policy: dict[str, Any], call: dict[str, Any], world: World) -> bool:
    """Check whether a policy lets a Decrypt call through."""
    matching = [one for one in policy["Statement"] if matches(one, call["caller"], world)]
    if world.own == "Deny" or any(one["Effect"] == "Deny" for one in matching):
        return False
    return any(world.own == "Allow" or one["Principal"] != {"AWS": ROOT} for one in matching)


def matches(statement: dict[str, Any], caller: str, world: World) -> bool:
    """Check whether a statement is about a Decrypt call of a caller."""
    kind, _, name = caller.partition(":")
    is_service = kind == "service"
    named: list[Any] = [{"Service": name}] if is_service else [{"AWS": ROOT}, {"AWS": MADE.role_arn(name)}]
    if not is_service or world.is_service_anyone or statement["Effect"] == "Deny":
        named.append("*")
    tests = [(operator, *pair) for operator, keys in statement.get("Condition", {}).items() for pair in keys.items()]
    return (
        statement["Action"] in ("kms:*", "kms:Decrypt")
        and statement["Principal"] in named
        and all(holds(operator, world.keys[key], expected) for operator, key, expected in tests)
    )


def holds(operator: str, value: str | None, expected: str) -> bool:
    """Check a condition: an absent key fails a test, but passes a negated one and one with IfExists."""
    match operator:
        case "Null":
            return (value is None) is (expected == "true")
        case "StringEquals":
            return value == expected
        case "StringEqualsIfExists":
            return value is None or value == expected
        case _:
            return value != expected


# ---- the table of outcomes


def read_table(call: dict[str, Any], *, worked: bool, old: dict[str, Any] | None, new: dict[str, Any]) -> str:
    """Return what becomes of a call: only worlds count in which the old policy did with it what was observed."""
    where = list(worlds(call, new, *([old] if old else [])))
    told = [one for one in where if allows(old, call, one) is worked] if old else where
    told = [one for one in told if not worked or one.own != "Deny"]
    after = {allows(new, call, one) for one in told}
    if worked:
        if not told:
            return "conflict"
        return "unchanged" if after == {True} else "breaks" if after == {False} else "at-risk"
    if not told:
        return "stays-denied"
    return "starts-to-work" if after == {True} else "stays-denied" if after == {False} else "undetermined"


def outcome_of(call: dict[str, Any], *, worked: bool, old: dict[str, Any] | None, new: dict[str, Any]) -> str:
    """Return what the replay says of a call."""
    event = event_of(call)
    one = ObservedRequest(event, event.accesses[0])
    one.calls, one.succeeded, one.denied = 3, 3 * worked, 3 * (not worked)
    return replay([one], Policies(new, old, ()))[0].outcome


def is_entangled(*policies: dict[str, Any]) -> bool:
    """Check whether a key is tested twice or differently: what each test leaves open can be settled by all together."""
    tests = {(str(one["Condition"]), *keys_of(policy([one]))) for of in policies for one in with_condition(of)}
    return len({key for _test, key in tests}) < len(tests) or any(
        len(keys_of(one)) > len(set(keys_of(one))) for one in policies
    )


def with_condition(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the statements of a policy that have a condition."""
    return [one for one in policy["Statement"] if "Condition" in one]


def accepted(right: str, *policies: dict[str, Any]) -> set[str]:
    """Return what may be said of a call: no less than what is right, and more caution where tests are entangled.

    Of a call that stays refused it may be left open, as it decides nothing. What breaks never passes.
    """
    cautious = {"at-risk"} if is_entangled(*policies) and right in ("breaks", "unchanged") else set()
    return {right, *cautious, *({"undetermined"} if right == "stays-denied" else ())}


@settings(max_examples=examples(300))
@given(st.sampled_from(CALLS), st.booleans(), pairs_of_policies)
def test_outcome_is_that_of_every_world(call: dict[str, Any], worked: bool, policies: tuple[Any, Any]) -> None:  # noqa: FBT001
    """The outcome under two policies is the one that all worlds give in which the old one did what was observed."""
    old, new = policies
    right = read_table(call, worked=worked, old=old, new=new)

    outcome = outcome_of(call, worked=worked, old=old, new=new)

    assert outcome in accepted(right, old, new)


@settings(max_examples=examples(300))
@given(st.sampled_from(CALLS), st.booleans(), listed.map(policy))
def test_outcome_without_an_old_policy_is_that_of_every_world(call: dict[str, Any], worked: bool, new: Any) -> None:  # noqa: FBT001
    """So is the outcome under the new policy alone; what the caller's own policies may settle cannot be decided."""
    right = read_table(call, worked=worked, old=None, new=new)
    is_own = any(allows(new, call, one) for one in worlds(call, new) if one.own == "Allow")

    outcome = outcome_of(call, worked=worked, old=None, new=new)

    assert outcome in accepted(right, new) | ({"undetermined"} if right == "at-risk" and is_own else set())


@given(st.sampled_from(CALLS), st.booleans(), listed.map(policy))
def test_policy_that_does_not_change_changes_nothing(call: dict[str, Any], worked: bool, same: Any) -> None:  # noqa: FBT001
    """Under the same policy a call goes on as it did, unless that contradicts what was observed."""
    outcome = outcome_of(call, worked=worked, old=same, new=same)

    assert outcome in (("unchanged", "conflict") if worked else ("stays-denied",))
