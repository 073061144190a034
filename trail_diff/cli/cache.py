"""The commands for the cache of event history."""

import typer

from trail_diff.cli import options
from trail_diff.cli.app import Group, app
from trail_diff.cli.language import spoken
from trail_diff.cli.wording import translate

HELP = "What is kept of event history on this machine, so that nothing is fetched twice."
cache = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
app.add_typer(cache, name="cache", help=HELP, cls=Group, epilog="trail-diff cache info")

MIB = 1 << 20
"""A mebibyte, in which sizes are shown."""


@cache.command()
def info(_lang: options.Spoken = None) -> None:
    """Show where fetched events are kept, and how much it is."""
    from trail_diff.aws.event_history.slices import cache_folder, cache_info

    held = cache_info(cache_folder())
    _tell(f"{held.folder}: {held.slices:,} slices, {held.size_bytes / MIB:.1f} MiB")


@cache.command()
def clear(_lang: options.Spoken = None) -> None:
    """Delete all fetched events that are kept."""
    from trail_diff.aws.event_history.slices import cache_folder, clear_cache

    held = clear_cache(cache_folder())
    _tell(f"{held.folder}: {held.slices:,} slices deleted, {held.size_bytes / MIB:.1f} MiB")


def _tell(told: str) -> None:
    typer.echo(translate(told, spoken(), "notes"))
