"""The timeline as geometry: a lane for each caller, both jobs aligned to their start. The template draws it as SVG.

An absent call is drawn at the time at which the succeeded job made it, that is where it was expected.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct, structs

from trail_diff.model.learnt import Caller, Job
from trail_diff.model.report import CallerGroup, Change, ListedEvent, Report
from trail_diff.render import escape
from trail_diff.render.catalogue import Catalogue
from trail_diff.render.phrases import caller_name

WIDTH = 960
LEFT, RIGHT = 300, 936
"""Where the plot begins and ends; the names are left of it."""

MOST_LANES = 12
_BUCKET = 18
"""Marks that are nearer than this many pixels become one with their number in it."""

_ROW = 24
_LANE_GAP = 16
_MOST_CHANGES = 4
_STEPS = (1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 604800)
_MOST_TICKS = 9
_LONGEST_NAME = 36

Kind = Literal["ok", "error", "missing"]
Side = Literal["failed", "succeeded"]
_Call = tuple[float, Kind, ListedEvent]


class Mark(Struct, frozen=True):
    """One or several calls at one place of a row; `text` describes it for screen readers."""

    x: float
    kind: Kind
    calls: int
    offset: str
    text: str


class Track(Struct, frozen=True):
    """The calls of a caller in one job; `note` names what is out of order at `note_x`."""

    side: Side
    y: int
    marks: tuple[Mark, ...]
    note: str = ""
    note_x: float = 0
    note_anchor: Literal["start", "end"] = "start"


class Lane(Struct, frozen=True):
    """A caller: its name, what it is and does, and its rows; `is_different` when calls fail or are absent."""

    y: int
    height: int
    name: str
    detail: str
    tracks: tuple[Track, ...]
    is_different: bool


class Bar(Struct, frozen=True):
    """A job from its start to its end."""

    side: Side
    y: int
    x: float
    width: float
    text: str


class Flag(Struct, frozen=True):
    """A change of a key, grant or policy: on the axis (`x`), or before or after all that is drawn."""

    y: int
    x: float
    place: Literal["before", "inside", "after"]
    text: str


class Timeline(Struct, frozen=True):
    """All that is drawn, in pixels."""

    height: int
    zero: float
    axis_y: int
    ticks: tuple[tuple[float, str], ...]
    bars: tuple[Bar, ...]
    flags: tuple[Flag, ...]
    lanes: tuple[Lane, ...]
    lanes_left_out: int
    errors: int
    missing: int
    width: int = WIDTH
    left: int = LEFT
    right: int = RIGHT


def draw_timeline(report: Report, words: Catalogue) -> Timeline | None:
    """Lay out the timeline; None when there are no calls to be shown."""
    if not report.events:
        return None
    starts = _starts(report)
    scale = _Scale(report, starts)
    bars = tuple(_bars(report, starts, scale, words))
    flags = tuple(_flags(report.changes, starts["failed"], scale, words, 34 + _ROW * len(bars)))
    y = 44 + _ROW * (len(bars) + len(flags))
    callers = list(dict.fromkeys(group.caller.across_sessions() for group in report.callers))
    lanes = []
    for caller in callers[:MOST_LANES]:
        lane = _lane(caller, report, _Drawn(starts, scale, words), y)
        lanes.append(lane)
        y += lane.height + _LANE_GAP
    marks = [mark for lane in lanes for track in lane.tracks for mark in track.marks]
    return Timeline(
        height=y + 38,
        zero=scale.x(0),
        axis_y=y,
        ticks=tuple((scale.x(tick), show_offset(tick)) for tick in scale.ticks()),
        bars=bars,
        flags=flags,
        lanes=tuple(lanes),
        lanes_left_out=len(callers) - len(lanes),
        errors=sum(mark.calls for mark in marks if mark.kind == "error"),
        missing=sum(mark.calls for mark in marks if mark.kind == "missing"),
    )


def show_offset(seconds: float) -> str:
    """Show a span of time as +h:mm:ss, without the hours when there are none."""
    sign = "\u2212" if seconds < 0 else "+" if seconds > 0 else ""
    return sign + show_span(abs(seconds))


def show_span(seconds: float) -> str:
    """Show a length of time as h:mm:ss or m:ss."""
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Scale:
    """From seconds after a job's start to pixels."""

    def __init__(self, report: Report, starts: Mapping[Side, datetime]) -> None:
        seconds = [_offset(event.event_time, starts[event.side]) for event in report.events]
        seconds += [_offset(job.completed, starts[side]) for side, job in _jobs(report) if job.completed is not None]
        low, high = min(0.0, *seconds), max(60.0, *seconds)
        room = (high - low) * 0.04
        self.low, self.high = low - room, high + room

    def x(self, seconds: float) -> float:
        return round(LEFT + (seconds - self.low) / (self.high - self.low) * (RIGHT - LEFT), 1)

    def holds(self, seconds: float) -> bool:
        return self.low <= seconds <= self.high

    def ticks(self) -> list[int]:
        span = self.high - self.low
        step = next((step for step in _STEPS if span / step <= _MOST_TICKS), int(span / _MOST_TICKS))
        return [tick for tick in range(int(self.low // step) * step, int(self.high) + 1, step) if self.holds(tick)]


class _Drawn(NamedTuple):
    """What every lane is drawn with."""

    starts: Mapping[Side, datetime]
    scale: _Scale
    words: Catalogue


def _jobs(report: Report) -> Iterator[tuple[Side, Job]]:
    yield "failed", report.failed
    if report.succeeded is not None:
        yield "succeeded", report.succeeded


def _starts(report: Report) -> dict[Side, datetime]:
    """Return when each job started; where that is not known, the time of its first call."""
    starts: dict[Side, datetime] = {}
    for side, job in _jobs(report):
        times = [event.event_time for event in report.events if event.side == side]
        starts[side] = job.created or min(times, default=report.events[0].event_time)
    return starts


def _bars(report: Report, starts: dict[Side, datetime], scale: _Scale, words: Catalogue) -> Iterator[Bar]:
    for side, job in _jobs(report):
        end = _offset(job.completed, starts[side]) if job.completed else 0.0
        told = job.state or words.job_kinds[job.kind]
        text = words.labels["html_job_end"].format(state=told, offset=show_span(end)) if job.completed else told
        y = 20 + (_ROW if side == "succeeded" else 0)
        yield Bar(side, y, scale.x(min(end, 0)), max(scale.x(end) - scale.x(0), 2), text)


def _flags(changes: Sequence[Change], start: datetime, scale: _Scale, words: Catalogue, top: int) -> Iterator[Flag]:
    """Yield the last changes, those that most likely matter, each on a line of its own."""
    for number, change in enumerate(changes[-_MOST_CHANGES:]):
        offset = _offset(change.time, start)
        who = change.caller.name or change.caller.arn or words.labels["unnamed"]
        name = escape.shorten(words.labels["done_by"].format(what=change.name, who=who), 60)
        y = top + _ROW * number
        if scale.holds(offset):
            yield Flag(
                y, scale.x(offset), "inside", words.labels["html_at"].format(name=name, offset=show_offset(offset))
            )
            continue
        place: Literal["before", "after"] = "before" if offset < 0 else "after"
        where = words.labels[f"html_{place}"].format(offset=show_span(offset))
        yield Flag(y, LEFT if place == "before" else RIGHT, place, words.join_items([name, where]))


def _lane(caller: Caller, report: Report, drawn: _Drawn, y: int) -> Lane:
    groups = {place: group for place, group in enumerate(report.callers) if group.caller.across_sessions() == caller}
    events = [event for event in report.events if not groups.keys().isdisjoint(event.callers)]
    tracks = tuple(
        _track(side, list(_calls(side, events, groups, drawn.starts)), drawn, y + _ROW * number)
        for number, (side, _) in enumerate(_jobs(report))
    )
    is_via, service = caller.invoked_by not in (None, caller.name), caller.invoked_by or ""
    actions = dict.fromkeys(group.action.partition(":")[2] or group.action for group in groups.values())
    told = drawn.words.join_items(list(actions))
    via = drawn.words.labels["html_via"].format(actions=told, name=service.removesuffix(".amazonaws.com"))
    return Lane(
        y=y,
        height=_ROW * len(tracks),
        name=escape.shorten(caller_name(caller, drawn.words), _LONGEST_NAME),
        detail=escape.shorten(via if is_via else told, _LONGEST_NAME - 4),
        tracks=tracks,
        is_different=any(mark.kind != "ok" for mark in tracks[0].marks),
    )


def _calls(
    side: Side, events: Sequence[ListedEvent], groups: Mapping[int, CallerGroup], starts: Mapping[Side, datetime]
) -> Iterator[_Call]:
    """Yield the calls of a row; in the failed job also those that only the succeeded job has."""
    for event in events:
        offset = _offset(event.event_time, starts[event.side])
        if event.side == side:
            yield offset, "error" if event.error_code else "ok", event
        elif side == "failed" and any(
            groups[place].presence == "only-succeeded" for place in event.callers if place in groups
        ):
            yield offset, "missing", event


def _track(side: Side, calls: Sequence[_Call], drawn: _Drawn, y: int) -> Track:
    near: dict[tuple[int, Kind], list[_Call]] = {}
    for call in calls:
        near.setdefault((int(drawn.scale.x(call[0]) // _BUCKET), call[1]), []).append(call)
    marks: list[Mark] = []
    for (_, kind), own in sorted(near.items(), key=lambda one: (one[0][0], one[0][1])):
        mark = _mark(kind, own, drawn)
        least = marks[-1].x + _BUCKET - 2 if marks else LEFT
        marks.append(structs.replace(mark, x=min(max(mark.x, least), RIGHT)))
    odd = [mark for mark in marks if mark.kind != "ok"]
    if not odd:
        return Track(side, y, tuple(marks))
    codes = dict.fromkeys(event.error_code for _, _, event in calls if event.error_code and event.side == side)
    absent = [drawn.words.presences["only-succeeded"]] if any(mark.kind == "missing" for mark in odd) else []
    note = escape.shorten(drawn.words.join_items([*codes, *absent]), _LONGEST_NAME)
    beside = marks[-1].x + 16
    has_room = beside + 7 * len(note) < RIGHT
    return Track(side, y, tuple(marks), note, *((beside, "start") if has_room else (RIGHT, "end")))


def _mark(kind: Kind, calls: Sequence[_Call], drawn: _Drawn) -> Mark:
    middle = sum(offset for offset, _, _ in calls) / len(calls)
    words = drawn.words
    names = words.join_items(list(dict.fromkeys(event.event_name for _, _, event in calls)))
    codes = words.join_items(list(dict.fromkeys(event.error_code or "" for _, _, event in calls)))
    what = {"ok": words.labels["html_ok"], "error": codes, "missing": words.presences["only-succeeded"]}[kind]
    return Mark(drawn.scale.x(middle), kind, len(calls), show_offset(middle), words.head(names, what))


def _offset(moment: datetime, start: datetime) -> float:
    return (moment - start).total_seconds()
