"""Séances as each role reads them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers.models import Dossier
from commission.models import ExamenState, Seance
from commission.operations import PastExamen, record_past_examen, record_past_seance
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
MEMBERS = ["siao", "animation", "bailleur", "ddetspp", "coordination"]
OTHERS = [
    "prescripteur",
    "fol73",
    "sante",
    "habitat",
    "finances",
    "comptable",
    "observatoire",
    "dpo",
    "admin",
    "etranger",
]
READ_FILES = ["siao", "animation"]


@pytest.fixture
def held(cast: Cast) -> Seance:
    sat = list(Organisation.objects.filter(name__in=["Habitat des Bauges", "SIAO de la Savoie"]))
    return record_past_seance(date(2023, 3, 16), "Salle des Glycines", sat, by=None)


def examine(seance: Seance, state: ExamenState = ExamenState.VALIDEE, **facts: Any) -> Dossier:
    dossier = make_dossier("presented", **facts)
    landlord = Organisation.objects.get(name="Savoie Toit Familial")
    record_past_examen(dossier, PastExamen(seance, state, landlord), by=None)
    return dossier


def surname(dossier: Dossier) -> str:
    return str(dossier.participants.get().person.last_name)


class TestList:
    @pytest.mark.parametrize("account", MEMBERS)
    def test_its_members_see_place_and_presences(self, browse: Browse, held: Seance, account: str) -> None:
        record_past_seance(timezone.localdate() + timedelta(days=9), "Salle du Bocage", [], by=None)
        answer = browse(account).get("/seances/")
        said = text_of(answer)
        assert "Jeudi 16 mars 2023" in said
        assert "Salle des Glycines 2" in said
        assert "À venir" in said
        assert held.get_absolute_url() in answer.content.decode()

    @pytest.mark.parametrize("account", OTHERS)
    def test_it_does_not_exist_for_others(self, browse: Browse, held: Seance, account: str) -> None:
        browser = browse(account)
        assert browser.get("/seances/").status_code == 404
        assert browser.get(held.get_absolute_url()).status_code == 404

    def test_a_visitor_is_led_to_the_door(self, browse: Browse, held: Seance) -> None:
        for url in ("/seances/", held.get_absolute_url()):
            assert browse("").get(url).headers["Location"] == f"/connexion/?next={url}"

    def test_the_number_of_situations_is_for_who_may_read_files(self, browse: Browse, held: Seance) -> None:
        examine(held)
        examine(held, ExamenState.RETIREE)
        for account in MEMBERS:
            said = text_of(browse(account).get("/seances/"))
            assert ("Salle des Glycines 2 1" in said) == (account in READ_FILES)
            assert ("Organismes présents Situations" in said) == (account in READ_FILES)

    def test_nothing_yet_is_said(self, browse: Browse) -> None:
        assert "Aucune séance n’est connue" in text_of(browse("bailleur").get("/seances/"))

    def test_the_same_statements_for_few_and_for_many(self, browse: Browse, held: Seance) -> None:
        browser = browse("siao")
        browser.get("/seances/")
        with statements() as few:
            browser.get("/seances/")
        for day in range(1, 25):
            examine(record_past_seance(date(2022, 5, day), "Salle des Glycines", [the_siao()], by=None))
        with statements() as many:
            browser.get("/seances/")
        assert len(many) == len(few) <= 12


class TestSeance:
    @pytest.mark.parametrize("account", READ_FILES)
    def test_names_and_decisions_for_who_reads_files(
        self, browse: Browse, cast: Cast, held: Seance, account: str
    ) -> None:
        dossier = examine(held, ExamenState.VALIDEE_SOUS_RESERVE)
        answer = browse(account).get(held.get_absolute_url())
        said = text_of(answer)
        for told in (
            surname(dossier),
            dossier.reference,
            "Validée sous réserve",
            "Savoie Toit Familial",
            "Habitat des Bauges",
        ):
            assert told in said
        assert dossier.get_absolute_url() in answer.content.decode()
        (entry,) = Entry.objects.filter(actor_id=cast[account].pk)
        assert (entry.event, entry.target_id) == ("seance.opened", held.pk)

    @pytest.mark.parametrize("account", ["bailleur", "ddetspp", "coordination"])
    def test_presences_alone_for_the_others(self, browse: Browse, cast: Cast, held: Seance, account: str) -> None:
        dossier = examine(held)
        answer = browse(account).get(held.get_absolute_url())
        said = text_of(answer)
        assert "Habitat des Bauges" in said
        for hidden in (surname(dossier), dossier.reference, "Validée", str(dossier.pk)):
            assert hidden not in answer.content.decode()
        assert not Entry.objects.filter(actor_id=cast[account].pk).exists()

    def test_a_dossier_that_is_not_open_to_one_is_not_there(self, browse: Browse, cast: Cast, held: Seance) -> None:
        shown, hidden = examine(held), examine(held)
        hidden.group_grants.model.objects.filter(content_object=hidden).update(valid_until=timezone.now())
        said = browse("siao").get(held.get_absolute_url()).content.decode()
        assert shown.reference in said
        assert hidden.reference not in said
        assert str(hidden.pk) not in said

    def test_django_alone_would_hide_it(self, browse: Browse, cast: Cast, held: Seance) -> None:
        """The first guard, by itself: without the policies of PostgreSQL the page tells no more, nor counts more."""
        shown, hidden = examine(held), examine(held)
        hidden.group_grants.model.objects.filter(content_object=hidden).update(valid_until=timezone.now())
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing may be pending when a table changes
        for table in ("commission_examen", "dossiers_dossier", "dossiers_participant", "dossiers_person"):
            execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        browser = browse("siao")
        said = browser.get(held.get_absolute_url()).content.decode()
        assert (shown.reference in said, hidden.reference in said) == (True, False)
        assert "Salle des Glycines 2 1" in text_of(browser.get("/seances/"))

    @pytest.mark.parametrize("path", ["/seances/00000000-0000-4000-8000-000000000000/", "/seances/abc/", "/seances/1/"])
    def test_one_that_does_not_exist(self, browse: Browse, path: str) -> None:
        assert browse("siao").get(path).status_code == 404

    def test_without_presences_nor_place_it_says_so(self, browse: Browse) -> None:
        bare = record_past_seance(date(2023, 1, 5), "", [], by=None)
        said = text_of(browse("siao").get(bare.get_absolute_url()))
        assert "Le registre ne dit pas qui siégeait." in said
        assert "Lieu non renseigné" in said
        assert "Aucune situation" in said

    def test_the_same_statements_for_few_and_for_many(self, browse: Browse, cast: Cast, held: Seance) -> None:
        browser = browse("siao")
        examine(held)
        browser.get(held.get_absolute_url())
        with statements() as few, statements("keystore") as few_keys:
            browser.get(held.get_absolute_url())
        for _ in range(12):
            examine(held)
        with statements() as many, statements("keystore") as many_keys:
            browser.get(held.get_absolute_url())
        assert len(many) == len(few) <= 15
        assert len(few_keys) <= 1
        assert len(many_keys) <= 1
        assert not [sql for sql in many if not sql.startswith(("SELECT", 'INSERT INTO "audit_entry"'))]
