"""Japanese pages have full-width punctuation; a terminal, where widths matter, and other languages keep the half-width."""

import re
from functools import cache

import pytest
from msgspec import structs
from render.canonical import CANONICAL
from render.hostile import make_hostile

from trail_diff.model.codes import Cause
from trail_diff.model.learnt import Coverage
from trail_diff.model.lists import CallerUse, JobRow
from trail_diff.model.what_if import WhatIfRow
from trail_diff.render import render_list, render_report
from trail_diff.render.full_width import widen_text
from trail_diff.render.interface import RenderOptions
from trail_diff.render.lists import CALLERS, JOBS, WHAT_IF
from trail_diff.render.phrases import catalogue, page_catalogue
from trail_diff.render.triage import render_triage
from trail_diff.triaging.group import group_reports

JAPANESE = RenderOptions(lang="ja")
_WIDE = "[、。「」（）：\u3040-\u30ff\u4e00-\u9fff]"
HALF_WIDTH = re.compile(rf"{_WIDE} *[:;,.!?()](?![\w:(])|[:;,.()] *{_WIDE}|[:;,]$", re.MULTILINE)


def text_of(page: str) -> str:
    """Return what a page shows, without its code."""
    shown = re.sub(r"<(style|script|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", "", shown)


@cache
def pages() -> dict[str, str]:
    """Return a page of each kind in Japanese."""
    use = CallerUse(CANONICAL.callers[0].caller, "kms:Decrypt", "alias/backup", 3, 1, error_codes={"AccessDenied": 1})
    call = WhatIfRow(
        use.caller, use.action, use.key, 1, 1, "undetermined", "undetermined", unknown_keys=("kms:ViaService",)
    )
    triage = group_reports([CANONICAL], 2, Coverage())
    job = CANONICAL.failed
    return {
        "report": render_report(CANONICAL, "html", JAPANESE),
        "every remedy": render_report(make_hostile("orders"), "html", JAPANESE),
        "jobs": render_list(JOBS, [JobRow(job, job)], Coverage(), "html", JAPANESE),
        "callers": render_list(CALLERS, [use], Coverage(), "html", JAPANESE),
        "what-if": render_list(WHAT_IF, [call], Coverage(), "html", JAPANESE),
        "triage": render_triage(triage, {(job.id, job.account, job.region): CANONICAL}, "html", JAPANESE),
    }


@pytest.mark.parametrize("name", pages())
def test_japanese_page_has_full_width_punctuation(name: str) -> None:
    """No half-width colon, bracket or comma stands beside a Japanese letter."""
    text = text_of(pages()[name])

    assert HALF_WIDTH.findall(text) == []
    assert name == "jobs" or re.search("[（：]", text)


@pytest.mark.parametrize("output_format", ["table", "markdown"])
def test_terminal_and_ticket_keep_half_width(output_format: str) -> None:
    """Only a page has full-width brackets and colons."""
    shown = render_report(CANONICAL, output_format, RenderOptions(lang="ja", verbose=True))

    assert not re.search("[：（）]", shown)
    assert "原因特定 (確定)" in shown


def test_only_phrases_are_widened() -> None:
    """Names, messages and identifiers of a log stay as they are."""
    caller = structs.replace(CANONICAL.callers[0].caller, name="name: (one)")
    use = CallerUse(caller, "kms:Decrypt", "alias/backup", 1, 1, error_codes={"code: (x)": 1})

    page = render_list(CALLERS, [use], Coverage(), "html", JAPANESE)

    assert "name: (one)" in page
    assert "code: (x)" in page


@pytest.mark.parametrize(
    ("phrase", "wide"),
    [
        ("{statement}: {effect}", "{statement}：{effect}"),
        ("よくある誤り (効果なし)", "よくある誤り（効果なし）"),
        ("アーカイブです (7z、rar)。展開", "アーカイブです（7z、rar）。展開"),
        ("サービスコントロールポリシー (SCP) により", "サービスコントロールポリシー（SCP）により"),
        ("{place} に追加:", "{place} に追加："),
        ("時間 (時:分:秒)", "時間（時：分：秒）"),
        ("aws:PrincipalArn がある", "aws:PrincipalArn がある"),
        ('プリンシパル {"AWS": "*"} に', 'プリンシパル {"AWS": "*"} に'),
    ],
)
def test_phrase_is_widened(phrase: str, wide: str) -> None:
    """A colon that joins and brackets become full-width and lose their spaces; condition keys and JSON do not change."""
    assert widen_text(phrase) == wide


def test_other_languages_have_one_catalogue() -> None:
    """English has the same phrases on a page as on a terminal."""
    assert page_catalogue("en") is catalogue("en")
    assert (
        page_catalogue("ja").causes[Cause.SCP_DENY]
        == "サービスコントロールポリシー（SCP）により呼び出しが拒否されています"
    )
