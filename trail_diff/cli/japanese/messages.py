"""The messages of the command line in Japanese, by their English text.

`{}` stands for what is filled in: in the English text in order, in the Japanese one by its number where the order
differs. A text whose two halves come from different places has both here, each by itself.
"""

from collections.abc import Mapping

from trail_diff.cli.japanese.api import API
from trail_diff.cli.japanese.aws import AWS
from trail_diff.cli.japanese.doctor import DOCTOR
from trail_diff.cli.japanese.inputs import BUNDLES, FILES
from trail_diff.cli.japanese.jobs import JOBS
from trail_diff.cli.japanese.notes import ON_THE_WAY
from trail_diff.cli.japanese.options import OPTIONS, PARSER
from trail_diff.cli.japanese.pasted import PASTED
from trail_diff.cli.japanese.policies import POLICIES

MESSAGES: Mapping[str, str] = {**JOBS, **PASTED, **OPTIONS, **FILES, **BUNDLES, **POLICIES, **AWS, **API, **PARSER}
"""Of problems."""

NOTES: Mapping[str, str] = {**MESSAGES, **ON_THE_WAY}
"""Of what a command notes on the way, and how it ended."""

CHECKUP: Mapping[str, str] = {**MESSAGES, **DOCTOR}
"""Of what the checkup finds; its short words are not looked for in problems, where they may be names."""
