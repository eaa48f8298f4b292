"""The page of a job: what it says at each moment, to its owner alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from core import jobs
from core.models import Job, JobState
from desk.jobs import detail, time_left
from tests.fixtures import Cast, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _kind() -> Iterator[None]:
    @jobs.runner("test.page", title="Compte des essais", counted="ligne lue,lignes lues")
    def nothing(running: jobs.Running) -> jobs.Ended:
        return jobs.Ended("Fini.")

    yield
    del jobs.KINDS["test.page"]


def made(cast: Cast, **told: Any) -> Job:
    """A job of the referent; `told` are its columns."""
    state = told.pop("state", JobState.QUEUED)
    begun = {} if state == JobState.QUEUED else {"started_at": timezone.now(), "runs": 1}
    ended = {} if state in (JobState.QUEUED, JobState.RUNNING) else {"ended_at": timezone.now()}
    columns = {"total": 1200, "created_at": timezone.now(), **begun, **ended, **told}
    job = Job(kind="test.page", owner=cast["siao"], state=state, **columns)
    job.save(force_insert=True)
    return job


class TestPage:
    def test_waiting_it_asks_for_itself_again_and_may_be_stopped(self, browse: Browse, cast: Cast) -> None:
        job = made(cast)
        answer = browse("siao").get(f"/travaux/{job.pk}/")
        html, said = answer.content.decode(), text_of(answer)
        assert "En file d’attente." in said
        assert "0 sur 1 200" in said.replace("\u00a0", " ").replace("\u202f", " ")
        assert "Vous pouvez quitter cette page." in said
        assert f'hx-get="/travaux/{job.pk}/"' in html
        assert f'action="/travaux/{job.pk}/arreter/"' in html
        assert "/static/django_htmx/" in html
        assert f'<noscript><p><a href="/travaux/{job.pk}/">Actualiser' in html

    def test_the_moving_part_comes_alone(self, browse: Browse, cast: Cast) -> None:
        job = made(cast, state=JobState.RUNNING, done=812, total=1204)
        answer = browse("siao").get(f"/travaux/{job.pk}/", headers=HTMX)
        html = answer.content.decode()
        assert html.strip().startswith("<div")
        assert "<html" not in html
        assert '<progress value="812" max="1204"' in html
        assert "Lignes lues :" in text_of(answer).replace("\u00a0", " ")
        assert "HX-Request" in answer.headers["Vary"]

    @pytest.mark.parametrize("state", [JobState.DONE, JobState.STOPPED, JobState.FAILED])
    def test_ended_it_says_how_with_a_link_and_asks_no_more(self, browse: Browse, cast: Cast, state: str) -> None:
        job = made(cast, state=state, sentence="Voilà ce qui fut.", url="/dossiers/", action="Voir")
        for headers in ({}, HTMX):
            answer = browse("siao").get(f"/travaux/{job.pk}/", headers=headers)
            html = answer.content.decode()
            assert "Voilà ce qui fut." in text_of(answer)
            assert '<a href="/dossiers/">Voir</a>' in html
            assert "hx-get" not in html
            assert "arreter" not in html
            assert "<progress" not in html

    @pytest.mark.parametrize("account", ["siao2", "admin", "etranger", "dpo"])
    def test_it_does_not_exist_for_others(self, browse: Browse, cast: Cast, account: str) -> None:
        job = made(cast)
        browser = browse(account)
        assert browser.get(f"/travaux/{job.pk}/").status_code == 404
        assert browser.post(f"/travaux/{job.pk}/arreter/").status_code == 404
        assert not Job.objects.get().stop_asked

    def test_stopping_is_asked_once_and_said(self, browse: Browse, cast: Cast) -> None:
        job = made(cast, state=JobState.RUNNING, done=3)
        answer = browse("siao").post(f"/travaux/{job.pk}/arreter/", follow=True)
        assert answer.redirect_chain == [(f"/travaux/{job.pk}/", 302)]
        assert "Arrêt demandé…" in text_of(answer)
        assert "arreter/" not in answer.content.decode()
        assert Job.objects.get().stop_asked

    def test_stopping_what_has_ended_changes_nothing(self, browse: Browse, cast: Cast) -> None:
        job = made(cast, state=JobState.DONE, sentence="Fini.")
        answer = browse("siao").post(f"/travaux/{job.pk}/arreter/", follow=True)
        assert "Ce travail était déjà fini." in text_of(answer)
        assert not Job.objects.get().stop_asked


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "done", "said"),
        [
            (10, 0, ""),
            (10, 100, ""),
            (10, 50, "Encore quelques secondes."),
            (30, 50, "Encore une demi-minute environ."),
            (70, 50, "Encore une minute environ."),
            (130, 50, "Encore deux minutes environ."),
            (60, 1, "Encore 2 heures au plus."),
        ],
    )
    def test_the_time_left_is_round(self, cast: Cast, seconds: int, done: int, said: str) -> None:
        now = timezone.now()
        begun = now - timedelta(seconds=seconds)
        job = made(cast, state=JobState.RUNNING, total=100, done=done, started_at=begun)
        if done == 1:
            said = "Encore deux heures au plus."
        assert time_left(job, now=now) == said

    def test_an_interruption_is_told(self, cast: Cast) -> None:
        job = made(cast, state=JobState.RUNNING, sentence=jobs.INTERRUPTED)
        assert detail(job, "ligne") == jobs.INTERRUPTED


class TestStart:
    def test_the_same_work_is_asked_once(self, cast: Cast) -> None:
        target = uuid4()
        with transaction.atomic():
            first = jobs.start("test.page", by=cast["siao"], total=3, target=target)
            again = jobs.start("test.page", by=cast["siao"], total=3, target=target)
            other = jobs.start("test.page", by=cast["siao"], total=3)
        assert first == again
        assert first != other
        from core.models import OutboxMessage

        assert OutboxMessage.objects.filter(task=jobs.TASK).count() == 2

    @pytest.mark.parametrize(
        "told",
        [
            {"total": 0},
            {"done": 1300},
            {"state": "LOST"},
            {"state": JobState.DONE, "sentence": ""},
            {"state": JobState.RUNNING, "started_at": None},
            {"ended_at": timezone.now()},
        ],
    )
    def test_the_database_refuses_what_makes_no_sense(self, cast: Cast, told: dict[str, Any]) -> None:
        assert refusal(lambda: made(cast, **told)).sqlstate == "23514"

    def test_no_end_is_left(self, cast: Cast) -> None:
        made(cast, state=JobState.STOPPED, sentence="Arrêté.")
        assert refusal(lambda: Job.objects.update(state="RUNNING", ended_at=None)).sqlstate == "23514"
