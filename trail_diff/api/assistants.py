"""A server of the Model Context Protocol on stdio: the questions as tools that only read, for an assistant.

It reads nothing outside of the roots that it was given, and gives pseudonyms in place of names unless told otherwise.
One set of pseudonyms serves for as long as the server runs, so that a name is the same in all answers, and a pseudonym
from one of them can be asked about in the next.
"""

from collections.abc import Callable, Sequence
from glob import has_magic
from pathlib import Path
from typing import Any

from msgspec import structs

from trail_diff import __version__
from trail_diff.api.arguments import reword
from trail_diff.api.material import make_inputs, take_fact
from trail_diff.api.results import Diagnosis, Grouped, Listing, Shown, Trial
from trail_diff.case.builder import Question
from trail_diff.errors import SourceError, TrailDiffError, UsageError
from trail_diff.gather.key_facts import FactFiles
from trail_diff.inputs import Inputs
from trail_diff.key_usage import list_callers, try_policy
from trail_diff.pasted.arguments import take_keys
from trail_diff.pasted.explain import explaining
from trail_diff.pasted.forms import find_job_id
from trail_diff.pipeline import analyse, list_jobs, load_case, triage
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor
from trail_diff.render.lists import CALLERS, JOBS
from trail_diff.triaging.select import EVERY_JOB, TriageFilter

_INSTRUCTIONS = (
    "trail-diff says why a KMS-dependent AWS job failed, from CloudTrail exports on disk. Call jobs or triage first, "
    "then diagnose with a job id. Claim no more than an answer's confidence (confirmed, likely, possible), cite its "
    "evidence, and pass on its next steps where it is inconclusive."
)


class Desk:
    """Answers questions about files below the roots."""

    def __init__(self, roots: Sequence[Path], *, redacts: bool = True) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._redactor = Redactor(make_pseudonyms()) if redacts else None

    def diagnose(
        self, events: str, job_id: str, key_policy: str | None = None, baseline_job_id: str | None = None
    ) -> str:
        """Say why a job failed: the cause, how sure that is, its evidence, what would help and what to do next."""
        question = Question(find_job_id(job_id), find_job_id(baseline_job_id) if baseline_job_id else None)
        inputs = self._inputs(events, key_policy)
        with explaining(question, inputs):
            return _tell(Diagnosis(analyse(load_case(inputs, question))))

    def triage(self, events: str, key_policy: str | None = None, vault: str | None = None) -> str:
        """Explain every job that failed, or those of one vault, with those of the same cause in one group."""
        return _tell(Grouped(*triage(self._inputs(events, key_policy), self._of_vault(vault))))

    def jobs(self, events: str, vault: str | None = None, *, failed: bool = False) -> str:
        """List the jobs found, or those of one vault, or only those that failed, each with its baseline."""
        return _tell(Listing(*list_jobs(self._inputs(events), self._of_vault(vault), only_failed=failed), JOBS))

    def callers(self, events: str, key: str | None = None) -> str:
        """List who made which KMS calls, on all keys or on one."""
        return _tell(Listing(*list_callers(self._inputs(events), self._keys(key)), CALLERS))

    def what_if(self, events: str, key_policy: str, old: str | None = None, key: str | None = None) -> str:
        """Say what a new key policy would break or fix of the calls that were observed."""
        before = take_fact(self._inside(old), "old") if old else None
        return _tell(Trial(try_policy(self._inputs(events, key_policy), before, self._keys(key))))

    def _named(self, text: str) -> str:
        """Return a name by which an earlier answer may have told of it as the export has it."""
        return self._redactor.restore(text.strip()) if self._redactor else text.strip()

    def _keys(self, key: str | None) -> tuple[str, ...]:
        return tuple(map(self._named, take_keys([key], "key"))) if key else ()

    def _of_vault(self, vault: str | None) -> TriageFilter:
        return TriageFilter(vaults=(self._named(vault),)) if vault else EVERY_JOB

    def _inputs(self, events: str, key_policy: str | None = None) -> Inputs:
        facts = FactFiles(key_policy=str(self._inside(key_policy)) if key_policy else None)
        return structs.replace(make_inputs(self._inside(events), facts=facts), redactor=self._redactor)

    def _inside(self, path: str) -> Path:
        """Return where a path leads; a relative one begins at the first root.

        Raises:
            UsageError, SourceError: it leads out of the roots, or a link below it does, or nothing is there.
        """
        place = Path(self._roots[0], path).resolve()
        if not place.exists():
            hint = "name files and folders one by one" if has_magic(path) else "check the path"
            raise SourceError(f"{path}: no such file or folder", hint=hint)
        below = [one for one in place.rglob("*") if one.is_symlink()] if place.is_dir() else []
        if not all(self._is_inside(one.resolve()) for one in (place, *below)):
            raise UsageError(f"{path} leads out of what may be read", hint="start the server with --root for it")
        return place

    def _is_inside(self, place: Path) -> bool:
        return any(place.is_relative_to(root) for root in self._roots)


def _tell(answer: Shown) -> str:
    """Return an answer in Markdown, which says the same as JSON in a fraction of the words."""
    return answer.to_markdown()


def make_server(desk: Desk) -> Any:
    """Return the server with its tools.

    Raises:
        UsageError: the extra is not installed.
    """
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise UsageError("the MCP SDK is not installed", hint="pip install 'trail-diff[mcp]'") from error
    server = MCPServer("trail-diff", instructions=_INSTRUCTIONS, version=__version__)
    reads_only = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
    for tool in (desk.diagnose, desk.triage, desk.jobs, desk.callers, desk.what_if):
        server.tool(tool.__name__, description=tool.__doc__, annotations=reads_only, structured_output=False)(
            _explaining(tool)
        )
    return server


def _explaining(tool: Callable[..., str]) -> Callable[..., str]:
    """Return a tool whose errors tell the assistant what to do, in one line."""
    from functools import wraps

    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def asked(**named: Any) -> str:
        try:
            return tool(**named)
        except TrailDiffError as error:
            reword(error, tool)
            raise ToolError(f"{error.message}; {error.hint}") from error

    return asked


def serve(roots: Sequence[Path], *, redacts: bool = True) -> None:
    """Serve an assistant on stdin and stdout until it ends.

    Raises:
        UsageError: the extra is not installed.
    """
    make_server(Desk(roots, redacts=redacts)).run("stdio")
