"""Long work that a person watches and may stop: an import, a production of files.

A job is asked for in the transaction of an act (`start`), done by a worker in one transaction, and told as it goes
from another connection: its figures are read while nothing of the work is visible yet. It ends with its work: done,
or nothing written. A worker that dies leaves the message open: the job begins again, exactly once in effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import timezone
from structlog.contextvars import get_contextvars

from core import outbox
from core.errors import OperationRefused
from core.locking import lock
from core.models import Job

TASK = "job.run"
MOST_RUNS = 5
STOPPED = "Arrêté à votre demande : rien n’a été écrit."
INTERRUPTED = "Une erreur imprévue a interrompu ce travail : il va être repris du début."
GIVEN_UP = (
    "Ce travail a été interrompu cinq fois par une erreur imprévue : rien n’a été écrit. Prévenez l’administrateur "
    "technique."
)


class Stopped(Exception):
    """The owner asked the job to stop: the work is rolled back."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a runner returns: a French sentence with counts and no person's data, and a link when one is useful."""

    sentence: str
    url: str = ""
    action: str = ""


Aside = Callable[..., Any]
Runner = Callable[..., Ended]
"""Does the jobs of one kind, in a transaction that it does not open. Takes a `Running`, then the payload by name."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How the jobs of a kind are done, and told: their title, and the noun of what is counted (« ligne lue »)."""

    run: Runner
    title: str
    counted: str


KINDS: dict[str, Kind] = {}


def runner(kind: str, *, title: str, counted: str) -> Callable[[Runner], Runner]:
    """Register the function that does the jobs of this kind. `title` and `counted` are French."""

    def decorate(function: Runner) -> Runner:
        KINDS[kind] = Kind(function, title, counted)
        return function

    return decorate


def kind_of(job: Job) -> Kind:
    """How this job is done and told. Raises `KeyError` when no app knows its kind."""
    outbox.handlers()
    return KINDS[job.kind]


def start(
    kind: str,
    *,
    by: AbstractBaseUser,
    total: int,
    target: UUID | None = None,
    url: str = "",
    action: str = "",
    **payload: str | int | None,
) -> Job:
    """Ask for a job in the caller's transaction; with a `target`, the live one of this kind when there is one.

    `total` is how many things it will count, at least 1. `url` and `action` are the link shown when nothing was
    written. `payload` holds identifiers and codes, never a person's data.
    """
    job = Job(
        kind=kind,
        owner_id=by.pk,
        target=target,
        total=total,
        url=url,
        action=action,
        created_at=timezone.now(),
        request_id=str(get_contextvars().get(outbox.REQUEST, ""))[:64],
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        if target is None:
            raise
        return Job.objects.live().get(kind=kind, target=target)
    outbox.enqueue(TASK, job=str(job.pk), **payload)  # type: ignore[arg-type]
    return job


def ask_stop(job_id: UUID, *, by: AbstractBaseUser) -> bool:
    """Ask a live job to stop, as its owner; False when it has ended meanwhile."""
    return bool(Job.objects.live().filter(pk=job_id, owner_id=by.pk).update(stop_asked=True))


def forget() -> int:
    """Delete the jobs that ended as long ago as the messages that are forgotten; return how many."""
    return Job.objects.filter(ended_at__lt=timezone.now() - outbox.KEPT).delete()[0]


class Running:
    """A job under way, as its runner sees it."""

    def __init__(self, job: Job, aside: Aside) -> None:
        self.job = job
        self._aside = aside

    def tell(self, done: int, total: int | None = None) -> None:
        """Say how far the work is, at once visible. Raises `Stopped` when the owner asked for it: let it pass."""
        if self._aside(_write_progress, self.job.pk, done, total):
            raise Stopped


def run(job_id: UUID, payload: dict[str, Any]) -> None:
    """Do a job inside the caller's transaction, and end it there: its effects and its end are committed together.

    An unforeseen error is raised after it was told, so that the outbox tries again later.
    """
    with _aside() as aside:
        job = aside(_begin, job_id)
        if job is None:
            return
        try:
            if job.stop_asked:
                raise Stopped
            if job.runs > MOST_RUNS:
                raise OperationRefused(GIVEN_UP)
            with transaction.atomic():
                ended = kind_of(job).run(Running(job, aside), **payload)
        except Stopped:
            _end(job_id, lambda found, now: found.stop(STOPPED, at=now))
        except OperationRefused as refusal:
            sentence = str(refusal)[:500]
            _end(job_id, lambda found, now: found.fail(sentence, at=now))
        except Exception:
            with suppress(DatabaseError):
                aside(_interrupted, job_id)
            raise
        else:
            _end(job_id, lambda found, now: found.finish(ended.sentence, url=ended.url, action=ended.action, at=now))


@contextmanager
def _aside() -> Iterator[Aside]:
    """A thread has connections of its own, and nobody acts there: the worker writes, and it is committed at once."""
    with ThreadPoolExecutor(1, thread_name_prefix="job") as thread:
        try:
            yield lambda work, *arguments: thread.submit(work, *arguments).result()
        finally:
            thread.submit(connections.close_all).result()


@transaction.atomic
def _begin(job_id: UUID) -> Job | None:
    """The job, RUNNING; None when it has ended, or is gone."""
    try:
        job = lock(Job.objects.live(), job_id)
    except Job.DoesNotExist:
        return None
    job.begin(at=timezone.now())
    job.save(update_fields=["state", "started_at", "done", "sentence", "runs"])
    return job


@transaction.atomic
def _write_progress(job_id: UUID, done: int, total: int | None) -> bool:
    """Write how far it is; whether the owner asked for a stop."""
    job = lock(Job.objects, job_id)
    job.total = max(total or job.total, 1)
    job.done = min(done, job.total)
    job.save(update_fields=["done", "total"])
    return job.stop_asked


def _interrupted(job_id: UUID) -> None:
    Job.objects.live().filter(pk=job_id).update(sentence=INTERRUPTED)


def _end(job_id: UUID, move: Callable[[Job, Any], None]) -> None:
    job = lock(Job.objects, job_id)
    move(job, timezone.now())
    job.save(update_fields=["state", "done", "sentence", "url", "action", "ended_at"])
