"""Work done by real workers, over each broker that answers: woken, found again, done once, told as it goes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from accounts.models import User
from audit.models import Entry
from core import broker, jobs, outbox, tasks
from core.models import Job, JobState, OutboxMessage
from tests.effects import DONE, FAILING, SECRET
from tests.workers import Crew, ask, begin, effects, figures, found, nothing_left, rows, until

pytestmark = pytest.mark.django_db(transaction=True)
LONG = pytest.mark.long


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("redis", marks=LONG), pytest.param("rabbitmq", marks=LONG)],
)
def crew(
    request: pytest.FixtureRequest, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crew]:
    """A worker and its beat for the whole file."""
    made = Crew(request.param, tmp_path_factory.mktemp("crew"))
    made.start("worker")
    made.start("beat")
    yield made
    made.end()


class TestMessages:
    def test_a_commit_wakes_a_worker_and_each_message_is_done_once(self, crew: Crew) -> None:
        with crew.heard():
            asked = {ask() for _ in range(50)}
        until(nothing_left)
        assert effects() == Counter(asked)

    def test_what_woke_nobody_is_found_by_the_sweeper(self, crew: Crew) -> None:
        with crew.heard():
            woken = ask()
        until(nothing_left)  # the crew is there
        asked = ask()  # this process speaks to another queue
        assert until(nothing_left) < 20
        assert effects() == Counter([woken, asked])

    def test_the_request_goes_with_the_work(self, crew: Crew) -> None:
        with crew.heard(), bound_contextvars(request_id="0123456789abcdef"):
            asked = ask()
        with crew.heard():
            other = ask()
        until(nothing_left)
        told = {entry.target_id: entry.codes["request"] for entry in Entry.objects.filter(event=DONE)}
        assert told == {asked: "0123456789abcdef", other: ""}

    def test_a_failing_handler_waits_alone_and_its_words_are_not_told(self, crew: Crew) -> None:
        with crew.heard():
            ask(FAILING)
            asked = ask()
        until(lambda: OutboxMessage.objects.filter(task=FAILING, attempts__gte=2).exists())
        (waiting,) = OutboxMessage.objects.filter(done_at=None)
        assert (waiting.task, waiting.last_error) == (FAILING, "ValueError")
        assert waiting.due_at > timezone.now()
        assert effects() == Counter([asked])
        assert not Entry.objects.filter(event=FAILING).exists()
        log = crew.log.read_text(encoding="utf-8")
        assert "outbox.postponed" in log
        assert "Orsel" not in log
        assert SECRET not in log


class TestFigures:
    """What the workers count is read on the web's `/metrics`."""

    def test_the_web_tells_what_the_workers_did(
        self, crew: Crew, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(crew.counts))

        def read() -> Counter[str]:
            return Counter(figures(client.get("/metrics").content.decode()))

        before = read()
        with crew.heard():
            for _ in range(7):
                ask(lasts=20)
            ask(FAILING)
        until(lambda: OutboxMessage.objects.filter(task=FAILING, attempts__gte=1).exists())
        until(lambda: not OutboxMessage.objects.filter(task=DONE, done_at=None).exists())
        relays = f"seuil_tasks_total result=done task={broker.RELAY}"
        until(lambda: (read() - before)[relays] >= 2)  # a task is counted once it has ended
        until(lambda: (read() - before)[f"seuil_outbox_messages_total result=done task={DONE}"] >= 7)
        text = client.get("/metrics").content.decode()
        added = Counter(figures(text))
        added.subtract(before)
        assert added[f"seuil_outbox_messages_total result=done task={DONE}"] == 7
        assert added[f"seuil_outbox_messages_total result=postponed task={FAILING}"] >= 1
        assert added[f"seuil_outbox_batch_seconds_count task={DONE}"] == 7
        assert added[f"seuil_outbox_batch_seconds_sum task={DONE}"] >= 7 * 0.02
        assert added[f"seuil_outbox_batch_seconds_bucket le=0.01 task={DONE}"] == 0
        assert added[f"seuil_outbox_batch_seconds_bucket le=+Inf task={DONE}"] == 7
        assert added[f"seuil_task_seconds_count task={broker.RELAY}"] >= 2
        assert "Orsel" not in text
        assert all(re.fullmatch(r"[a-z_.]+", task) for task in re.findall(r'task="([^"]*)"', text))

    def test_a_task_is_counted_with_how_it_ended(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def read(result: str) -> float:
            text = client.get("/metrics").content.decode()
            return figures(text).get(f"seuil_tasks_total result={result} task=outbox.sweep", 0)

        def fails(error: type[Exception]) -> None:
            raise error(SECRET)

        results = ["done", "database_away", "failed"]
        before = [read(result) for result in results]
        tasks.sweep()
        with monkeypatch.context() as patch:
            patch.setattr(outbox, "open_tasks", lambda: fails(OperationalError))
            tasks.sweep()
            patch.setattr(outbox, "open_tasks", lambda: fails(ValueError))
            with pytest.raises(ValueError, match="Orsel"):
                tasks.sweep()
        assert [read(result) for result in results] == [count + 1 for count in before]


class TestJobs:
    def test_progress_is_seen_before_the_work_is_written_and_it_ends_with_it(self, crew: Crew, siao: User) -> None:
        job = begin(siao, crew, lasts=100)
        seen = set()
        until(lambda: bool(seen.add((found(job).done, rows())) or not found(job).is_live))  # type: ignore[func-returns-value]
        assert {written for done, written in seen if done < 20} == {0}
        assert len(seen) > 5
        job = found(job)
        assert (job.state, job.done, job.total, job.runs) == (JobState.DONE, 20, 20, 1)
        assert (job.sentence, job.url, job.action) == ("Tout est compté.", "/dossiers/", "Voir les dossiers")
        assert rows() == 20
        assert nothing_left()

    def test_stopped_it_writes_nothing_and_says_so(self, crew: Crew, siao: User) -> None:
        job = begin(siao, crew, total=500, lasts=20)
        until(lambda: found(job).done > 2)
        assert jobs.ask_stop(job.pk, by=siao)
        until(nothing_left)
        job = found(job)
        assert (job.state, job.sentence) == (JobState.STOPPED, jobs.STOPPED)
        assert (job.url, job.action) == ("/import/", "Revenir")
        assert 2 < job.done < 500
        assert rows() == 0
        assert not jobs.ask_stop(job.pk, by=siao)

    def test_an_error_is_told_in_plain_words_and_tried_again(self, crew: Crew, siao: User) -> None:
        job = begin(siao, crew, lasts=1, fails=3)
        until(lambda: found(job).runs >= 2)
        until(lambda: bool(found(job).sentence))
        assert found(job).sentence == jobs.INTERRUPTED
        Job.objects.filter(pk=job.pk).update(runs=jobs.MOST_RUNS)
        OutboxMessage.objects.filter(done_at=None).update(due_at=timezone.now())
        until(lambda: not found(job).is_live)
        assert (found(job).state, found(job).sentence) == (JobState.FAILED, jobs.GIVEN_UP)
        assert rows() == 0
        assert nothing_left()
        assert "Orsel" not in crew.log.read_text(encoding="utf-8")
