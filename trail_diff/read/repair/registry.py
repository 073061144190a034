"""All repairs, in the order in which text is undone: what was put around it last comes off first."""

from trail_diff.read.repair.comments import COMMENTS
from trail_diff.read.repair.elisions import ELISIONS
from trail_diff.read.repair.escapes import BREAKS, ESCAPES
from trail_diff.read.repair.format_list import FORMAT_LIST, FORMAT_LIST_ALONE
from trail_diff.read.repair.html_text import HTML
from trail_diff.read.repair.interface import Repair
from trail_diff.read.repair.line_prefixes import LINE_PREFIXES
from trail_diff.read.repair.mail import BASE64, MAIL, SOFT_LINE_BREAKS
from trail_diff.read.repair.punctuation import PUNCTUATION
from trail_diff.read.repair.python_literals import PYTHON, PYTHON_TEXT
from trail_diff.read.repair.quotes import QUOTES
from trail_diff.read.repair.script import MASKS, SCRIPT, WORDS
from trail_diff.read.repair.spaces import SPACES
from trail_diff.read.repair.terminal import TERMINAL_CODES
from trail_diff.read.repair.wrapping import CONTINUED, PIECES, WRAPPED, WRAPPED_AT_SPACES
from trail_diff.read.repair.yaml_text import YAML, YAML_ANSWER

ALWAYS: tuple[Repair, ...] = (MAIL, BASE64, YAML_ANSWER, FORMAT_LIST_ALONE, PIECES)
"""Forms that say by themselves what they are; read in another way they would give values that are not theirs."""

REPAIRS: tuple[Repair, ...] = (
    TERMINAL_CODES,
    LINE_PREFIXES,
    SOFT_LINE_BREAKS,
    HTML,
    SPACES,
    BREAKS,
    QUOTES,
    CONTINUED,
    WRAPPED,
    WRAPPED_AT_SPACES,
    COMMENTS,
    ELISIONS,
    MASKS,
    WORDS,
    PUNCTUATION,
    FORMAT_LIST,
    PYTHON_TEXT,
    PYTHON,
    SCRIPT,
    YAML,
    ESCAPES,
)
