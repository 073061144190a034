"""Fills the templates. Every value is escaped on its way in; the page may load nothing and run only its own script."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trail_diff.render import escape
from trail_diff.render.catalogue import Catalogue

_TEMPLATES = "templates"


def fill_page(template: str, title: str, lang: str, words: Catalogue, values: Mapping[str, object]) -> str:
    """Fill a template of the package; in it `t(name)` is a label and `words` the catalogue.

    Style and script are in the page itself; its Content-Security-Policy allows these two by their hashes and nothing
    else.
    """
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .get_template(template)
        .render(
            values,
            title=title,
            lang=lang,
            words=words,
            t=_labels(words),
            comma=words.comma,
            style=Markup(style),  # noqa: S704 - shipped with the package
            script=Markup(script),  # noqa: S704 - shipped with the package
            policy=content_security_policy(style, script),
        )
        + "\n"
    )


def content_security_policy(style: str, script: str) -> str:
    """Forbid everything but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _labels(words: Catalogue) -> Callable[..., str]:
    def label(name: str, **values: object) -> str:
        return words.labels[name].format(**values) if values else words.labels[name]

    return label


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("trail_diff.render", _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _show(value: object) -> Markup:
    """Escape a value unless it is our own markup."""
    return value if isinstance(value, Markup) else Markup(escape.html(str(value)))  # noqa: S704


@cache
def _asset(name: str) -> str:
    return (files("trail_diff.render") / _TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
