"""Checks whether this machine, these credentials and these permissions are enough."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from trail_diff.cli import options
from trail_diff.cli.app import ExitStatus, command
from trail_diff.cli.cache import MIB
from trail_diff.cli.language import Language
from trail_diff.cli.options import View
from trail_diff.cli.output import render_options, write_output
from trail_diff.cli.wording import translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from trail_diff.aws.doctor import Access, Checkup
    from trail_diff.render.page import Page


_ATTEMPTS = 2
"""How often a call is made before it counts as unanswered: a checkup has to be quick."""


_STATUSES = ("refused", "open", "allowed")
_NAMES = ("version", "libraries", "missing", "optional", "cache", "profile", "account", "problem", *_STATUSES)
"""What the lines are called."""


class Form(StrEnum):
    """The forms the checkup can take."""

    TEXT = "text"
    JSON = "json"


@command(
    examples=("trail-diff doctor --offline", "trail-diff doctor --profile prod --region eu-west-1 --key alias/orders")
)
def doctor(
    profile: options.Profiles = None,
    region: Annotated[
        list[str] | None, typer.Option("--region", metavar="REGION", help="Try it in this Region. Repeatable.")
    ] = None,
    endpoint_url: options.EndpointUrl = None,
    key: Annotated[str | None, typer.Option(metavar="ARN", help="Try the calls that concern this key as well.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Make no call to AWS.")] = False,
    form: Annotated[Form, typer.Option("--format", help="The form of the result.")] = Form.TEXT,
    output: options.Output = None,
    lang: options.Lang = None,
    no_pager: options.NoPager = False,
) -> None:
    """Show versions, the cache, the credentials seen and the permissions missing; exit 1 if something is missing.

    Each call that trail-diff makes to AWS is tried, with parameters that change nothing. No secret is shown.
    """
    from trail_diff.aws.doctor import check_up
    from trail_diff.aws.event_history.slices import cache_folder, cache_info

    accesses = [] if offline else list(_accesses(profile, region, endpoint_url, key))
    checkup = check_up(accesses, cache_info(cache_folder()))
    text = _as_json(checkup) if form is Form.JSON else _as_text(checkup, lang)
    write_output(text, View(output=output, no_pager=no_pager))
    if not checkup.is_fine:
        raise typer.Exit(ExitStatus.DIFFERENCE)


def _accesses(
    profiles: list[str] | None, regions: list[str] | None, endpoint_url: str | None, key: str | None
) -> "Iterator[Access]":
    """Try each profile in each Region; without any, what the AWS CLI would use."""
    from trail_diff.aws.client import Aws
    from trail_diff.aws.doctor import Access, check_access, say
    from trail_diff.errors import AwsError

    chosen: Sequence[str | None] = profiles or (None,)
    places: Sequence[str | None] = regions or (None,)
    for profile in chosen:
        for region in places:
            try:
                aws = Aws(profile, region, endpoint_url, attempts=_ATTEMPTS)
            except AwsError as error:
                yield Access(profile, region, problem=say(error))
            else:
                yield check_access(aws, key)


def _as_json(checkup: "Checkup") -> str:
    import json

    import msgspec

    document = msgspec.to_builtins(checkup, enc_hook=str)
    return json.dumps({**document, "is_fine": checkup.is_fine}, indent=2) + "\n"


def _as_text(checkup: "Checkup", lang: Language | None) -> str:
    from trail_diff.render.interface import RenderOptions
    from trail_diff.render.page import Page

    shown = render_options(View(lang=lang))
    say = partial(translate, language=Language(shown.lang), about="checkup")
    sheet = _Sheet(Page(RenderOptions(width=shown.width)), say)
    sheet.add("version", f"trail-diff {checkup.version}, Python {checkup.python}")
    there = [f"{library.name} {library.version}" for library in checkup.libraries if library.version]
    sheet.add("libraries", ", ".join(there))
    for library in checkup.libraries:
        if library.version is None:
            sheet.add("missing" if library.is_needed else "optional", f"{library.name}: {say(library.hint or '')}")
    cache = checkup.cache
    sheet.add("cache", say(f"{cache.folder}: {cache.slices:,} slices, {cache.size_bytes / MIB:.1f} MiB"))
    for access in checkup.accesses:
        sheet.page.gap()
        _show_access(sheet, access)
    sheet.page.gap()
    sheet.page.wrap(say("nothing is missing" if checkup.is_fine else "something is missing"))
    return sheet.page.text()


class _Sheet:
    """A page whose lines have names, in a language."""

    def __init__(self, page: "Page", say: Callable[[str], str]) -> None:
        from trail_diff.render.width import width_of

        self.page, self.say = page, say
        self._indent = max(width_of(say(name)) for name in _NAMES) + 2

    def add(self, name: str, text: str) -> None:
        """Add a line."""
        self.page.pair(self.say(name), text, self._indent)


def _show_access(sheet: _Sheet, access: "Access") -> None:
    say = sheet.say
    sheet.add("profile", f"{access.profile or say('default')}, {access.region or say('no Region')}")
    if access.account is not None:
        sheet.add("account", say(f"{access.account}, as {access.arn}, by {access.method}"))
    if access.problem is not None:
        sheet.add("problem", say(access.problem))
    for status in _STATUSES:
        found = [one for one in access.permissions if one.status == status]
        for message in dict.fromkeys(one.message for one in found):
            actions = ", ".join(one.action for one in found if one.message == message)
            sheet.add(status, f"{actions}: {say(message)}" if message else actions)
