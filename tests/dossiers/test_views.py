"""The list and the pages of a dossier, through the client: who sees what, in which words, in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import grants
from accounts.models import OrganisationKind, User
from accounts.operations import recognise_organisation
from audit.models import Entry, Kind
from cases.dossiers import operations
from cases.dossiers.models import Dossier, EventKind, HoldCode, HousingRequest, State
from cases.dossiers.operations import NewFact, hold, state_fact
from core.models import OutboxMessage
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, text_of
from vault import keys

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
LIST = "/dossiers/"
HIDDEN = "Cette page n’existe pas, ou vous n’y avez pas accès."
TABS = ("dossiers:detail", "dossiers:journal", "commission:dossier", "housing:dossier", "support:dossier")


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    """The referent's."""
    client.force_login(siao)
    return client


@pytest.fixture
def reader(cast: Cast, dossier: Dossier, client: Client, request: pytest.FixtureRequest) -> Client:
    """Somebody of another team, to whom the dossier was opened."""
    grants.grant(dossier, to=cast[request.param], reason="essai", by=None)
    client.force_login(cast[request.param])
    return client


def text(client: Client, address: str, status: int = 200, **sent: Any) -> str:
    """What a page says, in plain spaces."""
    answer = client.get(address, **sent)
    assert answer.status_code == status, address
    return " ".join(unescape(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ").split())


def page(dossier: Dossier, name: str = "dossiers:detail") -> str:
    return reverse(name, args=[dossier.pk])


def listed(client: Client, **asked: str) -> list[str]:
    """The references of the list's rows, in their order."""
    answer = client.get(LIST, asked)
    assert answer.status_code == 200
    return [line.dossier.reference for line in answer.context["lines"]]


class TestWhoMayOpen:
    @pytest.mark.parametrize("account", ["bailleur", "ddetspp", "admin", "comptable", "etranger"])
    def test_for_other_roles_the_pages_do_not_exist(
        self, cast: Cast, dossier: Dossier, client: Client, account: str
    ) -> None:
        grants.grant(dossier, to=cast[account], reason="essai", by=None)
        client.force_login(cast[account])
        for address in (LIST, *(page(dossier, tab) for tab in TABS)):
            assert HIDDEN in text(client, address, status=404)

    def test_without_a_grant_a_dossier_is_absent(self, cast: Cast, dossier: Dossier, client: Client) -> None:
        client.force_login(cast["fol73"])
        absent = text(client, f"/dossiers/{uuid4()}/", status=404)
        for tab in TABS:
            assert text(client, page(dossier, tab), status=404) == absent
        assert listed(client) == []
        assert "Aucun dossier ne vous est ouvert" in text(client, LIST)
        assert not Entry.objects.filter(dossier_id=dossier.pk, kind=Kind.READ).exists()

    def test_a_visitor_signs_in_first(self, dossier: Dossier, client: Client) -> None:
        for address in (LIST, page(dossier), page(dossier, "dossiers:take")):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["location"]) == (302, f"/connexion/?next={address}")

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_what_only_shows_takes_nothing(self, browser: Client, dossier: Dossier, method: str) -> None:
        for address in (LIST, *(page(dossier, tab) for tab in TABS if tab != "commission:dossier")):
            assert getattr(browser, method)(address).status_code == 405


class TestList:
    def test_names_for_who_may_read_them(self, browser: Client) -> None:
        dossier = make_dossier(last_name="Orsel", first_name="Berthe")
        said = text(browser, LIST)
        assert "Orsel, Berthe" in said
        assert dossier.reference in said
        assert "Femme seule" in said
        assert "1 dossier vous est ouvert." in said

    @pytest.mark.parametrize("reader", ["prescripteur"], indirect=True)
    def test_who_prescribes_has_a_list_of_her_own(self, reader: Client, dossier: Dossier) -> None:
        answer = reader.get(LIST)
        assert (answer.status_code, answer.headers["location"]) == (302, "/prescriptions/")

    def test_views_and_their_counts(self, browser: Client, siao: User) -> None:
        mine = make_dossier(referent=siao)
        due = make_dossier("adjourned", referent=siao)
        alone = make_dossier()
        closed = operations.close(make_dossier().pk, by=None, on=date(2024, 1, 2), outcome="DECES")
        assert listed(browser, vue="miens") == sorted([mine.reference, due.reference], reverse=True)
        assert listed(browser, vue="sans-referent") == [alone.reference]
        assert listed(browser, vue="a-revoir") == [due.reference]
        assert closed.reference in listed(browser)
        chips = browser.get(LIST).context["views"]
        assert [(chip.label, chip.count) for chip in chips] == [
            ("Tous", 4),
            ("Mes dossiers", 2),
            ("Sans référent", 1),
            ("À revoir", 1),
        ]

    def test_a_review_to_come_is_not_to_review(self, browser: Client, siao: User) -> None:
        today = timezone.localdate()
        dossier = make_dossier()
        operations.adjourn(dossier.pk, by=None, on=today, motive="AJOURNE_AUTRE", review_on=today + timedelta(days=9))
        assert listed(browser, vue="a-revoir") == []

    def test_filters_by_codes(self, browser: Client, siao: User) -> None:
        ccas = recognise_organisation("Accueil de la Leysse", OrganisationKind.PRESCRIPTEUR, by=None)
        one = make_dossier(prescripteur=ccas, evaluated_on=date(2021, 5, 3))
        two = make_dossier("presented", referent=siao)
        three = make_dossier(state=State.NON_RETENU, motive="DECES", evaluated_on=date(2021, 9, 1))
        state_fact(two, NewFact(EventKind.PRESENTATION, date(2023, 3, 16)), by=None)
        assert listed(browser, etat="VALIDE") == [two.reference]
        assert listed(browser, referent=str(siao.pk)) == [two.reference]
        assert listed(browser, prescripteur=str(ccas.pk)) == [one.reference]
        assert listed(browser, annee="EVALUATION-2021") == [three.reference, one.reference]
        assert listed(browser, annee="PRESENTATION-2023") == [two.reference]
        assert listed(browser, annee="EVALUATION-2021", etat="NON_RETENU") == [three.reference]
        assert listed(browser, annee="EVALUATION-2021", etat="CLOS") == []
        said = text(browser, f"{LIST}?annee=EVALUATION-2021&etat=NON_RETENU")
        assert "1 dossier sur 3." in said
        assert "Évalué en 2021" in said
        assert f"Prescripteur : {ccas}" in text(browser, f"{LIST}?prescripteur={ccas.pk}")

    def test_a_chip_takes_its_filter_off(self, browser: Client, dossier: Dossier) -> None:
        active = browser.get(f"{LIST}?etat=EVALUE&tri=depuis&page=1").context["active"]
        assert [(each.label, each.url) for each in active] == [("Évalué", "?tri=depuis")]

    def test_nothing_found_says_the_way_back(self, browser: Client, dossier: Dossier) -> None:
        assert "Aucun dossier ne répond à ces filtres" in text(browser, f"{LIST}?etat=CLOS")

    @pytest.mark.parametrize(
        "asked",
        [
            "etat=RIEN",
            "etat=%00",
            "referent=x",
            "annee=EVALUATION-",
            "annee=9999999",
            "tri=reference;",
            "vue=%27",
            "page=x",
        ],
    )
    def test_what_means_nothing_is_left_aside(self, browser: Client, dossier: Dossier, asked: str) -> None:
        answer = browser.get(f"{LIST}?{asked}")
        assert answer.status_code == 200
        assert [line.dossier for line in answer.context["lines"]] == [dossier]

    def test_an_address_does_not_tell_names(self, browser: Client, cast: Cast, dossier: Dossier) -> None:
        """A filter on somebody who follows none of my dossiers says nothing of her."""
        assert str(cast["sante"]) not in text(browser, f"{LIST}?referent={cast['sante'].pk}")

    def test_sorts(self, browser: Client) -> None:
        old = make_dossier(state_on=date(2021, 1, 1))
        unknown = make_dossier(state=State.REPERE, state_on=None)
        new = make_dossier("presented", state_on=date(2024, 1, 1))
        by_date = [old.reference, new.reference, unknown.reference]
        assert listed(browser, tri="depuis") == by_date
        assert listed(browser, tri="-depuis") == [new.reference, old.reference, unknown.reference]
        assert listed(browser, tri="etat") == [unknown.reference, old.reference, new.reference]
        assert listed(browser, tri="reference") == sorted(by_date)

    def test_pages(self, browser: Client) -> None:
        made = sorted((make_dossier("bare").reference for _ in range(27)), reverse=True)
        assert listed(browser) == made[:25]
        assert listed(browser, page="2") == made[25:]
        assert listed(browser, page="99") == made[25:]
        assert listed(browser, page="abc") == made[:25]

    def test_as_many_queries_with_few_and_many(self, browser: Client, siao: User) -> None:
        counts = []
        browser.get(LIST)  # the session is seen once a minute
        for more in (2, 28):
            for _ in range(more):
                make_dossier(referent=siao)
            keys.forget_all()
            counts.append(_queries(browser, f"{LIST}?referent={siao.pk}&etat=EVALUE"))
        assert counts[0] == counts[1] <= 12

    def test_it_is_journaled_once_and_writes_nothing_else(self, browser: Client, siao: User, dossier: Dossier) -> None:
        before = Entry.objects.count(), OutboxMessage.objects.count()
        browser.get(LIST)
        assert (Entry.objects.count() - 1, OutboxMessage.objects.count()) == before
        entry = Entry.objects.get(event="dossiers.listed")
        assert (entry.kind, entry.target_id, entry.actor_id, entry.dossier_id) == (Kind.READ, siao.pk, siao.pk, None)


class TestPage:
    def test_who_where_and_what_is_missing(self, browser: Client, siao: User) -> None:
        dossier = make_dossier(last_name="Orsel", first_name="Berthe", referent=siao, ethos="8.1 chez une amie")
        said = text(browser, page(dossier))
        assert "<h1>Berthe Orsel</h1>" in said
        age = timezone.localdate().year - 1984 - (timezone.localdate() < date(timezone.localdate().year, 3, 1))
        assert f"{age} ans, femme seule. À l’évaluation : chez une amie. Référent : {siao}." in said
        assert "Il manque six choses." in said
        assert "Pièce d’identité de Berthe Orsel." in said
        assert f'href="/dossiers/{dossier.pk}/documents/demander/">Demander la pièce</a>' in said
        assert "L’adhésion du ménage au projet." in said
        assert "Le numéro unique est renseigné." in said
        assert "607,75 €</span> par mois" in said
        assert f"{dossier.pk}/actes/declare_ready/" not in said

    def test_the_button_comes_when_nothing_is_missing(self, browser: Client, dossier: Dossier) -> None:
        complete(dossier)
        said = text(browser, page(dossier))
        assert "Il manque" not in said
        assert f'method="post" action="/dossiers/{dossier.pk}/actes/declare_ready/"' in said
        assert "Ajourner…" in said

    def test_an_act_done_elsewhere_says_where(self, browser: Client) -> None:
        said = text(browser, page(make_dossier(state=State.PRET)))
        assert "La présentation se fait en séance." in said
        assert "actes/present/" not in said
        assert "Il manque" not in said

    def test_what_holds_it(self, browser: Client, dossier: Dossier) -> None:
        hold(dossier, HoldCode.LEASE, holder=uuid4(), by=None)
        assert "Ce qui retient le dossier" in text(browser, page(dossier))

    def test_facts_newest_first_and_unknown_dates_said(self, browser: Client) -> None:
        prescriber = recognise_organisation("Maraude des Bauges", OrganisationKind.PRESCRIPTEUR, by=None)
        dossier = make_dossier("adjourned", oriented_on=None, prescripteur=prescriber, motive_text="Deux loyers dus")
        said = text(browser, page(dossier))
        evaluated, oriented = said.index("12 janvier 2023</time>"), said.index("date non connue")
        assert evaluated < oriented
        assert "Ajourné par le SIAO : dettes locatives. « Deux loyers dus »" in said
        assert said.index("Maraude des Bauges</p>") > oriented

    def test_a_corrected_fact_is_not_told_twice(self, browser: Client, dossier: Dossier) -> None:
        operations.correct_fact(dossier, NewFact(EventKind.EVALUATION, date(2023, 2, 5)), by=None)
        said = text(browser, page(dossier))
        assert "12 janvier 2023</time>" not in said
        assert "5 février 2023</time>" in said

    def test_the_path(self, browser: Client) -> None:
        steps = browser.get(page(make_dossier("presented"))).context["steps"]
        assert [(step.label, step.status) for step in steps[:5]] == [
            ("Prescrit", "done"),
            ("Évalué", "done"),
            ("Prêt à présenter", "done"),
            ("Commission", "now"),
            ("Recherche", "todo"),
        ]
        assert [step.when for step in steps[:3]] == [date(2022, 11, 7), date(2023, 1, 12), None]

    def test_where_it_had_come_to(self, browser: Client) -> None:
        refused = make_dossier(state=State.NON_RETENU, motive="DECES")
        spotted = make_dossier("bare")
        again = make_dossier(state=State.NON_RETENU, motive="DECES")
        operations.reconsider(again.pk, by=None, on=date(2024, 6, 3), note="Un fait nouveau.")
        now = [
            [(step.label, step.when) for step in browser.get(page(each)).context["steps"] if step.status == "now"]
            for each in (refused, spotted, again)
        ]
        assert now == [[("Évalué", date(2023, 1, 12))], [], [("Évaluation", date(2024, 6, 3))]]

    def test_where_it_lived(self, browser: Client, dossier: Dossier) -> None:
        seen = make_dossier(ethos="2.1 hébergement d’urgence")
        state_fact(seen, NewFact(EventKind.LEASE, date(2023, 6, 1), detail="NOM_PROPRE"), by=None)
        state_fact(seen, NewFact(EventKind.OUTCOME, date(2024, 6, 1), detail="EXPULSION"), by=None)
        periods = browser.get(page(seen)).context["chart"].lanes[0].periods
        assert [(each.start, each.end, each.label) for each in periods] == [
            (date(2023, 1, 12), date(2023, 1, 12), "Hébergement d’urgence"),
            (date(2023, 1, 13), date(2023, 5, 31), "Non connu"),
            (date(2023, 6, 1), date(2024, 6, 1), "Bail en nom propre"),
            (date(2024, 6, 2), None, "Non connu"),
        ]
        assert "Le 12 janvier 2023 : hébergement d’urgence. On ne sait" in text(browser, page(seen))
        assert browser.get(page(dossier)).context["chart"] is None

    def test_how_long_the_request_is_valid(self, browser: Client, dossier: Dossier) -> None:
        today = timezone.localdate()
        late, gone = today - timedelta(days=370), date(2023, 1, 1)
        for renewed, words in ((today, "valable jusqu’au"), (late, "expirée, renouvelable"), (gone, "à refaire")):
            HousingRequest.objects.filter(dossier=dossier).update(renewed_on=renewed)
            assert words in text(browser, page(dossier))

    def test_its_readings_are_counted_for_the_siao(self, browser: Client, dossier: Dossier) -> None:
        assert "Personne n’avait encore ouvert ce dossier." in text(browser, page(dossier))
        assert "Ce dossier a été ouvert 1 fois par 1 personne." in text(browser, page(dossier))
        entry = Entry.objects.filter(event="dossier.opened").first()
        assert entry is not None
        assert (entry.dossier_id, entry.target_id) == (dossier.pk, dossier.pk)

    def test_each_tab_is_a_reading_and_nothing_else(self, browser: Client, dossier: Dossier) -> None:
        for tab in TABS:
            before = Entry.objects.count(), OutboxMessage.objects.count()
            assert browser.get(page(dossier, tab)).status_code == 200
            assert (Entry.objects.count() - 1, OutboxMessage.objects.count()) == before

    def test_a_bounded_number_of_queries(self, browser: Client, dossier: Dossier) -> None:
        keys.forget_all()
        assert _queries(browser, page(dossier)) <= 12


class TestReadings:
    ADDRESS = "dossiers:readings"

    def test_who_opened_it_by_person_and_day(self, dossier: Dossier, cast: Cast, browse: Browse) -> None:
        other = make_dossier()
        for _ in range(2):
            text(browse("siao2"), page(dossier))
        text(browse("animation"), page(other))
        said = text_of(browse("siao").get(page(dossier, self.ADDRESS)))
        assert f"{cast['siao2']} SIAO de la Savoie" in said
        assert "2 fois" in said
        assert str(cast["animation"]) not in said
        assert page(dossier, self.ADDRESS) in browse("siao").get(page(dossier)).content.decode()

    def test_for_who_instructs_and_for_the_dpo_where_she_sees_it(
        self, dossier: Dossier, cast: Cast, browse: Browse
    ) -> None:
        def let_in() -> set[str]:
            return {name for name in cast if browse(name).get(page(dossier, self.ADDRESS)).status_code == 200}

        assert let_in() == {"siao", "siao2"}
        grants.grant(dossier, to=cast["dpo"], reason="urgency", by=None)
        assert let_in() == {"siao", "siao2", "dpo"}
        assert page(dossier, self.ADDRESS) in browse("dpo").get(page(dossier)).content.decode()

    def test_as_many_queries_with_few_readers_and_many(self, dossier: Dossier, browse: Browse, browser: Client) -> None:
        text(browser, page(dossier, self.ADDRESS))
        few = _queries(browser, page(dossier, self.ADDRESS))
        for account in ("siao2", "animation"):
            text(browse(account), page(dossier))
        assert _queries(browser, page(dossier, self.ADDRESS)) == few


class TestDiscretion:
    DELICATE = ("incarcération", "prison", "Secours", "sait lire")

    @pytest.fixture
    def delicate(self, cast: Cast) -> Dossier:
        found = make_dossier(
            state=State.NON_RETENU,
            motive="INCARCERATION",
            motive_text="Il sait lire",
            ethos="6.2 sortie de prison",
            prescripteur=recognise_organisation("Secours de la Combe", OrganisationKind.PRESCRIPTEUR, by=None),
        )
        state_fact(found, NewFact(EventKind.OUTCOME, date(2024, 1, 1), detail="INCARCERATION"), by=None)
        return found

    def test_the_siao_reads_it(self, browser: Client, delicate: Dossier) -> None:
        said = text(browser, page(delicate))
        assert all(word in said for word in self.DELICATE)

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante"])
    def test_the_others_do_not(self, cast: Cast, delicate: Dossier, client: Client, account: str) -> None:
        grants.grant(delicate, to=cast[account], reason="essai", by=None)
        client.force_login(cast[account])
        for address in (LIST, *(page(delicate, tab) for tab in TABS)):
            said = text(client, address)
            assert [word for word in self.DELICATE if word in said] == []
        said = text(client, page(delicate))
        assert "sortie d’institution" in said
        assert "Non retenu par le SIAO." in said
        assert "Ce dossier a été ouvert" not in said
        assert "/actes/" not in said

    @pytest.mark.parametrize("reader", ["sante"], indirect=True)
    def test_health_does_not_read_money(self, reader: Client, dossier: Dossier) -> None:
        said = text(reader, page(dossier))
        assert "Ressources</dt>" not in said
        assert "607,75" not in said


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connections["default"]) as one, CaptureQueriesContext(connections["keystore"]) as two:
        assert client.get(address).status_code == 200
    statements = [each["sql"] for each in (*one.captured_queries, *two.captured_queries)]
    return len([sql for sql in statements if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))])
