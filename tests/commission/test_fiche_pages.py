"""Fiches on pages, as each audience reads them; nothing in them of what must not be told."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Organisation
from audit.models import Entry, Kind
from cases.dossiers.models import EventKind, State
from cases.dossiers.operations import NewFact, state_fact
from commission import operations
from commission.models import Examen, ExamenGroupGrant, Fiche, Seance
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
SOON = timezone.localdate() + timedelta(days=9)
READERS = ["bailleur", "bailleur2", "ddetspp", "coordination"]
STAFF = ["siao", "animation"]
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
CANARIES: dict[str, Any] = {
    "last_name": "Zzcanari-Nom",
    "first_name": "Zzcanari-Prenom",
    "unique_number": "073ZZCANARI0001",
    "ethos": "6.1 zzcanari sortie de prison",
    "birth_date": date(1961, 7, 23),
    "resource": "AAH",
    "resources": Decimal("1016.05"),
}
NOTE = "zzcanari note de santé"
FORBIDDEN = [
    *("Zzcanari", "zzcanari", "ZZCANARI", "1961", "23/07", "AAH", "handicap", "1016", "1 016", "prison", "Hôpital"),
    *("nommé", "Vautrin"),
]


# what is drawn at random may hold « AAH » or « 1961 »
DRAWN = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}')


@pytest.fixture
def seance(cast: Cast) -> Seance:
    return operations.plan_seance(SOON, "Salle des Glycines", by=None)


@pytest.fixture
def examen(cast: Cast, seance: Seance) -> Examen:
    """A situation whose every sensitive field is a canary, on the agenda of a convened séance."""
    prescriber = Organisation.objects.filter(kind="PRESCRIPTEUR").first()
    dossier = make_dossier(
        reference="ESSAI-FICHE",
        state=State.PRET,
        referent=cast["siao"],
        prescripteur=prescriber,
        household_type="HOMME_ISOLE_SANS_ENFANT",
        rent_debt=Decimal("860.40"),
        **CANARIES,
    )
    complete(dossier)
    state_fact(dossier, NewFact(EventKind.FACT, date(2024, 1, 2), detail="HOSPITALISATION", note=NOTE), by=None)
    operations.convene(seance.pk, by=None)
    return operations.enrol(dossier.pk, seance.pk, by=None)


def page_of(examen: Examen) -> str:
    return f"/seances/{examen.seance_id}/fiches/{examen.pk}/"


def table_of(examen: Examen) -> str:
    return f"/seances/{examen.seance_id}/fiches.csv"


class TestMembers:
    @pytest.mark.parametrize("account", READERS)
    def test_what_it_tells(self, browse: Browse, examen: Examen, account: str) -> None:
        said = text_of(browse(account).get(page_of(examen)))
        for told in (
            f"Fiche de situation {examen.dossier.reference}",
            "Premier passage.",
            "Composition Homme seul",
            "Âge 65 ans et plus",
            "Situation Sortie d’institution",
            "Nature Allocation",
            "Total environ 1 020 € par mois",
            "Dette de loyer 860,40 €",
            "Projet le ménage y adhère",
            "Sans nom, sans santé, sans justice.",
        ):
            assert told in said.replace("\u00a0", " ").replace("\u202f", " "), told

    @pytest.mark.parametrize("account", READERS)
    def test_no_canary_on_any_of_their_pages(self, browse: Browse, examen: Examen, account: str) -> None:
        browser, dossier = browse(account), examen.dossier
        names = [str(organisation) for organisation in Organisation.objects.filter(kind="PRESCRIPTEUR")]
        identifiers = (str(dossier.pk), str(dossier.household_id))
        for path in ("/", "/seances/", f"/seances/{examen.seance_id}/", page_of(examen), table_of(examen)):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            html = answer.content.decode()
            for word in [*FORBIDDEN, *names]:
                assert word not in DRAWN.sub("", html), (path, word)
            for word in identifiers:
                assert word not in html, path

    @pytest.mark.parametrize("account", READERS)
    def test_the_reader_is_written_on_it(self, browse: Browse, examen: Examen, account: str) -> None:
        said = browse(account).get(page_of(examen)).content.decode()
        organisation = {"bailleur": "Habitat des Bauges", "bailleur2": "Savoie Toit Familial"}.get(account)
        assert said.count(organisation or "") > 10
        assert str(timezone.localdate().year) in said

    @pytest.mark.parametrize("account", OTHERS)
    def test_it_does_not_exist_for_others(self, browse: Browse, examen: Examen, account: str) -> None:
        browser = browse(account)
        absent = browser.get("/nulle-part/")
        for path in (page_of(examen), table_of(examen), f"/seances/{examen.seance_id}/lectures/"):
            answer = browser.get(path)
            assert (answer.status_code, answer.content) == (404, absent.content)

    def test_absent_forbidden_and_over_are_the_same(self, browse: Browse, cast: Cast, examen: Examen) -> None:
        browser = browse("bailleur")
        absent = browser.get(f"/seances/{examen.seance_id}/fiches/00000000-0000-4000-8000-000000000000/")
        assert browser.get(page_of(examen)).status_code == 200
        now = timezone.now()
        ExamenGroupGrant.ever.update(valid_from=now - timedelta(days=40), valid_until=now - timedelta(seconds=1))
        for path in (page_of(examen), table_of(examen)):
            answer = browser.get(path)
            assert (answer.status_code, answer.content) == (404, absent.content)
        assert "Aucune fiche" in text_of(browser.get(f"/seances/{examen.seance_id}/"))

    def test_under_another_seance_it_does_not_exist(self, browse: Browse, examen: Examen) -> None:
        other = operations.plan_seance(SOON, "Salle du Bocage", by=None)
        assert browse("bailleur").get(f"/seances/{other.pk}/fiches/{examen.pk}/").status_code == 404

    def test_each_reading_is_journaled_with_its_version(self, browse: Browse, cast: Cast, examen: Examen) -> None:
        browser = browse("bailleur")
        browser.get(page_of(examen))
        browser.get(table_of(examen))
        fiche = Fiche.objects.get()
        codes = {"version": 1, "organisation": str(Organisation.objects.known_as("Habitat des Bauges").get().pk)}
        found = Entry.objects.filter(actor_id=cast["bailleur"].pk, kind=Kind.READ).order_by("recorded_at")
        assert [(each.event, each.target_id, each.dossier_id, each.codes) for each in found] == [
            (event, fiche.pk, examen.dossier_id, codes) for event in ("fiche.opened", "fiche.exported")
        ]

    def test_the_table_says_the_same(self, browse: Browse, examen: Examen) -> None:
        answer = browse("ddetspp").get(table_of(examen))
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="fiches-{SOON}.csv"'
        (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
        assert row["Référence"] == examen.dossier.reference
        assert row["Logement aujourd’hui"] == "Sortie d’institution"
        assert "DDETSPP" in row["Exemplaire de"]

    def test_no_formula_in_the_table(self, browse: Browse, examen: Examen) -> None:
        made = make_dossier(state=State.PRET, reference="=1+1", referent=None)
        complete(made)
        operations.enrol(made.pk, examen.seance_id, by=None)
        assert "\n'=1+1;" in browse("bailleur").get(table_of(examen)).content.decode().replace("\r", "")

    def test_the_first_page_tells_the_seance_and_how_many_fiches(self, browse: Browse, examen: Examen) -> None:
        for account in READERS:
            answer = browse(account).get("/")
            assert "1 fiche à lire." in text_of(answer).replace("\u00a0", " ")
            assert f'href="/seances/{examen.seance_id}/"' in answer.content.decode()
        assert "à lire" not in text_of(browse("observatoire").get("/"))

    def test_who_is_not_called_is_told_nothing(self, browse: Browse, seance: Seance) -> None:
        operations.convene(seance.pk, by=None, members=[Organisation.objects.known_as("DDETSPP").get()])
        assert "fiche" not in text_of(browse("bailleur").get("/")).lower().replace("les fiches de ses séances", "")
        assert "Vos séances" not in text_of(browse("bailleur").get("/"))
        assert "Aucune fiche encore" in text_of(browse("ddetspp").get("/"))

    def test_the_list_of_seances_says_where_one_is_called(self, browse: Browse, examen: Examen) -> None:
        operations.convene(operations.plan_seance(SOON, "Salle du Bocage", by=None).pk, by=None)
        said = text_of(browse("bailleur").get("/seances/"))
        assert "Salle des Glycines à venir 1" in said
        assert "Salle du Bocage à venir convoqué" in said

    def test_the_same_statements_for_few_and_for_many(self, browse: Browse, examen: Examen) -> None:
        browser = browse("bailleur")
        page, table = f"/seances/{examen.seance_id}/", table_of(examen)
        for path in (page, table):
            browser.get(path)
        with statements() as few:
            browser.get(page)
        for _ in range(8):
            dossier = make_dossier(state=State.PRET)
            complete(dossier)
            operations.enrol(dossier.pk, examen.seance_id, by=None)
        with statements() as many, statements("keystore") as keys:
            browser.get(page)
        assert len(many) == len(few) <= 16
        assert keys == []
        with statements("keystore") as keys:
            browser.get(table)
        assert len(keys) <= 1


class TestBeforeSharing:
    @pytest.mark.parametrize("account", STAFF)
    def test_the_very_sheet_from_the_dossier_and_from_the_seance(
        self, browse: Browse, examen: Examen, account: str
    ) -> None:
        dossier = examen.dossier
        shown = sheet(browse("bailleur").get(page_of(examen)))
        for path in (
            f"/dossiers/{dossier.pk}/commission/fiche/",
            f"/dossiers/{dossier.pk}/commission/{examen.pk}/fiche/",
        ):
            answer = browse(account).get(path)
            assert sheet(answer) == shown
            assert "Ne sont pas montrés" in text_of(answer)
            assert "Zzcanari" not in answer.content.decode()

    def test_before_any_seance(self, browse: Browse, cast: Cast) -> None:
        dossier = make_dossier(state=State.PRET)
        tab = f"/dossiers/{dossier.pk}/commission/"
        assert "Ce que verra le bailleur" in text_of(browse("siao").get(tab))
        said = text_of(browse("siao").get(f"{tab}fiche/"))
        assert f"Fiche de situation {dossier.reference}" in said
        assert not Fiche.objects.exists()

    @pytest.mark.parametrize("account", [*READERS, *OTHERS])
    def test_it_does_not_exist_for_others(self, browse: Browse, examen: Examen, account: str) -> None:
        tab = f"/dossiers/{examen.dossier_id}/commission/"
        for path in (f"{tab}fiche/", f"{tab}{examen.pk}/fiche/", f"/seances/{examen.seance_id}/lectures/"):
            assert browse(account).get(path).status_code == 404

    def test_nor_for_a_social_worker_who_may_open_the_dossier(self, browse: Browse, cast: Cast, examen: Examen) -> None:
        team = Organisation.objects.known_as("FOL 73").get().team
        grant(examen.dossier, to=team, reason="measure", by=None)
        tab = f"/dossiers/{examen.dossier_id}/commission/"
        assert browse("fol73").get(tab).status_code == 200
        assert browse("fol73").get(f"{tab}fiche/").status_code == 404


class TestWhoRead:
    def test_organisation_version_and_moment(self, browse: Browse, cast: Cast, examen: Examen) -> None:
        browse("bailleur").get(page_of(examen))
        path = f"/seances/{examen.seance_id}/lectures/"
        said = text_of(browse("animation").get(path))
        assert f"{examen.dossier.reference} Habitat des Bauges {cast['bailleur']} 1, lue" in said
        other = text_of(browse("siao").get(path))
        assert f"{examen.dossier.reference} Habitat des Bauges 1, lue" in other
        assert str(cast["bailleur"]) not in other
        assert "Savoie Toit Familial 1 fiche" in other.replace("\u00a0", " ")

    def test_of_a_dossier_that_one_does_not_see_nothing(self, browse: Browse, examen: Examen) -> None:
        browse("bailleur").get(page_of(examen))
        examen.dossier.group_grants.model.objects.filter(content_object=examen.dossier).update(
            valid_until=timezone.now()
        )
        said = text_of(browse("animation").get(f"/seances/{examen.seance_id}/lectures/"))
        assert "Aucune lecture" in said
        assert examen.dossier.reference not in said


class TestMembersForm:
    def test_called_then_changed(self, browse: Browse, cast: Cast, seance: Seance) -> None:
        browser, here = browse("animation"), f"/seances/{seance.pk}/"
        assert browser.get(f"{here}convocation/").content.decode().count("checked") >= 4
        state = Organisation.objects.known_as("DDETSPP").get()
        nobody = browser.post(f"{here}convocation/", {})
        assert (nobody.status_code, "Cochez les membres" in text_of(nobody)) == (422, True)
        assert "La séance est convoquée." in text_of(
            browser.post(f"{here}convocation/", {"members": [state.pk]}, follow=True)
        )
        landlord = Organisation.objects.known_as("Habitat des Bauges").get()
        browser.post(f"{here}membres/", {"members": [landlord.pk]})
        assert operations.members_of(seance) == [landlord]

    def test_another_day(self, browse: Browse, examen: Examen) -> None:
        day = SOON + timedelta(days=7)
        answer = browse("animation").post(
            f"/seances/{examen.seance_id}/date/", {"held_on": f"{day:%d/%m/%Y}"}, follow=True
        )
        assert f"reportée au {day:%d/%m/%Y}" in text_of(answer)


def sheet(answer: object) -> str:
    """What the sheet says, without who reads it."""
    return text_of(answer).partition("Le ménage")[2].partition("Exemplaire de")[0]
