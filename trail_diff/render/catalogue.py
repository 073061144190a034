"""What a language has to say: one phrase for each closed word of the model, and the labels of the renderers."""

from collections.abc import Mapping

from msgspec import Struct


class Catalogue(Struct, frozen=True):
    """The phrases of one language, by the words of the model; `labels` by what they head or join.

    A phrase of a Reason or Cause is a clause without a full stop, so that it can stand in a list or a sentence.
    """

    reasons: Mapping[str, str]
    causes: Mapping[str, str]
    outcomes: Mapping[str, str]
    confidences: Mapping[str, str]
    presences: Mapping[str, str]
    caller_kinds: Mapping[str, str]
    layers: Mapping[str, str]
    decisions: Mapping[str, str]
    matches: Mapping[str, str]
    key_presences: Mapping[str, str]
    readings: Mapping[str, str]
    statuses: Mapping[str, str]
    helps: Mapping[str, str]
    remedies: Mapping[str, str]
    job_kinds: Mapping[str, str]
    what_ifs: Mapping[str, str]
    labels: Mapping[str, str]

    def reason(self, code: str) -> str:
        """Give the sentence of a reason code."""
        return self.reasons.get(code, code)
