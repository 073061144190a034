"""Answers for programs and notebooks: the values themselves, and how they show themselves."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from trail_diff.model.learnt import Coverage
from trail_diff.model.report import Report
from trail_diff.model.triage import JobKey, Triage
from trail_diff.model.what_if import WhatIf as WhatIfReport
from trail_diff.model.what_if import WhatIfRow
from trail_diff.render import render_list, render_report, summarize
from trail_diff.render.interface import Format, Lang, RenderOptions
from trail_diff.render.list_spec import ListSpec

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")

_FRAME_HEIGHT = "70vh"


class Shown:
    """What every answer can do: each form is one that the command line writes as well."""

    def render(self, output_format: Format, *, lang: Lang = "en", verbose: bool = False) -> str:
        """Return the answer in one of the forms of the command line."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as the document that --format json writes."""
        document: dict[str, Any] = json.loads(self.render("json"))
        return document

    def to_markdown(self, *, lang: Lang = "en", verbose: bool = False) -> str:
        """Return the answer in Markdown."""
        return self.render("markdown", lang=lang, verbose=verbose)

    def to_html(self, *, lang: Lang = "en") -> str:
        """Return the answer as one self-contained page."""
        return self.render("html", lang=lang)

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own: neither can reach, or restyle, the notebook around it."""
        page = escape(self.to_html(), quote=True)
        style = f"width:100%;height:{_FRAME_HEIGHT};border:0"
        return f'<iframe sandbox="allow-scripts" title="trail-diff" style="{style}" srcdoc="{page}"></iframe>'

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


class Diagnosis(Shown):
    """Why a job failed: `report` is all that was concluded, its main parts are at hand under their own names.

    `failed` is the job that was asked about, `succeeded` the one it was compared with; `callers` is who called what in
    either, `findings` the causes that hold or may hold, the surest first, `next_steps` what would settle the rest.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.verdict, self.failed, self.succeeded = report.verdict, report.failed, report.succeeded
        self.callers, self.findings, self.remedies = report.callers, report.findings, report.remedies
        self.changes, self.next_steps, self.coverage = report.changes, report.next_steps, report.coverage

    def summarize(self, lang: Lang = "en") -> str:
        """Return the answer as one sentence."""
        return summarize(self.report, lang)

    def render(self, output_format: Format, *, lang: Lang = "en", verbose: bool = False) -> str:
        """Return the report in one of the forms of the command line."""
        return render_report(self.report, output_format, RenderOptions(verbose=verbose, lang=lang))

    def to_frame(self) -> "pd.DataFrame":
        """Return the callers as a table of pandas."""
        from trail_diff.api.frames import report_frame

        return report_frame(self.report)

    def __repr__(self) -> str:
        verdict = self.verdict
        told = " ".join(filter(None, [verdict.outcome, verdict.cause, verdict.confidence]))
        return f"<Diagnosis of {self.failed.id}: {told}>"


class Grouped(Shown):
    """The jobs that failed, grouped by cause; `triage` is all of it, `reports` the full report of each job.

    `groups` begin with those of most jobs; `coverage` is what was read, and what was not.
    """

    def __init__(self, triage: Triage, reports: Mapping[JobKey, Report]) -> None:
        self.triage, self.reports = triage, reports
        self.groups, self.coverage = triage.groups, triage.coverage

    def render(self, output_format: Format, *, lang: Lang = "en", verbose: bool = False) -> str:
        """Return the groups in one of the forms of the command line."""
        from trail_diff.render.triage import render_triage

        return render_triage(self.triage, self.reports, output_format, RenderOptions(verbose=verbose, lang=lang))

    def to_frame(self) -> "pd.DataFrame":
        """Return the jobs as a table of pandas, each with the number and the cause of its group."""
        from trail_diff.api.frames import triage_frame

        return triage_frame(self.triage)

    def __repr__(self) -> str:
        return f"<triage: {self.triage.jobs.failed} jobs in {len(self.groups)} groups>"


class Listing(Shown, Sequence[Row], Generic[Row]):
    """Rows, in order, with the coverage of what was read."""

    def __init__(self, rows: Sequence[Row], coverage: Coverage, spec: ListSpec[Row]) -> None:
        self.rows, self.coverage, self._spec = tuple(rows), coverage, spec

    def render(self, output_format: Format, *, lang: Lang = "en", verbose: bool = False) -> str:
        """Return the list in one of the forms of the command line."""
        options = RenderOptions(verbose=verbose, lang=lang)
        return render_list(self._spec, self.rows, self.coverage, output_format, options)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a table of pandas."""
        from trail_diff.api import frames

        columns = {"jobs": frames.JOB_COLUMNS, "callers": frames.CALLER_COLUMNS, "what-if": frames.WHAT_IF_COLUMNS}
        return frames.make_frame(columns[self._spec.name], self.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<{self._spec.name}: {len(self.rows)} of {self.coverage.records_read} records>"


class Trial(Listing[WhatIfRow]):
    """What a new policy would do to observed calls; `report` is all of it, `outcome` what all calls come to."""

    def __init__(self, report: WhatIfReport) -> None:
        from trail_diff.render.lists import what_if_list

        super().__init__(report.calls, report.coverage, what_if_list(report))
        self.report, self.outcome = report, report.outcome

    def __repr__(self) -> str:
        return f"<what-if: {self.outcome}, {len(self.rows)} calls>"
