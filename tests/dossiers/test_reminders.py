"""Being reminded of a dossier: sealed, on its day, put off, done; nobody else's business."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, Outcome, Reminder
from core.db import acting_as
from core.errors import OperationRefused
from desk.todo import todo_of
from tests.fixtures import Cast, execute, refusal, text_of
from vault.asking import ask

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
WEEK = timedelta(days=7)


def reminded(dossier: Dossier, by: User, text: str = "Rappeler la CAF.") -> Reminder:
    with acting_as(by):
        return operations.remind(dossier.pk, text=text, due_on=timezone.localdate() + WEEK, by=by)


def test_it_is_sealed_and_waits_for_its_day(siao: User, dossier: Dossier) -> None:
    made = reminded(dossier, siao)
    ((stored,),) = execute("SELECT text FROM dossiers_reminder")
    assert b"CAF" not in bytes(stored)
    today = timezone.localdate()
    with acting_as(siao):
        assert ask(operations.reminders_until(siao, today)) == []
        assert ask(operations.reminders_until(siao, today + WEEK)) == [made]
        said = [task.why for group in ask(todo_of(siao, today=today)).groups for task in group.tasks]
    assert "Vous vouliez y penser : Rappeler la CAF." in said


def test_it_is_put_off_then_done_once(siao: User, dossier: Dossier) -> None:
    made, later = reminded(dossier, siao), timezone.localdate() + 3 * WEEK
    with acting_as(siao):
        assert operations.put_off(made.pk, until=later, by=siao).due_on == later
        done = operations.finish_reminder(made.pk, by=siao)
        with pytest.raises(OperationRefused, match="déjà fait"):
            operations.finish_reminder(made.pk, by=siao)
        with pytest.raises(OperationRefused, match="déjà fait"):
            operations.put_off(made.pk, until=later, by=siao)
    assert (done.done_by, done.due_on) == (siao, later)
    events = Entry.objects.filter(target_id=made.pk).order_by("recorded_at").values_list("event", "codes")
    assert list(events) == [("reminder.made", {}), ("reminder.put_off", {}), ("reminder.done", {})]


def test_neither_for_a_day_that_is_over_nor_on_a_closed_dossier(siao: User, dossier: Dossier) -> None:
    made, today = reminded(dossier, siao), timezone.localdate()
    with acting_as(siao):
        with pytest.raises(OperationRefused, match="jour à venir"):
            operations.remind(dossier.pk, text="Trop tard", due_on=today - timedelta(days=1), by=siao)
        with pytest.raises(OperationRefused, match="jour à venir"):
            operations.put_off(made.pk, until=today - timedelta(days=1), by=siao)
    operations.close(dossier.pk, by=None, on=today, outcome=Outcome.DECES.value)
    with acting_as(siao), pytest.raises(OperationRefused, match="clos"):
        operations.remind(dossier.pk, text="Clos", due_on=today, by=siao)


def test_it_is_for_one_person_who_sees_the_dossier(cast: Cast, dossier: Dossier) -> None:
    reminded(dossier, cast["siao"])
    limit = timezone.localdate() + WEEK
    for account in ("siao2", "etranger", "fol73"):
        with acting_as(cast[account]):
            assert ask(operations.reminders_until(cast[account], limit)) == []
    with acting_as(cast["fol73"]):
        assert not Reminder.objects.exists()  # row security, whatever is asked


def test_postgresql_keeps_its_text_and_its_author_of_doing(siao: User, dossier: Dossier) -> None:
    made = reminded(dossier, siao)
    assert "reminder_done_by" in str(
        refusal(lambda: execute("UPDATE dossiers_reminder SET done_at = now() + interval '1 day'"))
    )
    with acting_as(siao):
        told = refusal(lambda: Reminder.objects.filter(pk=made.pk).update(whom=siao))
    assert told.sqlstate == "42501"  # insufficient privilege


def test_its_pages(browse: Browse, dossier: Dossier) -> None:
    browser, url = browse("siao"), dossier.get_absolute_url()
    today = timezone.localdate()
    assert f'href="{url}rappels/nouveau/"' in browser.get(url).content.decode()
    wrong = browser.post(f"{url}rappels/nouveau/", {"text": "", "due_on": "31/02/2026"})
    assert wrong.status_code == 422
    past = browser.post(f"{url}rappels/nouveau/", {"text": "Hier", "due_on": f"{today - WEEK:%d/%m/%Y}"})
    assert "jour à venir" in text_of(past)
    browser.post(f"{url}rappels/nouveau/", {"text": "Vérifier le bail", "due_on": f"{today + WEEK:%d/%m/%Y}"})
    made = Reminder.objects.get()
    assert "Vérifier le bail" in text_of(browser.get(url))
    later = browser.post(f"{url}rappels/{made.pk}/reporter/", {"due_on": f"{today + 2 * WEEK:%d/%m/%Y}"}, follow=True)
    assert "Rappel reporté au" in text_of(later)
    done = browser.post(f"{url}rappels/{made.pk}/fait/", headers={"referer": f"http://testserver{url}"}, follow=True)
    assert "C’est fait : ce rappel ne paraîtra plus." in text_of(done).replace("\u00a0", " ")
    assert browser.get(f"{url}rappels/{made.pk}/reporter/").status_code == 404


def test_not_for_who_does_not_instruct(browse: Browse, siao: User, dossier: Dossier) -> None:
    made, url = reminded(dossier, siao), dossier.get_absolute_url()
    for account in ("animation", "fol73", "etranger"):
        browser = browse(account)
        assert browser.get(f"{url}rappels/nouveau/").status_code == 404
        assert browser.post(f"{url}rappels/{made.pk}/reporter/").status_code == 404
    assert Reminder.objects.get().done_at is None
