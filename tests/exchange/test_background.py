"""A long register: looked at on the page, imported by the worker as the person who sent it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from cases.dossiers.models import Dossier
from core import jobs, outbox
from core.models import Job, JobState, OutboxMessage
from exchange.models import PendingFile, PendingImport
from exchange.operations import pending as operations
from exchange.views import importing as views
from tests.exchange.registers import Row, files, row
from tests.exchange.test_views import HERE, preview_of, send
from tests.fixtures import Cast, text_of
from tests.workers import Crew, until

pytestmark = pytest.mark.django_db(transaction=True)
Browse = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register is long from four rows on; the full number is told by one test."""
    monkeypatch.setattr(views, "PAGE_ROWS", 3)


def rows_of(count: int) -> list[Row]:
    return [row(f"ESSAI-{number:04}") for number in range(count)]


def asked(browser: Client, *rows: Row, **posted: str) -> Job:
    """The job that confirming these rows asks for."""
    url = preview_of(browser, *rows)
    answer = browser.post(f"{url}importer/", posted)
    job = Job.objects.latest("created_at")
    assert answer.headers["Location"] == f"/travaux/{job.pk}/"
    return job


class TestAsked:
    def test_nothing_is_written_before_the_worker_comes(self, browse: Browse) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(4))
        assert (job.state, job.total, job.done) == (JobState.QUEUED, 4, 0)
        assert not Dossier.objects.exists()
        (message,) = OutboxMessage.objects.filter(task=jobs.TASK)
        assert message.payload == {"job": str(job.pk), "pending": str(job.target), "keep_going": 0}

    def test_asked_twice_it_is_one_job_and_its_page_is_where_everything_leads(self, browse: Browse) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(4))
        preview = f"{HERE}{job.target}/"
        assert browser.post(f"{preview}importer/").headers["Location"] == f"/travaux/{job.pk}/"
        assert browser.get(preview).headers["Location"] == f"/travaux/{job.pk}/"
        assert f'<a href="/travaux/{job.pk}/">Voir où il en est</a>' in browser.get(HERE).content.decode()
        assert Job.objects.count() == 1
        refused = browser.post(f"{preview}renoncer/", follow=True)
        assert "Cet import est en cours" in text_of(refused)
        assert PendingImport.objects.exists()

    def test_what_one_sends_next_does_not_take_its_files_away(self, browse: Browse) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(4))
        assert send(browser, files(rows_of(1))).status_code == 302
        assert job.target in list(PendingImport.objects.values_list("pk", flat=True))
        assert PendingImport.objects.count() == 2

    def test_its_files_outlive_their_two_hours_while_it_waits(self, browse: Browse) -> None:
        job = asked(browse("siao"), *rows_of(4))
        assert job.target is not None
        with transaction.atomic():
            operations.expire(job.target)
        assert PendingImport.objects.filter(pk=job.target).exists()
        later = OutboxMessage.objects.filter(task="import.expired", due_at__gt=timezone.now() + timedelta(minutes=90))
        assert later.exists()


class TestDone:
    def test_it_is_written_whole_as_the_person_who_sent_it(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(5))
        outbox.run_once()
        job = Job.objects.get()
        assert (job.state, job.done) == (JobState.DONE, 5), job.sentence
        assert "5 dossiers créés, 0 modifié" in job.sentence
        assert {dossier.referent for dossier in Dossier.objects.all()} == {cast["siao"]}
        assert not PendingFile.objects.exists()
        (entry,) = Entry.objects.filter(event="register.imported")
        assert entry.actor_id == cast["siao"].pk
        answer = browser.get(f"/travaux/{job.pk}/")
        assert "Voir les dossiers" in text_of(answer)
        assert browser.get(HERE).content.decode().find("Un import est en cours") == -1

    def test_a_bad_row_writes_nothing_and_the_files_stay(self, browse: Browse) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(4), row("MAUVAISE", date_evaluation="le 32 mars"))
        outbox.run_once()
        job = Job.objects.get()
        assert (job.state, job.sentence) == (JobState.FAILED, operations.REFUSED_ROWS)
        assert not Dossier.objects.exists()
        assert job.url == f"{HERE}{job.target}/"
        assert "cellules refusées" in text_of(browser.get(job.url)).lower()
        browser.post(f"{job.url}importer/", {"malgre": "1"})
        outbox.run_once()
        assert Dossier.objects.count() == 4

    def test_a_right_that_was_lost_meanwhile_is_lost(self, browse: Browse, cast: Cast) -> None:
        asked(browse("siao"), *rows_of(4))
        cast["siao"].memberships.update(valid_until=timezone.now())
        outbox.run_once()
        job = Job.objects.get()
        assert job.state == JobState.FAILED
        assert "Votre rôle ne permet pas" in job.sentence
        assert not Dossier.objects.exists()

    def test_files_that_are_gone_are_said_gone(self, browse: Browse) -> None:
        asked(browse("siao"), *rows_of(4))
        PendingImport.objects.all().delete()
        outbox.run_once()
        assert (Job.objects.get().state, Job.objects.get().sentence) == (JobState.FAILED, operations.GONE)

    def test_stopped_before_it_began(self, browse: Browse) -> None:
        browser = browse("siao")
        job = asked(browser, *rows_of(4))
        browser.post(f"/travaux/{job.pk}/arreter/")
        outbox.run_once()
        assert Job.objects.get().state == JobState.STOPPED
        assert not Dossier.objects.exists()
        assert browser.get(f"{HERE}{job.target}/").status_code == 200


@pytest.mark.long
class TestByARealWorker:
    @pytest.fixture
    def crew(self, tmp_path: Path) -> object:
        made = Crew("embedded", tmp_path)
        yield made
        made.end()

    def test_seen_on_its_way_stopped_then_done(
        self, browse: Browse, crew: Crew, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.undo()
        browser = browse("siao")
        with crew.heard():
            job = asked(browser, *rows_of(1200))
            crew.start("worker")
            crew.start("beat")
            until(lambda: Job.objects.get(pk=job.pk).done > 0, 60)
            assert not Dossier.objects.exists()
            page = text_of(browser.get(f"/travaux/{job.pk}/"))
            assert "Lignes lues" in page
            browser.post(f"/travaux/{job.pk}/arreter/")
            until(lambda: not Job.objects.get(pk=job.pk).is_live)
            stopped = Job.objects.get(pk=job.pk)
            assert (stopped.state, stopped.sentence) == (JobState.STOPPED, jobs.STOPPED)
            assert not Dossier.objects.exists()
            again = browser.post(f"{stopped.url}importer/").headers["Location"]
            second = Job.objects.get(pk=again.split("/")[2])
            until(lambda: not Job.objects.get(pk=second.pk).is_live, 90)
        assert Job.objects.get(pk=second.pk).state == JobState.DONE
        assert Dossier.objects.count() == 1200
