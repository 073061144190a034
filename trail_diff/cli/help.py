"""The help of the commands: options in sections, examples to paste, whole sentences, in the user's language."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trail_diff.cli.language import Language

if TYPE_CHECKING:
    from typer.core import TyperGroup

_NARROWEST = 30
"""So much is left for what a name stands for, whatever the width."""
_WIDEST_NAME = 28


class SectionedHelp:
    """How a command writes its help; the language is the object of the outermost context."""

    help: str | None
    epilog: str | None

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage in one line."""
        pieces = self.collect_usage_pieces(ctx)  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{_say('Usage', ctx)}: ")

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does, paragraph by paragraph."""
        for paragraph in (self.help or "").split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                _write_text(_say(" ".join(paragraph.split()), ctx), formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options in sections, as their groups are headed."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for one in self.get_params(ctx):  # type: ignore[attr-defined]
            record = one.get_help_record(ctx)
            if record is not None:
                fallback = "Arguments" if one.param_type_name == "argument" else "Options"
                sections.setdefault(getattr(one, "rich_help_panel", None) or fallback, []).append(record)
        for heading, records in sections.items():
            with formatter.section(_say(heading, ctx)):
                _write_list([(name, _say_option(text, ctx)) for name, text in records], formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples, each on a line of its own, to be pasted."""
        if self.epilog:
            with formatter.section(_say("Examples", ctx)):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.splitlines()))

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - as click calls it
        """Return the first sentence of the help, whole."""
        return _first_sentence(self.help)


def write_commands(group: "TyperGroup", ctx: Any, formatter: Any) -> None:
    """Write what each command of a group does, in a sentence."""
    names = [name for name in group.list_commands(ctx) if not getattr(group.commands[name], "hidden", False)]
    with formatter.section(_say("Commands", ctx)):
        _write_list([(name, _summarize(group.commands[name].help, ctx)) for name in names], formatter)


def _summarize(text: str | None, ctx: Any) -> str:
    """Return the first sentence of a help in the language that is spoken."""
    paragraph = " ".join((text or "").partition("\n\n")[0].split())
    said = _say(paragraph, ctx)
    return _first_sentence(text) if said == paragraph else said.partition("。")[0]


def _first_sentence(text: str | None) -> str:
    paragraph = " ".join((text or "").partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".")


def _say(text: str, ctx: Any) -> str:
    """Return a text in the language that is spoken."""
    if ctx.find_root().obj is not Language.JAPANESE:
        return text
    from trail_diff.cli.japanese.help import HELP

    return HELP.get(text, text)


def _say_option(text: str, ctx: Any) -> str:
    """Return what an option is for; its default and its range stand behind, in brackets."""
    told, bracket, rest = text.partition("  [")
    said = _say(told, ctx)
    if said != told:
        rest = rest.replace("default: ", "既定値: ").replace("required", "必須")
    return f"{said}{bracket}{rest}"


def _write_text(text: str, formatter: Any) -> None:
    if text.isascii():
        formatter.write_text(text)
        return
    from trail_diff.render.width import wrap

    indent = " " * formatter.current_indent
    formatter.write("".join(f"{indent}{line}\n" for line in wrap(text, formatter.width - len(indent))))


def _write_list(records: Sequence[tuple[str, str]], formatter: Any) -> None:
    """Write names and what they stand for in two columns; wide characters take two places of a terminal's line."""
    if all(text.isascii() for _, text in records):
        formatter.write_dl(records)
        return
    from trail_diff.render.width import wrap

    indent, names = " " * formatter.current_indent, [len(name) for name, _ in records if len(name) <= _WIDEST_NAME]
    first = max(names, default=_WIDEST_NAME) + 2
    for name, text in records:
        lines = wrap(text, max(formatter.width - len(indent) - first, _NARROWEST)) or [""]
        heads = [name, *[""] * (len(lines) - 1)]
        if len(name) > _WIDEST_NAME:
            formatter.write(f"{indent}{name}\n")
            heads[0] = ""
        formatter.write("".join(f"{indent}{head:<{first}}{line}\n" for head, line in zip(heads, lines, strict=True)))
