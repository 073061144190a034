"""The grammar of access-denied messages: which layer refused, and whether a statement denied or none allowed.

Source: IAM user guide, "Troubleshoot access denied error messages". Messages are cut at 1 KB by CloudTrail, older ones
name no layer, and across accounts the reason is ambiguous on purpose; then effect and layer stay None.
"""

import re

from trail_diff.model.learnt import Denial

_DENIED_CODES = frozenset(
    {"accessdenied", "accessdeniedexception", "unauthorizedoperation", "client.unauthorizedoperation"}
)
_LAYERS = {
    "identity-based": "identity-policy",
    "resource-based": "key-policy",
    "service control": "scp",
    "resource control": "rcp",
    "permissions boundary": "permissions-boundary",
    "session": "session-policy",
    "vpc endpoint": "vpc-endpoint-policy",
}
_NAME = "|".join(_LAYERS)
_ACTION = re.compile(r"not authorized to perform: ([\w-]{1,64}:\w{1,128})", re.IGNORECASE)
_EXPLICIT = re.compile(rf"with an explicit deny in an? ({_NAME})", re.IGNORECASE)
_NO_ALLOW = re.compile(rf"because no ({_NAME})(?: policy| policies)? allows?", re.IGNORECASE)
_POLICY_ARN = re.compile(r"(?:policy|boundary): (arn:aws[\w-]{0,16}:\S{1,600})", re.IGNORECASE)
_OLD_FORM = "or you are not allowed to access"
_AMBIGUOUS = "no resource-based policies allow access, or a resource-based policy explicitly denies access"


def is_denial_code(error_code: str | None) -> bool:
    """Check whether an error code means that the caller was not authorized."""
    return (error_code or "").lower() in _DENIED_CODES


def is_ambiguous(message: str | None) -> bool:
    """Check whether a message leaves open if there is such a key, and whether a statement denies or none allows."""
    return _AMBIGUOUS in (message or "").lower() or _OLD_FORM in (message or "")


def read_denial(message: str | None, error_code: str | None) -> Denial | None:
    """Read what a refusal states; None when the error is no refusal, fields None where the message does not say."""
    text = message or ""
    if not is_denial_code(error_code) and _OLD_FORM not in text:
        return None
    action = _ACTION.search(text)
    named = action[1] if action else None
    if is_ambiguous(text):
        return Denial(None, None, named)
    arn = _POLICY_ARN.search(text)
    policy_arn = arn[1].rstrip(".,;)") if arn else None
    if found := _EXPLICIT.search(text):
        return Denial("explicit-deny", _LAYERS[found[1].lower()], named, policy_arn)
    if found := _NO_ALLOW.search(text):
        return Denial("no-allow", _LAYERS[found[1].lower()], named, policy_arn)
    if "with an explicit deny" in text.lower():
        return Denial("explicit-deny", None, named, policy_arn)
    return Denial(None, None, named, policy_arn)
