"""Which keys a job uses, each with its part and where that was learnt. What nothing tells stays unknown.

A fully managed resource has two keys: the role reads the resource by the one, AWS Backup's storage service writes the
recovery point by the other, the vault's. So calls on the resource's key tell nothing of the vault's.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from trail_diff.arns import arn_region, arn_service, last_name
from trail_diff.case.correlate import is_job_role
from trail_diff.case.event_index import EventIndex
from trail_diff.events.encryption_context import ContextVerdict, contexts_of, names_vault, read_context, speaks_of
from trail_diff.events.jobs import is_succeeded
from trail_diff.events.relayed import find_key
from trail_diff.events.vaults import is_vault_key_read, is_vault_key_used, resource_type_of
from trail_diff.model.codes import CallerKind, KeyRole
from trail_diff.model.learnt import Event, Job, JobKey, Window

_MOST_ALONE = 8
_ROLES: Sequence[KeyRole] = ("vault", "source-vault", "resource")
_Alike = tuple[Event, int]
"""A call, and how many are like it."""
_ByVerdict = Mapping[ContextVerdict, Sequence[_Alike]]


def learn_keys(job: Job, window: Window, events: EventIndex, jobs: Sequence[Job] = ()) -> tuple[JobKey, ...]:
    """Return the keys of a job by their parts, of each part the surest origin first.

    Origins are, in this order: its descriptor; the creation of its vault; calls in its window whose context names its
    vault or resource; calls whose context names nothing, of the storage service (the vault's key) or, where nothing is
    known otherwise, of the job's role (the resource's), which on a busy account can be a neighbour's; other jobs on the
    vault, which may be older than the vault's present key. Of several keys that the storage service used, that one
    counts which it used while a job on the vault ran with none on another. Where calls at other times name the vault,
    so do the job's own, and one that names nothing is a neighbour's (AWS Backup guide, "Encryption for backups").
    """
    inside = events.count_alike(events.concerning(job, window))
    by_verdict = _by_verdict(job, inside)
    found = [*_described(job), *_created(job, events.changes), *_named(job, inside, by_verdict)]
    spoken = {role for role, vault in _vaults(job) if events.is_spoken_of(vault)}
    alone = _UsedAlone(events, jobs)
    found += [*_unnamed(job, by_verdict, found, spoken, alone), *_of_other_jobs(job, events, jobs)]
    first = {(one.role, one.key): one for one in reversed(found)}
    return tuple(sorted(first.values(), key=lambda one: (_ROLES.index(one.role), found.index(one))))


def learn_from_baseline(
    failed: Job, baseline: Job, asked: Sequence[str] = (), beside: Collection[str] = ()
) -> tuple[JobKey, ...]:
    """Return the keys that the failed job shares with its baseline, and that nothing else tells: a vault has one key.

    Where several may be that, the one that is asked about counts, else one that was not used `beside` the failed job.
    It fails where the vault was made anew between the two, which no record shows.
    """
    shared: list[KeyRole] = ["vault"] if failed.vault and names_vault(baseline.vault or "", failed.vault) else []
    shared += ["resource"] if failed.resource and failed.resource == baseline.resource else []
    lent = [(role, _choose(baseline, role, asked, beside)) for role in shared if failed.key_of(role) is None]
    return tuple(JobKey(role, key, "baseline") for role, key in lent if key)


def _choose(job: Job, role: KeyRole, asked: Sequence[str], beside: Collection[str]) -> str | None:
    """Return the key of a part: of those that are told as surely as the first, one that is asked about."""
    told = [one for one in job.key_roles if one.role == role]
    alike = [one.key for one in told if one.origin == told[0].origin]
    alike.sort(key=lambda key: key in beside)
    return next((key for key in asked if key in alike), next(iter(alike), None))


def used_beside(job: Job, window: Window, events: EventIndex, jobs: Sequence[Job]) -> Collection[str]:
    """Return the keys that the storage service used while a job on another vault of the place succeeded.

    One of them is that vault's, so another that the service used for both vaults before is the job's.
    """
    if job.vault is None or not _UsedAlone(events, jobs).has_succeeded_beside(job):
        return ()
    silent = _by_verdict(job, events.count_alike(events.concerning(job, window)))[ContextVerdict.SILENT]
    return _by_use(one for one in silent if _is_storage_service(one[0]))


def learn_from_option(job: Job, asked: Sequence[str], baseline: Job | None = None) -> tuple[JobKey, ...]:
    """Return the key asked about as that of the part that is concerned, where nothing tells that part's key.

    What the job's role used tells little: it serves other jobs as well. A key that is known to play another part is
    none: that somebody asks about it makes it no vault's key.
    """
    role = next(iter(_concerned_roles(job, baseline)))
    told = [one for one in job.key_roles if one.origin != "job-role"]
    if not asked or any(one.role == role or one.key == asked[0] for one in told):
        return ()
    return (JobKey(role, asked[0], "option"),)


def concerned_key(job: Job, asked: Sequence[str] = (), baseline: Job | None = None) -> str | None:
    """Return the key that the diagnosis is about: the one that encrypts what the job makes or reads.

    `asked` never overrides what a descriptor or a record gives the job, or what its message names as the key that could
    not be used; of several keys that do, it chooses. A baseline
    that used no vault key shows that the resource's counts: DynamoDB has backups of both kinds.
    """
    told = next((one.key for one in job.key_roles if one.origin == "descriptor"), None)
    if told is not None:
        return told
    keys = [one.key for role in _concerned_roles(job, baseline) for one in job.key_roles if one.role == role]
    chosen = next((key for key in asked if key in keys), None)
    return chosen or next(iter(keys), None) or find_key(job.message) or next(iter(asked), None)


def _concerned_roles(job: Job, baseline: Job | None) -> Sequence[KeyRole]:
    """Return the parts whose key can be why the job failed, the likeliest first."""
    if not is_vault_key_used(job):
        return ("source-vault", "resource") if is_vault_key_read(job) else ("resource",)
    if job.kind == "copy" or baseline is None:
        return ("vault",)
    if arn_service(baseline.recovery_point) == "dynamodb" and baseline.resource == job.resource:
        return ("resource",)
    is_two_fold = resource_type_of(job) in ("dynamodb", None)
    return ("vault", "resource") if is_two_fold and baseline.key_of("vault") is None else ("vault",)


def _described(job: Job) -> Iterator[JobKey]:
    """Yield what descriptions of the job, its vault and its recovery point tell."""
    if job.key and job.key not in {one.key for one in job.key_roles}:
        yield JobKey(_made_role(job), job.key, "descriptor")
    yield from job.key_roles


def _made_role(job: Job) -> KeyRole:
    """Return the part of the key that a descriptor names: that of the recovery point."""
    if is_vault_key_used(job):
        return "vault"
    return "source-vault" if is_vault_key_read(job) else "resource"


def _created(job: Job, events: Iterable[Event]) -> Iterator[JobKey]:
    """Yield the key that the last CreateBackupVault call before the job's end set for a vault of the job."""
    until = job.completed or job.created
    last: dict[KeyRole, str] = {}
    for event in events:
        key = event.request_parameters.get("encryptionKeyArn")
        is_creation = event.event_name == "CreateBackupVault" and not event.error_code and isinstance(key, str)
        if is_creation and (until is None or event.event_time <= until):
            name = event.request_parameters.get("backupVaultName")
            last |= {role: str(key) for role, vault in _vaults(job) if _is_there(event, name, vault, job)}
    for role, key in last.items():
        yield JobKey(role, key, "vault-creation")


def _vaults(job: Job) -> Iterator[tuple[KeyRole, str]]:
    """Yield the vaults whose keys the job uses, each with the part that its key plays."""
    if is_vault_key_used(job) and job.vault:
        yield "vault", job.vault
    source = job.source_vault if job.kind == "copy" else job.vault
    if is_vault_key_read(job) and source:
        yield "source-vault", source


def _is_there(event: Event, name: object, vault: str, job: Job) -> bool:
    """Check whether an event of a vault's Region and account is about a vault of this name."""
    return name == last_name(vault) and is_at(event, vault, job)


def is_at(event: Event, thing: str, job: Job) -> bool:
    """Check whether an event is of the Region and account of a vault or a resource, as far as they are known."""
    region, own = arn_region(thing) or job.region, event.recipient_account_id
    is_of_account = job.account is None or own in (None, job.account) or f":{own}:" in thing
    return is_of_account and (event.aws_region is None or region in (None, event.aws_region))


def _by_verdict(job: Job, inside: Iterable[_Alike]) -> _ByVerdict:
    """Sort calls by what their contexts say of a job."""
    found: dict[ContextVerdict, list[_Alike]] = {verdict: [] for verdict in ContextVerdict}
    for event, count in inside:
        found[read_context(contexts_of(event), job)].append((event, count))
    return found


def _named(job: Job, inside: Sequence[_Alike], by_verdict: _ByVerdict) -> Iterator[JobKey]:
    """Yield the keys of calls whose context names a vault or the resource of the job, the most used first."""
    for role, vault in _vaults(job):
        of_vault = [one for one in inside if speaks_of(one[0], vault)]
        yield from (JobKey(role, key, "encryption-context") for key in _by_use(of_vault))
    of_resource = by_verdict[ContextVerdict.NAMES_RESOURCE]
    yield from (JobKey("resource", key, "encryption-context") for key in _by_use(of_resource))


def _unnamed(
    job: Job, by_verdict: _ByVerdict, found: Sequence[JobKey], spoken: Collection[KeyRole], alone: "_UsedAlone"
) -> Iterator[JobKey]:
    """Yield the keys of calls whose context says nothing: the storage service's, and those of the job's role."""
    known = {one.role for one in found}.union(spoken)
    silent = by_verdict[ContextVerdict.SILENT]
    for role, vault in _vaults(job):
        if role not in known and (is_succeeded(job) or not alone.has_succeeded_beside(job)):
            storage = [one for one in silent if _is_storage_service(one[0]) and is_at(one[0], vault, job)]
            used = _by_use(storage)
            told = alone.find(vault, used) if len(used) > 1 else None
            yield from (
                [JobKey(role, told, "other-job")] if told else (JobKey(role, key, "storage-service") for key in used)
            )
    if not found:
        by_role = [one for one in silent if is_job_role(one[0], job) and is_at(one[0], job.resource or "", job)]
        yield from (JobKey("resource", key, "job-role") for key in _by_use(by_role))


class _UsedAlone:
    """Tells the key of a vault by what the storage service used while jobs ran on no other vault of the place."""

    def __init__(self, events: EventIndex, jobs: Sequence[Job]) -> None:
        self._events, self._jobs = events, jobs

    def find(self, vault: str, used: Collection[str]) -> str | None:
        """Return the one of some keys that succeeded jobs on the vault used alone; None without, or of several."""
        alone = [one for one in self._jobs if one.vault == vault and is_succeeded(one) and self._runs_alone(one)]
        told = [self._used_by(one, vault) for one in alone[-_MOST_ALONE:]]
        found = {key for keys in told if len(keys) == 1 for key in keys}
        return found.pop() if len(found) == 1 and found <= {*used} else None

    def has_succeeded_beside(self, job: Job) -> bool:
        """Check whether a job on another vault of the place succeeded meanwhile, for which the service worked."""
        return any(is_succeeded(other) for other in self._others(job))

    def _runs_alone(self, job: Job) -> bool:
        return not any(self._others(job))

    def _others(self, job: Job) -> Iterator[Job]:
        """Yield the jobs on other vaults of a job's place that may have run at the same time."""
        for other in self._jobs:
            is_here = (other.region, other.account) == (job.region, job.account)
            if is_here and other.vault and other.vault != job.vault and _overlap(job, other):
                yield other

    def _used_by(self, job: Job, vault: str) -> Sequence[str]:
        if job.created is None or job.completed is None:
            return ()
        inside = self._events.count_alike(self._events.within(Window(job.created, job.completed)))
        return _by_use(one for one in inside if _is_storage_service(one[0]) and is_at(one[0], vault, job))


def _overlap(one: Job, other: Job) -> bool:
    """Check whether two jobs may have run at the same time."""
    is_before = one.completed is not None and other.created is not None and one.completed < other.created
    is_after = one.created is not None and other.completed is not None and other.completed < one.created
    return not (is_before or is_after)


def _is_storage_service(event: Event) -> bool:
    name = event.caller.name or ""
    return event.caller.kind is CallerKind.SERVICE_PRINCIPAL and name.startswith("backup")


def _of_other_jobs(job: Job, events: EventIndex, jobs: Iterable[Job]) -> Iterator[JobKey]:
    """Yield the keys of other jobs on the job's vaults, and of calls at other times that name them, nearest first."""
    for role, vault in _vaults(job):
        others = [other for other in jobs if other.vault == vault and other.key and is_vault_key_used(other)]
        keyed = [(_distance(job, other.created), other.key) for other in others if other.id != job.id]
        spoken = events.nearest_speaking(vault, job.created or job.completed)
        keyed += [(_distance(job, event.event_time), access.key) for event in spoken for access in event.accesses]
        nearest = min(((distance, key) for distance, key in keyed if key), default=None)
        if nearest is not None:
            yield JobKey(role, nearest[1], "other-job")


def _distance(job: Job, moment: datetime | None) -> tuple[bool, float]:
    """Order times by nearness to the job, those before it first: what came later may be of a vault made anew."""
    start = job.created or job.completed
    if start is None or moment is None:
        return True, float("inf")
    apart = (start - moment).total_seconds()
    return apart < 0, abs(apart)


def _by_use(calls: Iterable[_Alike]) -> Sequence[str]:
    """Return the keys of calls, the most used first."""
    used = Counter[str]()
    for event, count in calls:
        for key in {access.key for access in event.accesses if access.key}:
            used[key] += count
    return sorted(used, key=lambda key: (-used[key], key))
