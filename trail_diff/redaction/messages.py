"""Which words of a running text are names, where no field told of them: what is quoted, joined, or follows its noun.

Closed by default: a quoted text, a word with a hyphen, underscore, dot, slash or digit in it, and what follows `role`,
`vault`, `named` … is a name unless it is made of words of AWS and of plain English.
"""

import re
from collections.abc import Callable, Iterator

from trail_diff.redaction.structure import is_plain
from trail_diff.redaction.vocabulary import VOCABULARY, is_column, is_service

_NOUNS = (
    "role|user|vault|bucket|table|alias|group|profile|session|name|named|called|cluster|volume|stack|function|secret"
    "|queue|topic|stream|instance|database|project|team|owner|host|snapshot|principal|account|organization|trail"
)
_TOKEN = re.compile(
    r"(?<!\w)(?P<quote>['\"`])(?P<quoted>[^'\"`\n]{1,300})(?P=quote)(?!\w)"
    r"|[\u201c\u2018](?P<curly>[^\u201d\u2019\n]{1,300})[\u201d\u2019]"
    rf"|(?<!\w)(?i:{_NOUNS})(?: (?:named|called))?[:=]?[ \t](?P<named>[\w.@/+=-]+(?::[\w.@/+*=-]+)*)"
    r"|(?P<word>\w+(?:[-.@/+=:#]+\w+)*)"
)
_OPEN = re.compile(
    r"[a-z0-9-]{2,40}:(?:[A-Z][A-Za-z0-9]{1,60}\*?|\*)|v?\d{1,11}(?:\.\d{1,6}){0,3}%?|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*"
    r"|[A-Z][A-Za-z]{2,60}(?:Exception|Error|Fault)|[A-Za-z]{1,60}\.[A-Z][A-Za-z]{2,60}"
)
_REQUEST_ID = re.compile(r"(?i:request id:? ?)\Z")
_PARTS = re.compile(r"[^\W_]+")
_ENGLISH = frozenset(
    """
    a able about above account's actions active add added administrator's after again all already also although
    always an another api as ask at available aws's backed be been before being below between both but by call
    called can change check cli client code complete contact copied copying could create creating cross customer
    customer-managed daily data date day days default delete deleted demand describe did different do don done due
    during each empty enabled encoded encoding encryption end ended enough ensure enter error exceeded existing
    exists expired failure few file first format found full get give given go group had hash have he hour hours how
    however http https iam id ids if in incorrect info initiated input insufficient into invoked is issue it item
    items jobs just kept key last later least length less level limit linked list listed load locked log logs long
    make managed many match max maximum may message min minimum minute minutes missing more most multi must name
    named names need needed never new next no non none note now null number object of off old on on-demand once one
    one-time only operation option or order other otherwise out over own owned owns page parameter parent part path
    per permission place please point points policies possible present previous provided put re read read-only
    reason received recovery region regional related remove removed request requested required resources response
    rest restored restoring result retry right roles rule s same save schedule sdk see select send sent server
    service set several should show since single size so some source specified ssl start started state status step
    still string such supported t tag tags take target than them then there these they those throttled through time
    timeout times tls to too total trust try trying two unable under unknown unsupported until up update updated
    upload url us use used users using utc valid value values vaults version via wait warm we week weekly were what
    when where whether which while who whose why will window without work worm would write wrong year yes yet you
    your
    """.split()  # noqa: SIM905
)
_PLAIN_WORDS = _ENGLISH | VOCABULARY


def replace_names(text: str, name: Callable[[str], str], is_word: Callable[[str], bool]) -> str:
    """Return running text with the names in it replaced; `is_word` knows further words of AWS, in lower case."""
    parts, at = [], 0
    for start, end in _spans(text):
        found = text[start:end]
        if not _is_open(found, is_word):
            parts += [text[at:start], name(found)]
            at = end
    return "".join([*parts, text[at:]])


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a text may hold a name: a bare word of letters only does not, unless it is quoted or named."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup if found.lastgroup != "quote" else "quoted"
        if found["word"] is not None:
            if not found["word"].isalpha():
                yield found.span("word")
        elif kind is not None:
            yield found.span(kind)


def _is_open(text: str, is_word: Callable[[str], bool]) -> bool:
    """Check whether a text is made of words of AWS and of plain English."""
    plain = text.strip(".:,/=+-")
    if is_plain(plain) or _OPEN.fullmatch(plain) or is_service(plain) or is_column(plain) or is_word(plain.lower()):
        return True
    words = _PARTS.findall(plain.lower())
    return all(word in _PLAIN_WORDS or is_word(word) for word in words)


def keeps_id(before: str) -> bool:
    """Check whether what follows a text is the id of a request, which stays."""
    return bool(_REQUEST_ID.search(before[-16:]))
