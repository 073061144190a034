"""The catalogues: each is complete, and says in its own language what the English one says."""

import inspect
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args, get_type_hints

import pytest
from msgspec import structs
from render.canonical import CANONICAL, CATALOGUES

from trail_diff.model import codes, learnt
from trail_diff.model.codes import CallerKind, Cause, Outcome
from trail_diff.model.reasons import Reason
from trail_diff.model.report import Reading, Report
from trail_diff.policy.remedies.remedy import PATCHLESS
from trail_diff.render import (
    FORMATS,
    labels_html_en,
    labels_html_ja,
    labels_triage_en,
    labels_triage_ja,
    render_report,
)
from trail_diff.render.catalogue import Catalogue, Grammar
from trail_diff.render.interface import Lang, RenderOptions
from trail_diff.render.layout import show_outcome
from trail_diff.render.phrases_en import ENGLISH
from trail_diff.render.phrases_ja import JAPANESE
from trail_diff.render.summary import summarize

WORDS: Mapping[str, set[str]] = {
    "reasons": set(Reason),
    "causes": set(Cause),
    "caller_kinds": set(CallerKind),
    "outcomes": set(get_args(Outcome)),
    "confidences": set(get_args(codes.Confidence)),
    "presences": set(get_args(codes.Presence)),
    "layers": set(get_args(codes.Layer)),
    "decisions": set(get_args(codes.Decided)),
    "matches": set(get_args(codes.Matched)),
    "readings": set(get_args(get_type_hints(Reading)["reading"])),
    "statuses": set(get_args(get_type_hints(Reading)["status"])),
    "job_kinds": set(get_args(get_type_hints(learnt.Job)["kind"])),
    "what_ifs": set(get_args(codes.WhatIfOutcome)),
    "helps": {"true", "false", "undetermined"},
}
JAPANESE_LETTERS = re.compile(r"[぀-ヿ一-鿿]")
SAME_IN_JAPANESE = {"labels.id", "attempts.via-aws-service", "attempts.if-exists-operator"}
"""Names, which are the same in every language."""


def phrases(words: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield every phrase of a catalogue with the name of its place."""
    for field in structs.fields(words):
        table = getattr(words, field.name)
        if not isinstance(table, Mapping):
            continue
        for name, phrase in table.items():
            for text in [phrase] if isinstance(phrase, str) else phrase:
                yield f"{field.name}.{name}", text


@pytest.mark.parametrize("lang", CATALOGUES)
@pytest.mark.parametrize("table", WORDS)
def test_every_word_of_the_model_has_a_phrase(lang: Lang, table: str) -> None:
    """No code reaches a reader without a phrase, and no phrase is left over."""
    assert set(getattr(CATALOGUES[lang], table)) == WORDS[table]


@pytest.mark.parametrize("lang", CATALOGUES)
def test_every_remedy_has_a_name_and_a_short_one(lang: Lang) -> None:
    """What can be proposed can be told in a sentence and in a list."""
    words = CATALOGUES[lang]

    assert set(words.remedies) == set(words.attempts)
    assert set(PATCHLESS) < set(words.remedies)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (ENGLISH, (labels_html_en.HTML_LABELS, labels_triage_en.TRIAGE_LABELS)),
        (JAPANESE, (labels_html_ja.HTML_LABELS, labels_triage_ja.TRIAGE_LABELS)),
    ],
    ids=["en", "ja"],
)
def test_no_label_hides_another(words: Catalogue, parts: Sequence[Mapping[str, str]]) -> None:
    """The labels of a page and of a triage are the ones that are shown, not others of the same name."""
    assert [name for part in parts for name in part if words.labels[name] != part[name]] == []


def test_catalogues_have_the_same_places() -> None:
    """Neither language lacks a phrase that the other one has."""
    assert dict(phrases(JAPANESE)).keys() == dict(phrases(ENGLISH)).keys()


def test_phrases_have_the_same_blanks() -> None:
    """A phrase is filled in with the same values in both languages."""
    blanks = {
        lang: {
            place: {name for _, name, _, _ in string.Formatter().parse(text) if name} for place, text in phrases(words)
        }
        for lang, words in CATALOGUES.items()
        for words in [structs.replace(words, reasons={}, causes={})]
    }
    blanks["ja"]["labels.all_allowed"] -= {"count"}  # as Japanese says how many calls "all" are

    assert blanks["ja"] == blanks["en"]


def test_japanese_is_japanese() -> None:
    """Every phrase but a name is written in Japanese, without a full stop, and with spaces around half-width words."""
    worded = ((place, text) for place, text in phrases(JAPANESE) if re.sub(r"{\w+}|[:、。 ]", "", text))
    left = {place: text for place, text in worded if place not in SAME_IN_JAPANESE}

    assert not {place: text for place, text in left.items() if not JAPANESE_LETTERS.search(text)}
    assert not {place: text for place, text in left.items() if text == dict(phrases(ENGLISH))[place]}
    assert not {place: text for place, text in left.items() if text.endswith(("。", "."))}
    glued = re.compile(r"[ぁ-ゟァ-ヿ一-鿿][A-Za-z0-9]|[A-Za-z0-9][ぁ-ゟァ-ヿ一-鿿]")
    assert not {place: text for place, text in left.items() if glued.search(text)}


def test_grammars_say_the_same_sentences() -> None:
    """Each grammar has every sentence, and gives none of them in English."""
    names = {name for name in vars(Grammar) if name.startswith(("say_", "join_", "number"))}
    same = inspect.getmembers(JAPANESE.grammar, inspect.ismethod)

    assert {name for name, _ in same} == names
    for words in CATALOGUES.values():
        assert words.grammar.join_names(["a", "b", "c"]) != words.join_clauses(["a", "b", "c"])


@pytest.mark.parametrize("lang", CATALOGUES)
@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("kind", ["backup", "window"])
def test_every_verdict_is_a_sentence_of_its_language(lang: Lang, outcome: Outcome, kind: str) -> None:
    """Whatever the outcome, job or span of time, the verdict is told in the language that was asked for."""
    verdict = structs.replace(CANONICAL.verdict, outcome=outcome, cause=None)
    failed = structs.replace(CANONICAL.failed, kind=kind)
    told = summarize(structs.replace(CANONICAL, verdict=verdict, failed=failed), CATALOGUES[lang])

    assert told
    assert bool(JAPANESE_LETTERS.search(told)) == (lang == "ja")


@pytest.mark.parametrize(
    ("change", "english", "japanese"),
    [
        ({}, "kms:Decrypt by backup-storage", "backup-storage.amazonaws.com (AWSService) による kms:Decrypt は、"),
        ({"callers": ()}, "denies the call", "明示的な拒否"),
    ],
    ids=["callers", "no callers"],
)
def test_summary_follows_the_language(change: dict[str, tuple[()]], english: str, japanese: str) -> None:
    """The sentence names the same callers in either language."""
    report: Report = structs.replace(CANONICAL, **change)

    assert english in summarize(report, ENGLISH)
    assert japanese in summarize(report, JAPANESE)


def test_estimate_is_not_called_an_identified_cause() -> None:
    """Japanese has a word of its own for a cause that is not confirmed; English says it by the confidence alone."""
    likely = structs.replace(CANONICAL.verdict, confidence="likely")

    assert [show_outcome(one, JAPANESE) for one in (CANONICAL.verdict, likely)] == [
        "原因特定 (確定)",
        "原因の推定 (可能性が高い)",
    ]
    assert show_outcome(likely, ENGLISH) == "explained (likely)"


@pytest.mark.parametrize(
    ("clause", "japanese"),
    [
        ("aws:PrincipalArn is arn:1 or arn:2", "aws:PrincipalArn が arn:1 または arn:2 の"),
        ("aws:SourceIp is not 10.0.0.0/8", "aws:SourceIp が 10.0.0.0/8 以外の"),
        ("kms:ViaService is absent", "kms:ViaService が ない"),
        ("something else", "something else"),
    ],
)
def test_what_would_clear_a_finding_is_told_in_japanese(clause: str, japanese: str) -> None:
    """The evaluator says for which value a condition would not hold, in English; the value stays as it is."""
    assert JAPANESE.grammar.say_value(clause) == japanese


@pytest.mark.parametrize(("count", "told"), [(2, "2 つの呼び出し元"), (12, "12 件の呼び出し元")])
def test_japanese_counters_fit_the_number(count: int, told: str) -> None:
    """What is counted with つ up to nine is counted with 件 from ten on."""
    assert JAPANESE.count("callers", count) == told


def test_not_kms_quotes_the_message() -> None:
    """Where KMS is not the cause, the job's own message is quoted, or said not to be there."""
    verdict = structs.replace(CANONICAL.verdict, cause=Cause.NOT_KMS)
    report = structs.replace(CANONICAL, verdict=verdict)
    silent = structs.replace(report, failed=structs.replace(report.failed, message=None))

    assert f"「{CANONICAL.failed.message}」" in summarize(report, JAPANESE)
    assert "no message of its own" in summarize(silent, ENGLISH)
    assert "メッセージはありません" in summarize(silent, JAPANESE)


def test_many_callers_are_counted() -> None:
    """Of more than four callers three are told of, and the others counted."""
    one = CANONICAL.callers[1]
    many = tuple(structs.replace(one, caller=structs.replace(one.caller, name=f"c{number}")) for number in range(6))
    findings = tuple(structs.replace(CANONICAL.findings[0], caller=group.caller, action=group.action) for group in many)
    report = structs.replace(CANONICAL, callers=many, findings=findings)

    assert summarize(report, ENGLISH).endswith("; 3 more differ")
    assert summarize(report, JAPANESE).endswith("。ほかに 3 件の差異があります")


def test_machine_forms_differ_in_the_verdict_only() -> None:
    """JSON has the same codes in each language, and the sentence of the verdict in the one asked for; CSV is the same."""
    english, japanese = (
        {name: render_report(CANONICAL, name, RenderOptions(lang=lang)) for name in FORMATS} for lang in ("en", "ja")
    )

    assert english["csv"] == japanese["csv"]
    differing = [
        line
        for line, other in zip(english["json"].splitlines(), japanese["json"].splitlines(), strict=True)
        if line != other
    ]
    assert [line.split(":")[0].strip() for line in differing] == ['"summary"']
