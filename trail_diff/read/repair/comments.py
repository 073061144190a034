"""Comments among JSON: `// …`, `# …` and `/* … */` outside of strings."""

import re

from trail_diff.model.reasons import Reason
from trail_diff.read.repair.interface import Repair

_COMMENT = re.compile(
    r'("(?:[^"\\\n]++|\\.)*+"|\\.)|/\*(?:[^*]++|\*(?!/))*+\*/|(?:(?<=[\s,\[\]{}])|^)(?://|#)[^\n]*', re.MULTILINE
)


def _drop_comments(text: str) -> str | None:
    if "//" not in text and "#" not in text and "/*" not in text:
        return None
    return _COMMENT.sub(lambda found: found[1] or "", text)


COMMENTS = Repair(Reason.REPAIRED_COMMENTS, _drop_comments)
