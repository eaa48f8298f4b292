"""Searching from the list: who finds what, for how long, and what nobody reads elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client

from accounts import grants
from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import Dossier, NameSearch
from cases.dossiers.operations import finding, searching
from core import outbox
from core.db import acting_as
from core.models import OutboxMessage
from core.names import sought
from tests.factories import make_dossier
from tests.fixtures import Cast, as_role, execute, text_of

pytestmark = pytest.mark.django_db
SEARCH, LIST = "/dossiers/recherche/", "/dossiers/"


@pytest.fixture
def browser(siao: User) -> Client:
    client = Client()
    client.force_login(siao)
    return client


@pytest.fixture
def people(siao: User) -> dict[str, Dossier]:
    """Four titulaires, by family name."""
    told = [("Le Goff", "Yannick"), ("Petrović", "Milan"), ("N’Diaye", "Moussa"), ("D’Ambrosio", "Carla")]
    return {
        last: make_dossier(reference=f"LDA-2026-{rank:03}", last_name=last, first_name=first)
        for rank, (last, first) in enumerate(told, start=1)
    }


def look(browser: Client, words: str, **codes: str) -> Any:
    """Post a search from the list, and follow it."""
    return browser.post(SEARCH, {"q": words, "liste": "1", **codes}, follow=True)


def found(answer: Any) -> list[str]:
    return [line.dossier.reference for line in answer.context["lines"]]


def address_of(answer: Any) -> str:
    return str(answer.redirect_chain[-1][0])


class TestNames:
    @pytest.mark.parametrize(
        ("asked", "last", "first"),
        [
            ("legoff", "Le Goff", "Yannick"),
            ("le goff", "LE GOFF", "Yannick"),
            ("goff", "Le Goff", "Yannick"),
            ("yannick le g", "Le Goff", "Yannick"),
            ("petrovic", "Petrović", "Milan"),
            ("PETROVIĆ milan", "Petrović", "Milan"),
            ("ndiaye", "N’Diaye", "Moussa"),
            ("n'diaye", "N’Diaye", "Moussa"),
            ("ambrosio", "D’Ambrosio", None),
            ("Ben Ali", "Benali", "Samira"),
            ("benali", "Ben Ali", "Samira"),
            ("croix", "de la Croix", "Anne"),
            ("de la croix", "Delacroix", "Anne"),
            ("tissot", "Morel-Tissot", "Jean"),
            ("jean-marie", "Morel", "Jean Marie"),
            ("jeanmarie", "Morel", "Jean-Marie"),
            ("Le", "Le", "Minh"),
            ("cœur", "Lecœur", None),
        ],
    )
    def test_what_answers(self, asked: str, last: str, first: str | None) -> None:
        if asked == "cœur":  # the middle of a word is no beginning
            assert not sought(asked)(last, first)
        else:
            assert sought(asked)(last, first)

    @pytest.mark.parametrize("asked", ["", "l", "’", "%", "goff michel", "offle", "legoffe"])
    def test_what_does_not(self, asked: str) -> None:
        assert not sought(asked)("Le Goff", "Yannick")


class TestFinding:
    def test_what_one_finds_and_what_the_address_says(self, browser: Client, people: dict[str, Dossier]) -> None:
        answer = look(browser, "  legoff ")
        assert found(answer) == [people["Le Goff"].reference]
        search = NameSearch.objects.get()
        assert address_of(answer) == f"{LIST}?recherche={search.pk}"
        shown = text_of(answer)
        assert "Recherche : legoff" in shown
        assert "1 dossier sur 4" in shown.replace("\u00a0", " ")
        assert found(browser.get(LIST)) != found(answer)

    def test_with_filters_and_a_sort_which_stay_codes(self, browser: Client, people: dict[str, Dossier]) -> None:
        answer = look(browser, "milan", etat="CLOS", tri="etat", vue="miens", annee="Petrović", autre="Petrović")
        assert found(answer) == []
        assert "Personne ne répond ici à cette recherche" in text_of(answer)
        search = NameSearch.objects.get()
        assert address_of(answer) == f"{LIST}?vue=miens&tri=etat&etat=CLOS&recherche={search.pk}"
        assert found(browser.get(LIST, {"recherche": str(search.pk)})) == [people["Petrović"].reference]
        page = browser.get(LIST, {"recherche": str(search.pk), "etat": "EVALUE"}).content.decode()
        assert f'<input type="hidden" name="recherche" value="{search.pk}">' in page

    def test_only_what_one_sees_then_and_now(self, cast: Cast, people: dict[str, Dossier]) -> None:
        other = Client()
        other.force_login(cast["fol73"])
        grants.grant(people["N’Diaye"], to=cast["fol73"], reason="essai", by=None)
        assert found(look(other, "goff")) == []
        answer = look(other, "ndiaye")
        assert found(answer) == [people["N’Diaye"].reference]
        grants.revoke(people["N’Diaye"], of=cast["fol73"])
        assert found(other.get(address_of(answer))) == []

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ("", searching.TOO_SHORT),
            ("L’", searching.TOO_SHORT),
            ("\x00", searching.TOO_SHORT),
            ("x" * 101, searching.TOO_LONG),
        ],
    )
    def test_what_cannot_be_looked_for(
        self, browser: Client, people: dict[str, Dossier], words: str, said: str
    ) -> None:
        answer = look(browser, words, etat="EVALUE")
        assert said in text_of(answer)
        assert address_of(answer) == f"{LIST}?etat=EVALUE"
        assert not NameSearch.objects.exists()

    @pytest.mark.parametrize("account", ["prescripteur", "bailleur", "dpo", "admin", "observatoire", "etranger"])
    def test_who_does_not_see_names_finds_no_door(
        self, browse: Callable[[str], Client], people: dict[str, Dossier], account: str
    ) -> None:
        absent = browse(account).get("/nulle-part/").content
        answer = browse(account).post(SEARCH, {"q": "goff"})
        assert (answer.status_code, answer.content) == (404, absent)
        assert not NameSearch.objects.exists()

    def test_a_get_at_its_address_searches_nothing(self, browser: Client) -> None:
        assert browser.get(SEARCH, {"q": "goff"}).headers["Location"] == "/"
        assert not NameSearch.objects.exists()


class TestBound:
    def test_a_year_alone_is_read_in_bounded_number(
        self, browser: Client, people: dict[str, Dossier], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert len(found(look(browser, "1984"))) == 4
        monkeypatch.setattr(searching, "MOST", 3)
        assert searching.TOO_MANY in text_of(look(browser, "1984"))
        assert NameSearch.objects.count() == 1

    def test_the_likeliest_alone_are_opened_and_the_page_says_so(
        self, browser: Client, people: dict[str, Dossier], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for rank in range(3):
            make_dossier(reference=f"LDA-2025-00{rank}", last_name="Le Goff", first_name="Anne")
        monkeypatch.setattr(finding.find, "__kwdefaults__", {"most": 2})
        answer = look(browser, "le goff yannick")
        assert found(answer) == ["LDA-2026-001"] or len(found(answer)) == 2
        assert "seules les plus proches sont lues" in text_of(answer)


class TestEnd:
    def test_over_absent_of_another_and_of_another_session_answer_alike(
        self, browser: Client, cast: Cast, siao: User, people: dict[str, Dossier]
    ) -> None:
        mine, over = address_of(look(browser, "goff")), address_of(look(browser, "milan"))
        NameSearch.objects.filter(pk=over.rpartition("=")[2]).update(expires_at=Now())
        colleague, again = Client(), Client()
        colleague.force_login(cast["siao2"])
        again.force_login(siao)
        told = [
            client.get(address, follow=True)
            for client, address in (
                (browser, over),
                (browser, f"{LIST}?recherche={uuid4()}"),
                (browser, f"{LIST}?recherche=Le+Goff"),
                (browser, f"{LIST}?recherche="),
                (again, mine),
                (colleague, mine),
            )
        ]
        assert {address_of(answer) for answer in told} == {LIST}
        assert all("Cette recherche est terminée" in text_of(answer) for answer in told)
        assert all(len(found(answer)) == 4 for answer in told)
        assert found(browser.get(mine)) == [people["Le Goff"].reference]

    def test_the_other_codes_of_the_address_stay(self, browser: Client, people: dict[str, Dossier]) -> None:
        answer = browser.get(f"{LIST}?etat=EVALUE&recherche={uuid4()}")
        assert answer.headers["Location"] == f"{LIST}?etat=EVALUE"

    def test_the_row_is_deleted_after_half_an_hour(self, browser: Client, people: dict[str, Dossier]) -> None:
        look(browser, "goff")
        kept = NameSearch.objects.get()
        message = OutboxMessage.objects.get(task="search.expired")
        assert message.payload == {"search": str(kept.pk)}
        assert abs(message.due_at - kept.expires_at) < timedelta(minutes=1)
        searching.forget_search(kept.pk)
        assert NameSearch.objects.filter(pk=kept.pk).exists(), "it is not over"
        NameSearch.objects.update(expires_at=Now())
        OutboxMessage.objects.filter(task="search.expired").update(due_at=Now())
        with as_role("seuil_worker"):
            assert outbox.relay("search.expired") == 1
        assert not NameSearch.objects.exists()
        searching.forget_search(kept.pk)


class TestDiscretion:
    def test_no_name_in_an_address_a_log_the_journal_or_a_task(
        self, browser: Client, people: dict[str, Dossier], written: io.StringIO
    ) -> None:
        browser.get(address_of(look(browser, "Le Goff", etat="Le Goff", annee="goff")), {"page": "2"})
        look(browser, "goff" * 30)
        told = written.getvalue() + str(list(OutboxMessage.objects.values_list("payload", flat=True)))
        told += str(list(Entry.objects.values_list("event", "codes")))
        assert "dossiers.searched" in told
        assert "goff" not in told.lower()

    def test_the_words_are_sealed(self, browser: Client, people: dict[str, Dossier]) -> None:
        look(browser, "Le Goff")
        ((row,),) = execute("SELECT row_to_json(s)::text || encode(words, 'escape') FROM dossiers_namesearch s")
        assert "goff" not in row.lower()
        assert NameSearch.objects.get().words == "Le Goff"

    def test_postgresql_shows_it_to_its_owner_alone(
        self, browser: Client, cast: Cast, siao: User, people: dict[str, Dossier]
    ) -> None:
        look(browser, "goff")
        for person, seen in ((siao, 1), (cast["siao2"], 0), (cast["etranger"], 0)):
            with acting_as(person):
                assert NameSearch.objects.count() == seen
                assert len(execute("UPDATE dossiers_namesearch SET is_partial = true RETURNING id")) == seen
