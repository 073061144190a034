"""Which changes of a key policy to try: those that may help, and the tempting ones that people try first.

A change narrows each Deny that hits the callers to be helped, or widens or adds an Allow; it never removes a statement.
Whether it helps is for the replay to say.
"""

from collections.abc import Iterator

from trail_diff.policy.decide.compiled import CompiledPolicies
from trail_diff.policy.remedies.allows import widen_allows
from trail_diff.policy.remedies.denies import narrow_denies
from trail_diff.policy.remedies.situation import Candidate, Situation, find_targets
from trail_diff.policy.remedies.tempting import tempting_changes


def find_candidates(situation: Situation, policies: CompiledPolicies) -> Iterator[Candidate]:
    """Yield the changes to try, the narrowest first, the tempting ones last."""
    targets = find_targets(situation, policies)
    if not targets.denies:
        yield from widen_allows(situation, targets)
        return
    yield from narrow_denies(situation, targets)
    yield from tempting_changes(situation, targets)
