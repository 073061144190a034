"""A server of the Model Context Protocol on stdio: the questions as tools that only read, for an assistant.

It reads nothing outside of the roots that it was given, and gives pseudonyms in place of names unless told otherwise.
One set of pseudonyms serves for as long as the server runs, so that a name is the same in all answers, and a pseudonym
from one of them can be asked about in the next.
"""

from collections.abc import Callable, Sequence
from glob import has_magic
from inspect import signature
from pathlib import Path
from typing import Any

from msgspec import structs

from trail_diff import __version__
from trail_diff.api.arguments import ask_tool, name_in_markdown, reword
from trail_diff.api.material import make_inputs, take_fact, take_organization_id
from trail_diff.api.results import Diagnosis, Grouped, Listing, Shown, Trial
from trail_diff.case.question import Question
from trail_diff.errors import SourceError, TrailDiffError, UsageError
from trail_diff.gather.key_facts import FactFiles
from trail_diff.inputs import Inputs
from trail_diff.key_usage import list_callers, try_policy
from trail_diff.pasted.arguments import take_keys
from trail_diff.pasted.explain import explaining
from trail_diff.pasted.forms import find_job_id
from trail_diff.pasted.plain import plain_text
from trail_diff.pipeline import analyse, list_jobs, load_case, triage
from trail_diff.redaction.owner_map import make_pseudonyms
from trail_diff.redaction.redactor import Redactor
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.lists import CALLERS, JOBS
from trail_diff.render.markdown import render_next_steps
from trail_diff.render.summary import word_verdict
from trail_diff.triaging.select import EVERY_JOB, TriageFilter

_INSTRUCTIONS = (
    "trail-diff says why a KMS-dependent AWS job failed, from CloudTrail exports on disk. Call jobs or triage first, "
    "then diagnose with a job id. Claim no more than an answer's confidence (confirmed, likely, possible), cite its "
    "evidence, and pass on its next steps where it is inconclusive: a person runs the command and saves its output "
    "below the root, and diagnose takes it by the argument that the step names."
)
_LONGEST = 1000
_PSEUDONYMS = " Names, accounts and keys are pseudonyms: in a command, the person puts the real ones in their place."
Say = Callable[[str], str]


def _as_it_is(text: str) -> str:
    return text


class Desk:
    """Answers questions about files below the roots."""

    def __init__(self, roots: Sequence[Path], *, redacts: bool = True, lang: Lang = "en") -> None:
        for root in roots:
            if not root.is_dir():
                raise UsageError(f"--root {root}: no such folder", hint="give the folder that holds the exports")
        self._roots, self._lang = tuple(root.resolve() for root in roots), lang
        self._redactor = Redactor(make_pseudonyms()) if redacts else None

    @property
    def instructions(self) -> str:
        """Return what an assistant has to know."""
        return _INSTRUCTIONS + (_PSEUDONYMS if self._redactor else "")

    def diagnose(
        self,
        events: str,
        job_id: str,
        key_policy: str | None = None,
        baseline_job_id: str | None = None,
        *,
        key: str | None = None,
        jobs: str | None = None,
        key_state: str | None = None,
        grants: str | None = None,
        organization_id: str | None = None,
    ) -> str:
        """Explain why a job failed: the cause, how sure that is, its evidence, what would help and what to do next.

        events, key_policy, jobs, key_state and grants are files or folders below the root; the others are names.
        """
        baseline = find_job_id(baseline_job_id) if baseline_job_id else None
        question = Question(_take_job(job_id), baseline, self._keys(key))
        facts = self._facts(key_policy, key_state, grants, organization_id)
        inputs = structs.replace(self._inputs(events), facts=facts, jobs=(str(self._inside(jobs)),) if jobs else ())
        with explaining(question, inputs):
            return self._tell(Diagnosis(analyse(load_case(inputs, question))))

    def next_step(self, events: str, job_id: str, key_policy: str | None = None) -> str:
        """Name what is still open about a job, and for each the command that settles it and where its output goes."""
        question, inputs = Question(_take_job(job_id)), self._inputs(events, key_policy)
        with explaining(question, inputs):
            report = word_verdict(analyse(load_case(inputs, question)), self._lang)
        return self._name(render_next_steps(report, RenderOptions(lang=self._lang)))

    def triage(self, events: str, key_policy: str | None = None, vault: str | None = None) -> str:
        """Explain every job that failed, or those of one vault, with those of the same cause in one group."""
        return self._tell(Grouped(*triage(self._inputs(events, key_policy), self._of_vault(vault))))

    def jobs(self, events: str, vault: str | None = None, *, failed: bool = False) -> str:
        """List the jobs found, or those of one vault, or only those that failed, each with its baseline."""
        return self._tell(Listing(*list_jobs(self._inputs(events), self._of_vault(vault), only_failed=failed), JOBS))

    def callers(self, events: str, key: str | None = None) -> str:
        """List who made which KMS calls, on all keys or on one."""
        return self._tell(Listing(*list_callers(self._inputs(events), self._keys(key)), CALLERS))

    def what_if(self, events: str, key_policy: str, old: str | None = None, key: str | None = None) -> str:
        """Replay the observed calls against a new key policy: what it would break or fix."""
        before = take_fact(self._inside(old), "old") if old else None
        return self._tell(Trial(try_policy(self._inputs(events, key_policy), before, self._keys(key))))

    def _named(self, text: str) -> str:
        """Return a name by which an earlier answer may have told of it as the export has it."""
        return self._redactor.restore(text.strip()) if self._redactor else text.strip()

    def _keys(self, key: str | None) -> tuple[str, ...]:
        return tuple(map(self._named, take_keys([key], "key"))) if key else ()

    def _of_vault(self, vault: str | None) -> TriageFilter:
        return TriageFilter(vaults=(self._named(vault),)) if vault else EVERY_JOB

    def _inputs(self, events: str, key_policy: str | None = None) -> Inputs:
        inputs = make_inputs(self._inside(events), facts=self._facts(key_policy))
        return structs.replace(inputs, redactor=self._redactor)

    def _facts(
        self,
        key_policy: str | None,
        key_state: str | None = None,
        grants: str | None = None,
        organization_id: str | None = None,
    ) -> FactFiles:
        policy, state, held = (str(self._inside(one)) if one else None for one in (key_policy, key_state, grants))
        return FactFiles(policy, state, held, take_organization_id(organization_id))

    def _inside(self, path: str) -> Path:
        """Return where a path leads; a relative one begins at the first root.

        Raises:
            UsageError, SourceError: it leads out of the roots, or a link below it does, or nothing is there.
        """
        if not path.strip():
            raise SourceError("an empty name for an export", hint="give a file or folder below the root")
        place = Path(self._roots[0], plain_text(path))
        try:
            place = place.resolve()
            is_there = place.is_file() or place.is_dir()
        except (OSError, ValueError):  # longer than a name can be, or with a zero byte
            is_there = False
        if not self._is_inside(place) or (is_there and self._is_left_below(place)):
            raise UsageError(f"{path} leads out of what may be read", hint="start the server with --root for it")
        if not is_there:
            hint = "name files and folders one by one" if has_magic(path) else "check the path"
            raise SourceError(f"{path}: no such file or folder", hint=hint)
        return place

    def _is_left_below(self, place: Path) -> bool:
        """Check whether a link in a folder leads out of the roots."""
        return any(one.is_symlink() and not self._is_inside(one.resolve()) for one in place.rglob("*"))

    def _tell(self, answer: Shown) -> str:
        """Return an answer in Markdown, which says the same as JSON in a fraction of the words."""
        return self._name(answer.to_markdown(lang=self._lang))

    def _name(self, text: str) -> str:
        """Return a text in which an assistant finds arguments of `diagnose`, which takes all, in place of options."""
        return name_in_markdown(text, signature(self.diagnose).parameters)

    def _is_inside(self, place: Path) -> bool:
        return any(place.is_relative_to(root) for root in self._roots)


def _take_job(text: str) -> str:
    if not text.strip():
        raise UsageError("which job? --job-id is missing", hint="'trail-diff jobs' lists those found")
    return find_job_id(text)


def make_server(desk: Desk, say: Say = _as_it_is) -> Any:
    """Return the server with its tools; `say` puts problems in the language of who asks.

    Raises:
        UsageError: the extra is not installed.
    """
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise UsageError("the MCP SDK is not installed", hint="pip install 'trail-diff[mcp]'") from error
    server = MCPServer("trail-diff", instructions=desk.instructions, version=__version__)
    reads_only = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
    for tool in (desk.diagnose, desk.next_step, desk.triage, desk.jobs, desk.callers, desk.what_if):
        server.tool(tool.__name__, description=tool.__doc__, annotations=reads_only, structured_output=False)(
            _explaining(tool, say)
        )
    return server


def _explaining(tool: Callable[..., str], say: Say) -> Callable[..., str]:
    """Return a tool whose errors tell the assistant what to do, in one line."""
    from functools import wraps

    from mcp.server.mcpserver.exceptions import ToolError

    @wraps(tool)
    def asked(**named: Any) -> str:
        try:
            return tool(**named)
        except TrailDiffError as error:
            error.message, error.hint = say(error.message), say(error.hint)
            reword(error, tool, ask_tool)
            raise ToolError(f"{error.message[:_LONGEST]}; {error.hint[:_LONGEST]}") from error

    return asked


def serve(roots: Sequence[Path], *, redacts: bool = True, lang: Lang = "en", say: Say = _as_it_is) -> None:
    """Serve an assistant on stdin and stdout until it ends.

    Raises:
        UsageError: the extra is not installed, or a root is no folder.
    """
    make_server(Desk(roots, redacts=redacts, lang=lang), say).run("stdio")
