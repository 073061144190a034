"""What KMS says of a key: its state, policy and grants, and when it was last used.

The policy is often unreadable for the very reason the job failed: a Deny for everybody who is not listed.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from trail_diff.arns import arn_account, arn_region
from trail_diff.aws.client import Aws
from trail_diff.aws.live.asking import ApiCall, Asker
from trail_diff.gather.key_facts import Document, FactDocuments


class KeyAsker(Struct, frozen=True):
    """Asks about one key with the credentials of its own account if there are some, else with those of the job's."""

    key: str
    accounts: Sequence[Aws]
    aws: Aws
    region: str
    asker: Asker

    def complete(self, given: FactDocuments) -> FactDocuments:
        """Return what is known with what KMS says; what was given in a file is not asked for."""
        return FactDocuments(
            key_policy=given.key_policy or self._ask_policy(),
            key_state=given.key_state or self._ask("describe_key", "give it with --key-state FILE"),
            grants=given.grants or self._ask_grants(),
            organization_id=given.organization_id,
        )

    def last_usage(self) -> Document | None:
        """Return when the key was last used with success, if the SDK knows the call and it is allowed; a hint only."""
        if not self._owner().offers("kms", "get_key_last_usage"):
            return None
        call = self._call("get_key_last_usage")
        answer = Asker().ask(call, "")
        return Document(call.source(), answer) if answer is not None else None

    def _ask_policy(self) -> Document | None:
        account = arn_account(self.key)
        if account not in (None, self._owner().account_id()):
            self.asker.note(
                f"the key's policy can only be read in its own account {account}; add a --profile of that account, "
                "or give the policy with --key-policy FILE"
            )
            return None
        return self._ask("get_key_policy", "give it with --key-policy FILE", {"PolicyName": "default"})

    def _ask_grants(self) -> Document | None:
        call = self._call("list_grants")
        noted = len(self.asker.notes)
        grants: list[Any] = []
        for page in self.asker.pages(call, "give them with --grants FILE"):
            grants.extend(page.get("Grants", []))
        return Document(call.source(), {"Grants": grants}) if len(self.asker.notes) == noted else None

    def _ask(self, operation: str, instead: str, parameters: dict[str, str] | None = None) -> Document | None:
        call = self._call(operation, parameters)
        answer = self.asker.ask(call, instead)
        return Document(call.source(), answer) if answer is not None else None

    def _call(self, operation: str, parameters: dict[str, str] | None = None) -> ApiCall:
        region = arn_region(self.key) or self.region
        return ApiCall(self._owner(), "kms", operation, {"KeyId": self.key, **(parameters or {})}, region)

    def _owner(self) -> Aws:
        account = arn_account(self.key)
        return next((aws for aws in self.accounts if aws.account_id() == account), self.aws)
