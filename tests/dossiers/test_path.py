"""Periods of a residential path: added, corrected, ended, copied, withdrawn; what is refused; how it is drawn."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import grants
from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import (
    Dossier,
    EventKind,
    Leaving,
    Participant,
    Person,
    Precision,
    ResidentialSituation,
    Told,
)
from cases.dossiers.operations import NewFact, household, state_fact
from cases.dossiers.operations.household import Identity, Place, Split
from cases.dossiers.operations.path import (
    NewPeriod,
    add_period,
    copy_period,
    correct_period,
    end_period,
    withdraw_period,
)
from core.errors import NotAllowed, OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal, text_of

pytestmark = pytest.mark.django_db
HOTEL = NewPeriod("3.3 hôtel", date(2024, 3, 1), date(2024, 9, 30), told_by=Told.SI_SIAO)
TODAY = timezone.localdate


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    client.force_login(siao)
    return client


def person_of(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier, participations__role="TITULAIRE")


def enter(dossier: Dossier, first_name: str, **more: Any) -> Participant:
    who = Identity("Revard", first_name=first_name, **more)
    return household.enter_household(dossier.pk, who, Place("ENFANT"), on=None, by=None)


def standing(dossier: Dossier) -> list[ResidentialSituation]:
    return list(ResidentialSituation.objects.standing().filter(dossier=dossier).order_by("started_on"))


class TestPeriods:
    def test_one_more(self, dossier: Dossier, siao: User) -> None:
        row = add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=siao)
        row = ResidentialSituation.objects.get(pk=row.pk)
        assert (row.ethos, row.started_on, row.ended_on) == ("3.3 hôtel", date(2024, 3, 1), date(2024, 9, 30))
        assert (row.told_by, row.source, row.subject_id) == (Told.SI_SIAO, "ACT", person_of(dossier).pk)
        assert Entry.objects.filter(event="residence.noted", target_id=row.pk, actor_id=siao.pk).exists()

    def test_dates_may_be_unknown(self, dossier: Dossier) -> None:
        add_period(dossier.pk, person_of(dossier).pk, NewPeriod("1.1 espace public"), by=None)
        assert [(row.started_on, row.ended_on) for row in standing(dossier)] == [(None, None)]

    def test_a_correction_replaces_and_keeps_the_former(self, dossier: Dossier) -> None:
        former = add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=None)
        told = NewPeriod("8.1 chez des tiers", date(2024, 3, 1), None, started_precision=Precision.MONTH)
        row = correct_period(dossier.pk, former.pk, told, by=None)
        assert standing(dossier) == [row]
        assert ResidentialSituation.objects.get(pk=former.pk).ethos == "3.3 hôtel"
        assert row.replaces_id == former.pk
        with pytest.raises(OperationRefused, match="corrigée ou retirée"):
            correct_period(dossier.pk, former.pk, told, by=None)

    def test_ended(self, dossier: Dossier) -> None:
        ongoing = NewPeriod("3.3 hôtel", date(2024, 3, 1), told_by=Told.DECLARED)
        row = add_period(dossier.pk, person_of(dossier).pk, ongoing, by=None)
        end_period(dossier.pk, row.pk, date(2024, 9, 30), by=None, precision=Precision.MONTH)
        (ended,) = standing(dossier)
        assert (ended.started_on, ended.ended_on, ended.ended_precision) == (
            date(2024, 3, 1),
            date(2024, 9, 30),
            Precision.MONTH,
        )
        assert ended.told_by == Told.DECLARED

    def test_copied_to_who_lived_there_too(self, dossier: Dossier) -> None:
        row = add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=None)
        elder, born_there = enter(dossier, "Mariam"), enter(dossier, "Ibrahim", birth_date=date(2024, 6, 2))
        made = copy_period(dossier.pk, row.pk, [elder.person_id, born_there.person_id], by=None)
        assert [(each.subject_id, each.started_on, each.ethos) for each in made] == [
            (elder.person_id, date(2024, 3, 1), "3.3 hôtel"),
            (born_there.person_id, date(2024, 6, 2), "3.3 hôtel"),
        ]
        with pytest.raises(OperationRefused, match="au moins une autre"):
            copy_period(dossier.pk, row.pk, [row.person_id], by=None)
        unborn = enter(dossier, "Aube", birth_date=date(2025, 1, 1))
        with pytest.raises(OperationRefused, match="avant la naissance"):
            copy_period(dossier.pk, row.pk, [unborn.person_id], by=None)

    def test_withdrawn_and_kept(self, dossier: Dossier) -> None:
        row = add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=None)
        withdraw_period(dossier.pk, row.pk, by=None)
        assert standing(dossier) == []
        assert ResidentialSituation.objects.filter(pk=row.pk).exists()
        with pytest.raises(OperationRefused, match="corrigée ou retirée"):
            end_period(dossier.pk, row.pk, TODAY(), by=None)

    @pytest.mark.parametrize(
        ("told", "sentence"),
        [
            (NewPeriod(" "), "Dites où"),
            (NewPeriod("1.1", date(2024, 2, 1), date(2024, 1, 1)), "La fin vient avant le début"),
            (NewPeriod("1.1", date(2999, 1, 1)), "l’avenir"),
            (NewPeriod("1.1", None, date(2999, 1, 1)), "l’avenir"),
            (NewPeriod("1.1", date(1980, 1, 1), date(1981, 1, 1)), "avant la naissance"),
            (NewPeriod("1.1", date(1984, 2, 28)), "avant la naissance"),
            (NewPeriod("1.1", date(2024, 1, 1), started_precision="WEEK"), "au jour, au mois"),
            (NewPeriod("1.1", told_by="RUMEUR"), "qui a dit"),
        ],
    )
    def test_refused(self, dossier: Dossier, told: NewPeriod, sentence: str) -> None:
        with pytest.raises(OperationRefused, match=sentence):
            add_period(dossier.pk, person_of(dossier).pk, told, by=None)

    def test_the_year_of_the_birth_is_not_before_the_birth(self, dossier: Dossier) -> None:
        told = NewPeriod("1.1", date(1984, 1, 1), started_precision=Precision.YEAR)
        assert add_period(dossier.pk, person_of(dossier).pk, told, by=None).started_on == date(1984, 1, 1)

    def test_of_nobody_else(self, dossier: Dossier, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="n’est pas du ménage"):
            add_period(dossier.pk, person_of(make_dossier()).pk, HOTEL, by=None)
        for account in ("animation", "fol73", "etranger"):
            with pytest.raises(NotAllowed):
                add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=cast[account])


class TestWhatPostgreSQLRefuses:
    @pytest.mark.parametrize("column", ["started_on", "ended_on", "seen_on"])
    def test_the_future(self, dossier: Dossier, column: str) -> None:
        row = add_period(dossier.pk, person_of(dossier).pk, NewPeriod("1.1"), by=None)
        rows = ResidentialSituation.objects.filter(pk=row.pk)
        error = refusal(lambda: rows.update(**{column: TODAY() + timedelta(days=2)}))
        assert "dans l’avenir" in str(error.diag.message_primary)

    def test_correcting_the_period_of_another(self, dossier: Dossier) -> None:
        row = add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=None)
        other = add_period(dossier.pk, enter(dossier, "Mariam").person_id, HOTEL, by=None)
        for replaced in (other, row):
            error = refusal(lambda: ResidentialSituation.objects.filter(pk=row.pk).update(replaces=replaced))  # noqa: B023
            assert "de la même personne" in str(error.diag.message_primary)

    @pytest.mark.parametrize(
        ("column", "value", "name"),
        [
            ("started_precision", "'WEEK'", "residence_start_precision"),
            ("ended_precision", "'YEAR'", "residence_end_precision"),
            ("told_by", "'RUMEUR'", "residence_told_by"),
        ],
    )
    def test_codes(self, dossier: Dossier, column: str, value: str, name: str) -> None:
        add_period(dossier.pk, person_of(dossier).pk, NewPeriod("1.1", date(2024, 1, 1)), by=None)
        sql = f"UPDATE dossiers_residentialsituation SET {column} = {value}"  # noqa: S608
        assert refusal(lambda: execute(sql)).diag.constraint_name == name


class TestDrawing:
    def test_a_lane_for_each_and_what_is_not_known(self, browser: Client, dossier: Dossier) -> None:
        head = person_of(dossier)
        add_period(dossier.pk, head.pk, HOTEL, by=None)
        enter(dossier, "Mariam", birth_date=date(2024, 6, 2))
        lanes = browser.get(f"/dossiers/{dossier.pk}/").context["chart"].lanes
        assert [(lane.label, [(p.start, p.end, p.label) for p in lane.periods]) for lane in lanes] == [
            (
                head.first_name,
                [(date(2024, 3, 1), date(2024, 9, 30), "Hôtel"), (date(2024, 10, 1), None, "Non connu")],
            ),
            ("Mariam", [(date(2024, 6, 2), None, "Non connu")]),
        ]

    def test_a_gap_is_said_and_leads_to_its_form(self, browser: Client, dossier: Dossier) -> None:
        head = person_of(dossier)
        add_period(dossier.pk, head.pk, HOTEL, by=None)
        add_period(dossier.pk, head.pk, NewPeriod("8.1 chez des tiers", date(2024, 12, 25)), by=None)
        page = browser.get(f"/dossiers/{dossier.pk}/parcours/")
        said = text_of(page)
        assert f"Du 1ᵉʳ octobre 2024 au 24 décembre 2024, on ne sait pas où vivait {head.first_name}." in said
        assert "Une date approximative suffit. Compléter" in said
        (doubt,) = page.context["doubts"]
        form = browser.get(doubt.url).context["form"]
        assert form.initial == {"started": "01/10/2024", "ended": "24/12/2024"}

    def test_an_overlap_asks_which(self, browser: Client, dossier: Dossier) -> None:
        head = person_of(dossier)
        add_period(dossier.pk, head.pk, HOTEL, by=None)
        later = add_period(dossier.pk, head.pk, NewPeriod("8.1 chez des tiers", date(2024, 9, 1)), by=None)
        page = browser.get(f"/dossiers/{dossier.pk}/parcours/")
        assert "deux situations à la fois du 1ᵉʳ septembre 2024 au 30 septembre 2024" in text_of(page)
        assert "« Hôtel » et « Chez des tiers ». Laquelle ?" in text_of(page).replace("\u00a0", " ")
        assert page.context["doubts"][0].url == f"/dossiers/{dossier.pk}/parcours/{later.pk}/corriger/"

    def test_sources(self, browser: Client) -> None:
        dossier = make_dossier(ethos="8.1 chez des tiers")
        state_fact(dossier, NewFact(EventKind.LEASE, date(2024, 6, 1), detail="NOM_PROPRE"), by=None)
        add_period(dossier.pk, person_of(dossier).pk, NewPeriod("1.1 rue", date(2023, 6, 1), date(2023, 7, 1)), by=None)
        add_period(dossier.pk, person_of(dossier).pk, HOTEL, by=None)
        ((_, lines),) = browser.get(f"/dossiers/{dossier.pk}/parcours/").context["parts"]
        assert [line.source for line in lines] == ["bail signé", "SI-SIAO", "entretien", "registre"]

    def test_a_lease_is_each_members_home_while_she_is_there(self, browser: Client, dossier: Dossier) -> None:
        state_fact(dossier, NewFact(EventKind.LEASE, date(2024, 6, 1), detail="NOM_PROPRE"), by=None)
        gone = enter(dossier, "Mariam")
        household.leave_household(dossier.pk, gone.pk, Leaving.DEPART, on=date(2024, 12, 1), by=None)
        lanes = browser.get(f"/dossiers/{dossier.pk}/parcours/").context["chart"].lanes
        assert [[(p.start, p.end) for p in lane.periods] for lane in lanes] == [
            [(date(2024, 6, 1), None)],
            [(date(2024, 6, 1), date(2024, 12, 1))],
        ]

    def test_after_a_split_the_common_past_is_told_in_both(self, browser: Client, dossier: Dossier) -> None:
        stay = household.enter_household(
            dossier.pk, Identity("Glandon", first_name="Ysoline"), Place("CONJOINT"), on=None, by=None
        )
        state_fact(dossier, NewFact(EventKind.LEASE, date(2023, 6, 1), detail="NOM_PROPRE"), by=None)
        made = household.split_household(dossier.pk, Split(stay.pk, date(2024, 5, 4)), by=None)
        add_period(made.pk, stay.person_id, NewPeriod("2.1 nuitée", date(2024, 5, 5)), by=None)
        own = browser.get(f"/dossiers/{made.pk}/").context["chart"].lanes[0]
        assert [(p.start, p.end, p.label) for p in own.periods] == [
            (date(2023, 6, 1), date(2024, 5, 4), "Bail en nom propre"),
            (date(2024, 5, 5), None, "Nuitée"),
        ]
        former = browser.get(f"/dossiers/{dossier.pk}/parcours/").context["chart"].lanes[1]
        assert [(p.start, p.end) for p in former.periods] == [(date(2023, 6, 1), date(2024, 5, 4))]

    def test_what_another_dossier_tells_is_for_who_sees_it(self, cast: Cast, dossier: Dossier, client: Client) -> None:
        stay = household.enter_household(
            dossier.pk, Identity("Glandon", first_name="Ysoline"), Place("CONJOINT"), on=None, by=None
        )
        add_period(dossier.pk, stay.person_id, NewPeriod("8.1 chez des tiers", date(2022, 1, 1)), by=None)
        made = household.split_household(dossier.pk, Split(stay.pk, date(2024, 5, 4)), by=None)
        grants.grant(made, to=cast["fol73"], reason="essai", by=None)
        client.force_login(cast["fol73"])
        assert client.get(f"/dossiers/{made.pk}/").context["chart"] is None
        client.force_login(cast["siao"])
        assert client.get(f"/dossiers/{made.pk}/").context["chart"] is not None


class TestPages:
    def test_by_the_forms(self, browser: Client, dossier: Dossier) -> None:
        stay = Participant.objects.get(dossier=dossier)
        base = f"/dossiers/{dossier.pk}/parcours/"
        sent = {"ethos": "3 hébergement temporaire", "started": "03/2024", "ended": "", "told_by": "DECLARED"}
        assert browser.post(f"{base}ajouter/{stay.pk}/", sent).status_code == 302
        (row,) = standing(dossier)
        assert (row.started_on, row.started_precision, row.ended_on) == (date(2024, 3, 1), Precision.MONTH, None)
        assert "mars 2024" in text_of(browser.get(base))
        assert browser.post(f"{base}{row.pk}/fin/", {"ended": "2025"}).status_code == 302
        (row,) = standing(dossier)
        assert (row.ended_on, row.ended_precision) == (date(2025, 12, 31), Precision.YEAR)
        form = browser.get(f"{base}{row.pk}/corriger/").context["form"]
        assert (form.initial["started"], form.initial["ended"]) == ("03/2024", "2025")
        assert browser.post(f"{base}{row.pk}/corriger/", {**sent, "started": "2024-04-02"}).status_code == 302
        (row,) = standing(dossier)
        assert browser.post(f"{base}{row.pk}/retirer/", {}).status_code == 302
        assert standing(dossier) == []
        assert "Voir les périodes corrigées ou retirées (3)" in text_of(browser.get(base))

    @pytest.mark.parametrize(
        ("sent", "sentence"),
        [
            ({"started": "31/02/2024"}, "Écrivez une date qui existe"),
            ({"started": "13/2024"}, "Écrivez une date qui existe"),
            ({"started": "avant"}, "Écrivez une date qui existe"),
            ({"started": "1784"}, "Écrivez une date qui existe"),
            ({"started": "2999"}, "Écrivez une date passée"),
            ({"started": "05/2024", "ended": "04/2024"}, "La fin vient avant le début"),
            ({"started": "1950"}, "avant la naissance"),
            ({"ethos": ""}, "Choisissez dans la liste"),
        ],
    )
    def test_impossible_dates(self, browser: Client, dossier: Dossier, sent: dict[str, str], sentence: str) -> None:
        stay = Participant.objects.get(dossier=dossier)
        full = {"ethos": "1 espace public", "started": "", "ended": "", "told_by": "", **sent}
        answer = browser.post(f"/dossiers/{dossier.pk}/parcours/ajouter/{stay.pk}/", full)
        assert answer.status_code == 422
        assert sentence in text_of(answer)
