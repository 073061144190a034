"""Every incident gets its answer: the cause, the statement, the remedy, or an honest inconclusive."""

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from doubles import double, mix, passed_on, without_contexts, without_parameters
from incidents import CASES, FOLDER, diagnose, run_in, shipped
from scenes.additions import ADDITIONS
from scenes.stage import BAD, ROLE, Scene

SHIPPED = shipped()
BESIDE, PARTS = ("other-keys", "harmless-changes"), ("outcome", "cause", "confidence")


@pytest.mark.parametrize("name", CASES)
def test_made_incident_gets_its_answer(name: str, tmp_path: Path) -> None:
    """The verdict, the finding it rests on, the remedies and what is left open are as the incident demands."""
    report = diagnose(name, tmp_path)

    assert CASES[name].faults(report) == []


@pytest.mark.parametrize("addition", ADDITIONS)
def test_more_evidence_brings_no_refuted_cause_back(addition: str, tmp_path: Path) -> None:
    """What was ruled out is not blamed once more is known, and what goes on beside changes no verdict.

    Each addition has incidents of its own.
    """
    places, names = list(ADDITIONS), list(CASES)
    for name in names[places.index(addition) :: 4 * len(places)]:
        known, more = tmp_path / name, tmp_path / f"{name}-more"
        known.mkdir()
        more.mkdir()

        before, after = diagnose(name, known), diagnose(name, more, ADDITIONS[addition])

        refuted = {blamed(one) for one in before["ruled_out"]}
        leading = after["findings"][:1] if after["verdict"]["cause"] else []
        assert not refuted & {blamed(one) for one in leading}, name
        if addition in BESIDE:
            assert [after["verdict"][part] for part in PARTS] == [before["verdict"][part] for part in PARTS], name


def test_key_that_a_neighbour_goes_on_using_is_not_the_vaults(tmp_path: Path) -> None:
    """Of two keys that the storage service used at once, the vault's is the one that a neighbour's job does not use."""
    report = diagnose("two-vaults-and-their-jobs", tmp_path)

    assert report["failed"]["key"] == report["succeeded"]["key"] == Scene().key == report["findings"][0]["key"]
    assert report["coverage"]["warnings"] == []


def blamed(one: Any) -> tuple[str, int | None]:
    """Return the cause, and the statement, that a finding or a ruling is about."""
    return one["cause"], one["statement"]["index"] if one["statement"] else None


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_incident_gets_its_answer(name: str) -> None:
    """Whole exports, in the forms people have them in, get the expected verdict, caller, statement and baseline."""
    expected = SHIPPED[name]["expect"]

    report = run_in(FOLDER / name, SHIPPED[name]["argv"])

    verdict = report["verdict"]
    assert fits(expected.get("outcome"), verdict["outcome"])
    assert fits(expected.get("cause"), verdict["cause"])
    assert fits(expected.get("confidence"), verdict["confidence"])
    findings = [finding for finding in report["findings"] if finding["cause"] == verdict["cause"]]
    for name_of, got in (
        ("statement_index", [(f["statement"] or {}).get("index") for f in findings]),
        ("layer", [f["layer"] for f in findings]),
    ):
        assert expected.get(name_of) is None or expected[name_of] in got
    assert same_id(expected.get("baseline_job_id"), (report["succeeded"] or {}).get("id"))
    helping = {remedy["id"] for remedy in report["remedies"] if remedy["helps"] is True}
    assert expected.get("remedy_helps_any") is not True or helping
    assert not helping & set(expected.get("remedy_not_help") or [])
    assert not expected.get("warnings_any") or set(expected["warnings_any"]) & set(report["coverage"]["warnings"])


@pytest.mark.parametrize("form", ["lines", "list"])
def test_times_of_another_zone_are_covered_as_well(form: str, tmp_path: Path) -> None:
    """Records whose times have an offset, as some log stores write them, tell the same hours as those of UTC."""
    scene = make_scene("invalid-state-disabled")
    records = scene.finish().sorted()
    for record in records:
        moment = datetime.fromisoformat(record["eventTime"]).astimezone(timezone(timedelta(hours=9)))
        record["eventTime"] = moment.isoformat()
    write_scene(scene, tmp_path, mix(records) if form == "lines" else json.dumps({"Records": records}).encode())

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export"])

    assert CASES["invalid-state-disabled"].faults(report) == []
    assert report["coverage"]["warnings"] == []


@pytest.mark.parametrize("where", ["region", "account"])
@pytest.mark.parametrize("name", ["unnamed-layer", "principal-tag", "other-endpoint", "throttled", "role-without-path"])
def test_incident_elsewhere_changes_no_answer(name: str, where: str, tmp_path: Path) -> None:
    """The same role name is refused in another Region or account at the same time: that is no call of the job."""
    scene = make_scene(name)
    records = scene.finish().sorted()
    write_scene(scene, tmp_path, mix(records, double(records, where)))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    assert CASES[name].faults(report) == []
    assert report["findings"][0]["key"] in (None, scene.key)


@pytest.mark.parametrize("refused", ["unnamed-layer", "restore-refused", "two-layers", "completed-with-denials"])
@pytest.mark.parametrize(
    "name",
    ["allow-gone", "until-date", "from-date", "not-kms", "unnamed-layer", "second-deny", "invalid-state-disabled"],
)
def test_refusal_of_another_job_is_never_a_certain_answer(name: str, refused: str, tmp_path: Path) -> None:
    """Another job of the role was refused on its own key, without a context: at most it is possibly this job's cause."""
    scene = make_scene(name)
    there = double(make_scene(refused).finish().sorted(), "beside")
    write_scene(scene, tmp_path, mix(scene.finish().sorted(), there))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    own = [one for one in report["findings"] if one["key"] in (None, scene.key)]
    others = [one for one in report["findings"] if one not in own]
    assert all(one["confidence"] == "possible" for one in others)
    assert CASES[name].cause is None or CASES[name].cause in {one["cause"] for one in own}
    assert not own or not others or own[0]["confidence"] == "possible" or report["findings"][0] == own[0]


@pytest.mark.parametrize("name", ["until-date", "from-date", "unnamed-layer", "not-kms"])
def test_key_of_another_vault_is_never_a_certain_answer(name: str, tmp_path: Path) -> None:
    """Without contexts nobody can say which vault a call of the storage service is about, if two failed."""
    scene = make_scene(name)
    there = double(make_scene("second-deny").finish().sorted(), "beside")
    write_scene(scene, tmp_path, mix(*map(without_contexts, (scene.finish().sorted(), there))))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    others = [one for one in report["findings"] if one["key"] not in (None, scene.key)]
    assert all(one["confidence"] == "possible" for one in others)


@pytest.mark.parametrize("other", ["failed-before-repair", "completed-with-denials", "bystander-meets-disabled-key"])
@pytest.mark.parametrize("name", ["create-grant", "failed-before-repair", "second-deny", "lost-allow"])
def test_calls_for_a_vault_whose_job_succeeded_change_no_answer(name: str, other: str, tmp_path: Path) -> None:
    """Without request parameters, what the storage service did for another vault's job is not taken for this job's."""
    scene = make_scene(name)
    there = double(make_scene(other).finish().sorted(), "beside")
    write_scene(scene, tmp_path, mix(*map(without_parameters, (scene.finish().sorted(), there))))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    own = [one for one in report["findings"] if one["key"] in (None, scene.key)]
    assert CASES[name].cause in {one["cause"] for one in own}
    assert all(one["confidence"] == "possible" for one in report["findings"] if one not in own)


@pytest.mark.parametrize(
    ("name", "other"),
    [("throttled-to-death", "second-night-write-only"), ("unnamed-layer-alone", "used-until-disabled")],
)
def test_calls_of_another_job_clear_no_suspect(name: str, other: str, tmp_path: Path) -> None:
    """A call that may be another job's is no proof that this one survived, and takes no suspect out of the list."""
    scene = make_scene(name)
    there = double(make_scene(other).finish().sorted(), "beside")
    write_scene(scene, tmp_path, mix(scene.finish().sorted(), there))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    assert CASES[name].cause in {one["cause"] for one in report["findings"]}
    others = [one for one in report["findings"] if one["key"] not in (None, scene.key)]
    assert all(one["confidence"] == "possible" for one in others)


def test_night_on_which_a_vault_was_alone_tells_its_key(tmp_path: Path) -> None:
    """Two vaults failed, and no context names one; the night before, only a job on this one ran."""
    scene = make_scene("second-deny")
    there = double(make_scene("second-deny").finish().sorted(), "beside")
    scene.storage("2026-02-28")
    night, role = ("2026-02-28T18:05:00Z", "2026-02-28T18:15:00Z"), scene.made.role_arn(ROLE)
    scene.made.backup_job("alone", *night, "COMPLETED", vault=scene.vault, resource=scene.resource_arn, role=role)
    write_scene(scene, tmp_path, mix(*map(without_contexts, (scene.finish().sorted(), there))))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export"])

    assert CASES["second-deny"].faults(report) == []
    assert report["findings"][0]["key"] == scene.key
    assert report["findings"][0]["confidence"] == "confirmed"


@pytest.mark.parametrize("name", ["identity-deny", "boundary", "throttled", "throttled-to-death", "wrong-context"])
def test_job_with_the_same_trouble_changes_no_cause(name: str, tmp_path: Path) -> None:
    """Two jobs of a role on one key, each refused once: whichever call is whose, the cause is the same."""
    scene = make_scene(name)
    records = scene.finish().sorted()
    write_scene(scene, tmp_path, mix(records, double(records, "on-the-key")))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    assert CASES[name].faults(report) == []


@pytest.mark.parametrize("place", ["beside", "instead"])
@pytest.mark.parametrize(
    "name", ["identity-deny", "refused-at-first", "policy-named", "stated-state", "create-grant", "rcp"]
)
def test_service_may_pass_on_what_kms_answered(name: str, place: str, tmp_path: Path) -> None:
    """A record of another service repeats KMS's answer: it changes no verdict, and stands in for KMS's own record."""
    scene = make_scene(name)
    records = scene.finish().sorted()
    others, told = passed_on(records)
    write_scene(scene, tmp_path, mix(records if place == "beside" else others, told))

    report = run_in(tmp_path, ["--job-id", BAD, "--events", "export", *scene.options])

    is_certain = name == "refused-at-first" or (place == "beside" and name != "create-grant")
    assert report["verdict"]["cause"] == CASES[name].cause
    assert report["verdict"]["confidence"] == ("confirmed" if is_certain else "likely")


def make_scene(name: str) -> Scene:
    """Return the scene of an incident."""
    scene = Scene()
    CASES[name].make(scene)
    return scene


def write_scene(scene: Scene, folder: Path, export: bytes) -> None:
    """Write an export, and the files that go with a scene."""
    (folder / "export").write_bytes(export)
    for file, content in scene.files.items():
        (folder / file).write_text(content, encoding="utf-8")


def fits(wanted: Any, got: Any) -> bool:
    """Check whether a value is what was wanted; None is not checked, a list means one of these."""
    return wanted is None or (got in wanted if isinstance(wanted, list) else got == wanted)


def same_id(wanted: str | None, got: str | None) -> bool:
    """Check whether two job ids are the same."""
    return wanted is None or wanted.lower() == (got or "").lower()


def test_exports_hold_no_real_account() -> None:
    """Fixtures speak of made-up accounts only."""
    known = {"111122223333", "123456789012", "444455556666"}
    text = "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in FOLDER.rglob("*.json") if path.is_file()
    )

    assert set(re.findall(r"arn:aws:iam::(\d{12}):", text)) <= known
