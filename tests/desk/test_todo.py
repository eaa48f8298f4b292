"""« À faire »: what has a date, by date; what is silent; the same number of statements for few and for many."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit import journal
from cases.dossiers import operations
from cases.dossiers.models import Dossier, HousingRequest, State
from cases.dossiers.models.requests import last_renewal
from core.components import Task
from core.db import acting_as
from core.typography import NBSP
from desk.todo import by_date, todo_of
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of
from vault.asking import ask

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
MONDAY = date(2026, 11, 23)


def titles(user: User) -> dict[str, list[str]]:
    """What the page shows: references or names of each group."""
    with acting_as(user):
        found = ask(todo_of(user, today=timezone.localdate()))
    return {group.title: [task.why for task in group.tasks] for group in found.groups}


@pytest.mark.parametrize(
    ("after", "title"),
    [
        (-1, "En retard"),
        (0, "Cette semaine"),
        (6, "Cette semaine"),
        (7, f"Avant le 14{NBSP}décembre"),
        (20, f"Avant le 14{NBSP}décembre"),
        (21, "Plus tard"),
    ],
)
def test_days_are_grouped_by_week(after: int, title: str) -> None:
    task = Task("LDA-1", "/", "", "", "alarm", "Ouvrir", "/")
    assert [group.title for group in by_date([(MONDAY + timedelta(days=after), task)], MONDAY)] == [title]


class TestSources:
    def test_a_review_to_come_and_one_that_is_late(self, siao: User) -> None:
        today = timezone.localdate()
        late, coming = (make_dossier("adjourned", referent=siao) for _ in range(2))
        Dossier.objects.filter(pk=late.pk).update(review_on=today - timedelta(days=4))
        Dossier.objects.filter(pk=coming.pk).update(review_on=today + timedelta(days=40))
        found = titles(siao)
        assert found["En retard"] == ["La date de réexamen est passée."]
        assert found["Plus tard"] == ["Ajourné : date de réexamen à tenir."]

    def test_a_request_that_ends_leads_to_its_renewal(self, siao: User, browse: Browse) -> None:
        dossier = make_dossier(referent=siao)
        HousingRequest.objects.update(renewed_on=timezone.localdate() - timedelta(days=370))
        answer = browse("siao").get("/a-faire/")
        assert "Sa demande de logement social est expirée, renouvelable jusqu’au" in text_of(answer)
        assert f'href="/dossiers/{dossier.pk}/demande/renouveler/"' in answer.content.decode()

    def test_a_request_with_a_month_left_looks_otherwise_than_one_with_two(self, siao: User, browse: Browse) -> None:
        today = timezone.localdate()
        for left in (20, 50):
            of_it = HousingRequest.objects.filter(dossier=make_dossier(referent=siao))
            of_it.update(renewed_on=last_renewal(today + timedelta(days=left), 12))
        html = browse("siao").get("/a-faire/").content.decode()
        said = text_of(browse("siao").get("/a-faire/"))
        assert said.count("Pressant") == 1
        assert "Pressant : sa demande de logement social expire dans 20 jours." in said
        assert "Sa demande de logement social expire dans 50 jours." in said
        assert html.count("is-pressing") == html.count("due-soon") == 1

    def test_an_evaluation_that_has_begun(self, siao: User) -> None:
        make_dossier(state=State.EN_EVALUATION, state_on=timezone.localdate(), referent=siao)
        said = [why for group in titles(siao).values() for why in group]
        assert "Évaluation flash attendue en 72 heures." in said

    def test_a_decision_that_nobody_was_told(self, siao: User) -> None:
        today = timezone.localdate()
        dossier = make_dossier(referent=siao)
        with acting_as(siao):
            operations.decline(dossier.pk, by=siao, on=today, motive="DEPART_DEPARTEMENT")
        assert "Le ménage n’a pas encore reçu la décision par écrit." in titles(siao)["Cette semaine"]


class TestSilence:
    def test_no_act_for_long(self, siao: User) -> None:
        quiet = make_dossier(referent=siao)
        silent = [each.dossier for each in ask(operations.silent_for_long(siao, timezone.localdate()))]
        assert silent == []  # what is recorded today is news
        later = timezone.localdate() + timedelta(days=settings.SILENCE_DAYS + 1)
        (found,) = ask(operations.silent_for_long(siao, later))
        assert (found.dossier, found.days(later)) == (quiet, settings.SILENCE_DAYS + 1)

    def test_being_read_is_no_news_and_acting_is(self, siao: User) -> None:
        dossier = make_dossier(referent=siao)
        later = timezone.localdate() + timedelta(days=settings.SILENCE_DAYS)
        journal.record_reading("dossier.opened", target=dossier.pk, dossier=dossier.pk, by=siao)
        assert ask(operations.silent_for_long(siao, later + timedelta(days=1))) != []
        assert ask(operations.silent_for_long(siao, later)) == []

    def test_neither_what_is_closed_nor_what_waits_for_its_day_nor_what_another_follows(self, cast: Cast) -> None:
        siao, later = cast["siao"], timezone.localdate() + timedelta(days=90)
        make_dossier(state=State.NON_RETENU, referent=siao)
        waits = make_dossier("adjourned", referent=siao)
        Dossier.objects.filter(pk=waits.pk).update(review_on=later)
        make_dossier(referent=cast["siao2"])
        assert ask(operations.silent_for_long(siao, later)) == []


class TestPage:
    def test_who_has_nothing_reads_it(self, browse: Browse) -> None:
        assert "Rien ne vous attend." in text_of(browse("comptable").get("/a-faire/"))
        assert "Rien ne vous attend" in text_of(browse("fol73").get("/a-faire/"))

    def test_its_count_is_in_the_frame(self, browse: Browse) -> None:
        make_dossier()
        html = browse("siao").get("/a-faire/").content.decode()
        assert '<span class="count">1<span class="visually-hidden"> en attente</span></span>' in html
        assert "Sans référent" in html

    def test_a_long_page_leads_to_each_of_its_parts(self, browse: Browse, siao: User) -> None:
        today, parts = timezone.localdate(), (-4, 0, 40)
        for days in parts:
            dossier = make_dossier("adjourned", referent=siao)
            Dossier.objects.filter(pk=dossier.pk).update(review_on=today + timedelta(days=days))
        assert "Dans cette page" not in browse("siao").get("/a-faire/").content.decode()
        make_dossier()  # nobody follows it: a fourth part
        html = browse("siao").get("/a-faire/").content.decode()
        led = re.findall(r'<a class="chip" href="#(groupe-\d)">([^<]+)</a>', html)
        assert len(led) == len(parts) + 1
        for anchor, title in led:
            assert re.search(rf'<h3 [^>]*id="{anchor}">(<a [^>]*>)?{re.escape(title)}<', html)

    def test_the_same_statements_for_few_and_for_many(self, browse: Browse, cast: Cast) -> None:
        browser, sent = browse("siao"), []
        for many in (1, 6):
            for _ in range(many):
                late = make_dossier("adjourned", referent=cast["siao"])
                Dossier.objects.filter(pk=late.pk).update(review_on=timezone.localdate())
                make_dossier(state=State.EN_EVALUATION, state_on=timezone.localdate(), referent=cast["siao"])
            HousingRequest.objects.update(renewed_on=timezone.localdate() - timedelta(days=370))
            browser.get("/a-faire/")
            with statements() as each:
                assert browser.get("/a-faire/").status_code == 200
            sent.append(len(each))
        assert sent[0] == sent[1] <= 12
