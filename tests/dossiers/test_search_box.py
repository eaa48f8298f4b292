"""The one box: what is understood of what is typed, who answers, why, and what nobody else sees."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import grants
from accounts.models import User
from audit.models import Entry, Kind
from cases.dossiers import operations
from cases.dossiers.models import Dossier, NameSearch, PersonRole
from cases.dossiers.operations import NewMember
from cases.dossiers.operations.asking import Asked, understand
from cases.dossiers.operations.finding import CLOSE, EXACT, LOOSE
from exchange.operations.demo import DATA, FILES
from exchange.operations.register import import_register
from exchange.reading.register import open_register
from tests.factories import make_dossier
from tests.fixtures import Cast, text_of

pytestmark = pytest.mark.django_db
BOX = "/dossiers/recherche/"
TODAY = date(2026, 11, 30)


@pytest.fixture
def browser(siao: User) -> Client:
    client = Client()
    client.force_login(siao)
    return client


def ask(browser: Client, words: str) -> Any:
    return browser.post(BOX, {"q": words}, follow=True)


def answers(page: Any) -> list[tuple[str, str]]:
    """(reference, level) of each line."""
    return [(line.found.dossier.reference, line.level) for line in page.context["lines"]]


def names_found(page: Any) -> set[str]:
    return {line.found.person.last_name for line in page.context["lines"]}


class TestUnderstanding:
    @pytest.mark.parametrize(
        ("text", "understood"),
        [
            ("Ambrosio Didier", Asked("Ambrosio Didier")),
            ("04/05/1984", Asked(born=date(1984, 5, 4))),
            ("4.5.1984", Asked(born=date(1984, 5, 4))),
            ("1984-05-04", Asked(born=date(1984, 5, 4))),
            ("4 mai 1984", Asked(born=date(1984, 5, 4))),
            ("1er août 1984", Asked(born=date(1984, 8, 1))),
            ("1984", Asked(year=1984)),
            ("Orsel 1984", Asked("Orsel", year=1984)),
            ("Orsel, 04/05/1984", Asked("Orsel,", date(1984, 5, 4))),
            ("Kalinčević 4 mai 1984", Asked("Kalinčević", date(1984, 5, 4))),
            ("073 0425 000007 XTEST", Asked(number="0730425000007XTEST")),
            ("0730425000007xtest", Asked(number="0730425000007XTEST")),
            ("32/13/1984", Asked()),
            ("2099", Asked()),
            ("04/05/2099", Asked()),
            ("", Asked()),
        ],
    )
    def test_dates_numbers_and_names(self, text: str, understood: Asked) -> None:
        told = understand(text, today=TODAY)
        assert (told.names, told.born, told.year, told.number) == (
            understood.names,
            understood.born,
            understood.year,
            understood.number,
        )

    @pytest.mark.parametrize(
        "text", ["LDA-2022-014", "lda 2022 014", "LDA2022014", "lda-2022-14", "2022-014", " LDA 2022/14 "]
    )
    def test_a_reference_in_any_form(self, text: str) -> None:
        told = understand(text, today=TODAY)
        assert "LDA2022014" in told.references
        assert (told.names, told.year, told.born) == ("", None, None)


class TestAnswers:
    @pytest.mark.parametrize(
        ("typed", "level"),
        [
            ("Kalinčević Snežana", "Exact"),
            ("kalincevic", "Exact"),
            ("Snezana Kalincevic", "Exact"),
            ("Kalinchevitch Snejana", "Proche"),
            ("Kalincevix", "Proche"),
            ("Kalnicevic", "Proche"),
            ("kali", "Proche"),
            ("04/05/1984", "Exact"),
            ("4 mai 1984", "Exact"),
            ("1984", "Exact"),
            ("kalincevic 1984", "Exact"),
            ("kalincevic 1985", "À vérifier"),
            ("073 0425 000007 XTEST", "Exact"),
            ("lda 2026 7", "Exact"),
        ],
    )
    def test_found_and_how_well(self, browser: Client, typed: str, level: str) -> None:
        make_dossier(
            reference="LDA-2026-007",
            last_name="Kalinčević",
            first_name="Snežana",
            birth_date=date(1984, 5, 4),
            unique_number="0730425000007XTEST",
        )
        make_dossier(last_name="Orsel", birth_date=date(1951, 1, 2), unique_number=None)
        assert answers(ask(browser, typed)) == [("LDA-2026-007", level)]

    @pytest.mark.parametrize(
        "typed", ["Dupontel Marcelline", "12/12/1912", "0730000000000XTEST", "LDA-2026-999", "1913"]
    )
    def test_nobody(self, browser: Client, typed: str) -> None:
        make_dossier(reference="LDA-2026-007", last_name="Kalinčević")
        page = ask(browser, typed)
        assert answers(page) == []
        assert "Personne ne répond à cette recherche" in text_of(page)

    def test_the_best_first_and_why_in_words(self, browser: Client) -> None:
        make_dossier(reference="A-1", last_name="Morel", first_name="Anne", birth_date=date(1980, 2, 1))
        make_dossier(reference="A-2", last_name="Maurel", first_name="Anne", birth_date=date(1980, 2, 2))
        make_dossier(reference="A-3", last_name="Morel", first_name="Anne", birth_date=date(1980, 2, 2))
        page = ask(browser, "Morel Anne 02/02/1980")
        assert answers(page) == [("A-3", "Exact"), ("A-2", "Proche"), ("A-1", "À vérifier")]
        shown = text_of(page)
        assert "Même nom, même date de naissance" in shown
        assert "Nom qui s’écrit ou s’entend presque de même, même date de naissance" in shown
        assert "Même nom, autre date de naissance" in shown

    def test_somebody_else_of_the_household_is_found_with_her_place(self, browser: Client, siao: User) -> None:
        dossier = make_dossier(reference="A-1")
        operations.add_member(dossier.pk, NewMember("Quincieux", "Ildefonse", None, None, PersonRole.CONJOINT), by=siao)
        page = ask(browser, "kincieu")
        assert answers(page) == [("A-1", "Proche")]
        assert "A-1, conjoint" in text_of(page)

    def test_ambrosio_didier_of_2022_when_d_ambrosio_comes_back(self, browser: Client, siao: User) -> None:
        """On the demonstration's register, where he came in 2022 as « Ambrosio Didier »."""
        reading = open_register([(name, DATA / name) for name in FILES], today=TODAY)
        assert not import_register(reading, by=siao).rejected
        make_dossier(reference="LDA-2022-099", last_name="Ambrosio", first_name="Didier", birth_date=date(1979, 5, 3))
        assert Dossier.objects.count() > 30
        assert answers(ask(browser, "D’Ambrosio Didier")) == [("LDA-2022-099", "Exact")]
        back = operations.open_dossier(
            operations.NewDossier("D’Ambrosio", "Didier", "M", date(1979, 5, 3)), by=siao, on=date(2026, 11, 2)
        )
        assert [line for line, _ in answers(ask(browser, "Ambrosio Didier"))] == [back.reference, "LDA-2022-099"] or {
            line for line, _ in answers(ask(browser, "Ambrosio Didier"))
        } == {back.reference, "LDA-2022-099"}
        (told,) = operations.likenesses_awaiting(siao)
        assert (told.level, told.reasons) == ("CERTAIN", ["SAME_NAME", "SAME_FIRST_NAME", "SAME_DATE"])


class TestDiscretion:
    def test_nothing_of_what_one_does_not_see(self, cast: Cast) -> None:
        seen = make_dossier(reference="A-1", last_name="Quatrevaux", unique_number="0730425000007XTEST")
        make_dossier(reference="A-2", last_name="Quatrevaux", unique_number="0730425000007XTEST")
        grants.grant(seen, to=cast["fol73"], reason="essai", by=None)
        other = Client()
        other.force_login(cast["fol73"])
        for typed in ("quatrevaux", "0730425000007XTEST", "29/02/1984", "1984"):
            page = ask(other, typed)
            assert [reference for reference, _ in answers(page)] == ["A-1"], typed
            assert "1 réponse" in text_of(page).replace("\u00a0", " ")
        assert answers(ask(other, "A-2")) == []
        kept = ask(other, "quatrevaux").redirect_chain[-1][0]
        grants.revoke(seen, of=cast["fol73"])
        assert answers(other.get(kept)) == []

    def test_the_address_names_nobody_and_opens_for_its_owner_alone(
        self, browser: Client, cast: Cast, siao: User
    ) -> None:
        make_dossier(last_name="Quatrevaux")
        address = ask(browser, "quatrevaux").redirect_chain[-1][0]
        assert address == f"{BOX}{NameSearch.objects.get().pk}/"
        colleague = Client()
        colleague.force_login(cast["siao2"])
        for client, path in ((colleague, address), (browser, f"{BOX}{uuid4()}/")):
            answer = client.get(path, follow=True)
            assert answer.redirect_chain[-1][0] == "/dossiers/"
            assert "Cette recherche est terminée" in text_of(answer)
        assert Entry.objects.filter(kind=Kind.READ, event="dossiers.found").exists()

    def test_what_is_kept_is_ids_and_codes(self, browser: Client) -> None:
        make_dossier(last_name="Quatrevaux", first_name="Kévin")
        ask(browser, "katrevo kevin")
        (told,) = NameSearch.objects.get().told
        assert set(told) == {"dossier", "person", "level", "reasons"}
        assert (told["level"], told["reasons"]) == (CLOSE, ["heard"])
        assert (EXACT, CLOSE, LOOSE) == (3, 2, 1)
