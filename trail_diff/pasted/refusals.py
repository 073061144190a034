"""Points from a list with refused calls to the command that says why they were refused."""

from collections.abc import Iterable
from shlex import quote

from trail_diff.events.denials import is_denial_code
from trail_diff.events.relayed import STATE_ERRORS
from trail_diff.inputs import Inputs
from trail_diff.pasted.wording import advise


def point_at_refused(codes: Iterable[str | None], inputs: Inputs) -> str | None:
    """Return in one line how many calls were refused, given how they ended, and what says why; None if none were."""
    refused = sum(is_denial_code(code) or code in STATE_ERRORS for code in codes)
    is_export = len(inputs.events) == 1 and "-" not in inputs.events and inputs.redactor is None
    export = quote(str(inputs.events[0])) if is_export else "EXPORT"
    return "; ".join(advise("refused-calls", count=refused, export=export)) if refused else None
