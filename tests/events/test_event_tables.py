"""Runs the tables of decided cases on single events and jobs: contexts, vaults, names of keys, refusals, changes."""

from pathlib import Path

import pytest
from msgspec import structs
from recording import Recording
from tables import KEYS, Entry, build_event, build_job, case_id, read_table

from trail_diff.events.changes import select_changes
from trail_diff.events.denials import read_denial
from trail_diff.events.encryption_context import read_context, vaults_of
from trail_diff.events.key_names import key_names, resolve_key
from trail_diff.events.normalize import normalize_record
from trail_diff.events.vaults import with_vault_keys
from trail_diff.model.learnt import Denial, Event

CASES = Path(__file__).parent / "cases"
MADE = Recording()


@pytest.mark.parametrize("case", read_table(CASES / "contexts.json"), ids=case_id)
def test_context_says_of_a_job_what_the_table_says(case: Entry) -> None:
    """An encryption context names the job's vault, its resource, something else, or nothing, as stated."""
    vaults = vaults_of(build_job(other) for other in case.get("others", []))

    assert read_context(case["context"], build_job(case.get("job")), vaults).value == case["says"]


@pytest.mark.parametrize("case", read_table(CASES / "vaults.json"), ids=case_id)
def test_jobs_get_the_keys_that_the_table_says(case: Entry) -> None:
    """The jobs have the stated key and keys once the answers about vaults and recovery points are taken in."""
    jobs = with_vault_keys([build_job(job) for job in case["jobs"]], case["documents"])

    assert [[job.key, list(job.keys)] for job in jobs] == case["keys"]


@pytest.mark.parametrize("case", read_table(CASES / "key_names.json"), ids=case_id)
def test_key_is_resolved_as_the_table_says(case: Entry) -> None:
    """What a key is called becomes its ARN by a call that names both, or stays as it is."""
    assert resolve_key(case["text"], key_names(map(build_event, case["calls"]))) == case["key"]


@pytest.mark.parametrize("case", read_table(CASES / "denials.json"), ids=case_id)
def test_refusal_states_what_the_table_says(case: Entry) -> None:
    """A message states the effect, the layer, the action and the policy as listed, or is no refusal."""
    denial = read_denial(case["message"], case["code"])

    assert (denial and list(structs.astuple(denial))) == case["denial"]


@pytest.mark.parametrize("case", read_table(CASES / "passed_on.json"), ids=case_id)
def test_record_of_another_service_tells_of_kms_what_the_table_says(case: Entry) -> None:
    """Action, key and code of the call that failed, who made it, and what refused it, or nothing, are as listed."""
    told = {"errorCode": case["code"], "errorMessage": case["message"], "requestParameters": case.get("request")}
    record = MADE.add("2026-03-02T18:10:00Z", case["source"], "Call", MADE.role("app", "s"), **told)

    event = normalize_record(record, "")

    assert isinstance(event, Event)
    denial = event.denial or Denial(None, None)
    ended = [event.error_code, event.caller.name, denial.effect, denial.layer]
    says = [[*structs.astuple(access), *ended] for access in event.accesses]
    assert says == ([case["says"]] if case["says"] else [])
    assert not says or (event.caller.invoked_by, event.request_parameters) == (case["source"], {})


@pytest.mark.parametrize("case", read_table(CASES / "changes.json"), ids=case_id)
def test_change_belongs_to_a_case_as_the_table_says(case: Entry) -> None:
    """An event is a change of the case's key, vaults, roles or trails, or is none, as stated."""
    event = build_event(case["call"])

    calls = [build_event(call) for call in case.get("calls", [])]

    assert bool(select_changes([event], [KEYS["key"]], [build_job(case.get("job"))], calls)) is case["selected"]
