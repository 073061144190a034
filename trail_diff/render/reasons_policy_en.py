"""The English of the reason codes of policies: how conditions, statements, grants and decisions come out."""

from collections.abc import Mapping

POLICY_REASONS: Mapping[str, str] = {
    # why a condition of a policy matches or not
    "value-equals": "the request's value is among those listed",
    "value-differs": "the request's value is none of those listed",
    "key-absent": "the request does not have the key, so the condition is false",
    "negated-key-absent": "the request does not have the key, and a negated operator is true without it",
    "if-exists-absent": "the request does not have the key, and an ...IfExists operator is true without it",
    "key-is-null": "the request does not have the key, or its value is empty",
    "key-is-not-null": "the request has a value for the key",
    "for-all-values-empty": "ForAllValues is true because the request has no value for the key",
    "for-any-value-empty": "ForAnyValue is false because the request has no value for the key",
    "opaque-value-differs": ("an AWS service never has a customer's own value there, as listed here"),
    # why a condition of a policy cannot be decided
    "key-unknown": "whether the request has the key, and with which value, is not known",
    "variable-unknown": "the condition uses a policy variable whose value is not known",
    "opaque-value": "not documented for AWS services; it may match",
    "multivalued-without-set-operator": (
        "a multivalued key is tested without ForAllValues or ForAnyValue, which AWS leaves undefined"
    ),
    "for-any-value-if-exists-absent": (
        "ForAnyValue with ...IfExists on an absent key: two rules of AWS contradict each other"
    ),
    "empty-string-in-set": (
        "an empty string is the key's only value, and AWS leaves open whether it counts as a value here"
    ),
    "empty-value-list": "a list in the policy is empty, which AWS leaves undefined",
    "empty-condition": "a condition holds nothing to test, which AWS leaves undefined",
    "operator-unknown": "the condition operator is none that AWS documents",
    "operator-letter-case": "the condition operator is not spelled in the letter case AWS documents",
    "boolean-form": "a boolean is written otherwise than true or false in lower case",
    "value-not-comparable": (
        "a value is not of the operator's type, and AWS does not say what a negated operator makes of that"
    ),
    "value-form-doubtful": "a value is written in a form AWS does not document for the operator",
    "arn-pattern-incomplete": "an ARN pattern has fewer than six parts, which AWS leaves undefined",
    "wildcard-over-line-break": "a wildcard would have to stand for a line break, which AWS leaves undefined",
    "value-known-after-apply": "a value of the policy is known only after it is applied",
    "variable-form": "a policy variable is malformed, or stands where AWS does not document one",
    "variable-value-has-wildcard": (
        "the value of a policy variable contains a wildcard character, which AWS leaves undefined"
    ),
    # why a statement applies to a caller or not
    "principal-is-anyone": "the statement is for everyone, AWS services included",
    "principal-matches": "the statement names the caller",
    "principal-account-matches": "the statement names the caller's account",
    "principal-differs": "the statement does not name the caller",
    "not-principal-lists-caller": "NotPrincipal lists the caller, so the statement spares it",
    "not-principal-omits-caller": "NotPrincipal does not list the caller, so the statement applies",
    "action-differs": "the statement is not about this action",
    "resource-differs": "the statement is not about this key",
    "action-missing": "the statement has neither Action nor NotAction, so it has no effect",
    "resource-missing": "the key policy statement has no Resource, so it has no effect",
    # why it cannot be decided whether a statement applies
    "aws-wildcard-and-service-principal": 'AWS does not say whether the principal {"AWS": "*"} includes AWS services',
    "allow-wildcard-and-service-principal": "AWS does not say whether an Allow for everyone includes AWS services",
    "service-name-form": "AWS does not say whether a regional and a global service name stand for each other",
    "service-wildcard": "a service principal contains a wildcard, which AWS leaves undefined",
    "not-principal-incomplete": (
        "NotPrincipal lists the caller without its role or account, and then might not spare it"
    ),
    "not-principal-and-boundary": (
        "NotPrincipal with Deny spares no caller that has a permissions boundary, whoever it lists"
    ),
    "retire-grant-not-in-policy": (
        "kms:RetireGrant has no effect in a key policy or RCP: the grant itself says who may retire it"
    ),
    "retire-grant-by-account": ("the account that created a grant may retire it, which the policies do not tell"),
    "not-principal-with-allow": "NotPrincipal is combined with Allow, which AWS does not define",
    "principal-missing": "the statement has no Principal where one is required",
    "principal-not-expected": "the statement has a Principal where none is allowed",
    "principal-unique-id": (
        "the statement names the unique id of a principal that was deleted, and the caller carries the same id"
    ),
    "principal-unrecognised": "the statement names a principal in a form AWS does not document for key policies",
    "caller-not-known": "too little is known of the caller to say whether the statement names it",
    "endpoint-account-principal": "an account named in a VPC endpoint policy may stand for its root user only",
    "action-form": "an action is written without its service, which AWS leaves undefined",
    "resource-form": "a resource is written so that it cannot be compared with the key's ARN for certain",
    "effect-not-recognised": "the statement's Effect is neither Allow nor Deny",
    "policy-locks-out": "the policy lets nobody change it again, which AWS KMS refuses unless its check is bypassed",
    "policy-too-large": "the policy is larger than the 32 KB that AWS KMS takes",
    "element-unknown": "the statement has an element that AWS does not document",
    "elements-contradict": "the statement has an element together with its Not... form",
    "statement-malformed": "the statement cannot be read",
    "policy-version-unknown": "the policy's Version is none that AWS documents",
    # what a grant gives a caller
    "grant-matches": "a grant lets the caller perform the action",
    "grant-not-in-force": "the grant was retired or revoked",
    "grant-other-grantee": "the grant is for another principal",
    "grant-other-operation": "the grant does not include the operation",
    "grant-constraint-differs": "the request does not meet the grant's constraints",
    "grant-constraint-unknown": "whether the request meets the grant's constraints is not known",
    "grantee-not-given": "the grant as printed names no grantee; it may be a grant for an AWS service",
    "grant-for-account": "the grant names an account, and AWS does not say whom in it that covers",
    # what settles a decision, or keeps it open
    "statement-denies": "a statement denies the call",
    "key-policy-allows": "the key policy allows the call",
    "grant-allows": "a grant allows the call",
    "identity-policy-allows": "an identity policy allows the call, and the key policy lets it",
    "no-key-policy-allow": "neither the key policy nor a grant allows the call",
    "no-identity-policy-allow": "the key policy leaves it to identity policies, and none allows the call",
    "no-permissions-boundary-allow": "the permissions boundary does not allow the call",
    "no-session-policy-allow": "the session policy does not allow the call",
    "no-scp-allow": "the service control policies do not allow the call at every level",
    "no-vpc-endpoint-policy-allow": "the VPC endpoint policy does not allow the call",
    "key-policy-not-given": "the key policy is not known",
    "grants-not-given": "whether a grant allows the call is not known, as the key's grants were not given",
    "identity-policies-not-given": "the caller's identity policies are not known",
    "permissions-boundaries-not-given": "whether a permissions boundary limits the caller is not known",
    "session-policies-not-given": "whether a session policy limits the caller is not known",
    "scps-not-given": "whether service control policies limit the caller is not known",
    "rcps-not-given": "whether resource control policies deny the call is not known",
    "vpc-endpoint-policies-not-given": "the policy of the VPC endpoint is not known",
    "account-not-known": "whether the caller belongs to the key's account is not known",
    "service-linked-role-possible": "the caller may be a service-linked role, which organization policies do not limit",
    "limit-and-wildcard-principal": (
        "AWS does not say whether a boundary or session policy limits what a key policy allows to everyone"
    ),
    "limit-and-grant": "AWS does not say whether a boundary or session policy limits what a grant allows",
    "grant-across-accounts": "AWS does not say whether a grantee in another account needs an identity policy as well",
}
