"""« Enregistrer cette vue »: codes alone, twelve at most, one's own; codes that mean nothing any more break nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from cases.dossiers.models import KeptView, NameSearch, State
from cases.dossiers.operations import keep_view
from core.db import acting_as
from core.errors import OperationRefused
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal, statements, text_of
from vault import keys

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
LIST, NEW = "/dossiers/", "/dossiers/vues/nouvelle/"
NAME = "Évalués <b>2026</b>"


def kept(user: User, codes: str = "etat=EVALUE", name: str = NAME) -> KeptView:
    with acting_as(user):
        return keep_view(name, codes, by=user)


class TestPages:
    def test_filters_are_kept_under_a_name_and_shown_as_a_pill(self, browse: Browse, cast: Cast) -> None:
        shown = make_dossier(state=State.EVALUE)
        make_dossier("presented")
        browser = browse("siao")
        html = browser.get(f"{LIST}?etat=EVALUE&tri=depuis").content.decode()
        assert f'href="{NEW}?tri=depuis&amp;etat=EVALUE"' in html
        asked = f"{NEW}?tri=depuis&etat=EVALUE&q=Orsel&lignes=50"
        assert "Pas de nom de personne" in text_of(browser.get(asked))
        answer = browser.post(asked, {"name": NAME})
        assert answer.headers["Location"] == f"{LIST}?tri=depuis&etat=EVALUE"
        made = KeptView.objects.get()
        assert (made.name, made.codes, made.rank) == (NAME, "tri=depuis&etat=EVALUE", 1)
        page = browser.get(answer.headers["Location"])
        (pill,) = [each for each in page.context["views"] if each.current]
        assert (pill.label, pill.url, pill.count) == (NAME, f"{LIST}?tri=depuis&etat=EVALUE", None)
        assert [line.dossier for line in page.context["lines"]] == [shown]
        assert "<b>2026</b>" not in page.content.decode()
        assert "Enregistrer cette vue" not in text_of(page)

    def test_it_is_forgotten(self, browse: Browse, cast: Cast) -> None:
        make_dossier()
        made, browser = kept(cast["siao"]), browse("siao")
        assert f'action="/dossiers/vues/{made.pk}/retirer/"' in browser.get(f"{LIST}?etat=EVALUE").content.decode()
        answer = browser.post(f"/dossiers/vues/{made.pk}/retirer/")
        assert answer.headers["Location"] == f"{LIST}?etat=EVALUE"
        assert not KeptView.objects.exists()

    def test_the_whole_list_is_no_view_and_neither_is_a_search(self, browse: Browse) -> None:
        browser = browse("siao")
        assert "Enregistrer cette vue" not in text_of(browser.get(LIST))
        for asked in ("", "?lignes=50", f"?recherche={NameSearch().pk}"):
            assert browser.get(f"{NEW}{asked}").headers["Location"] == LIST

    @pytest.mark.parametrize("name", ["", "x" * 41])
    def test_a_name_of_forty_characters_at_most(self, browse: Browse, name: str) -> None:
        assert browse("siao").post(f"{NEW}?etat=EVALUE", {"name": name}).status_code == 422
        assert not KeptView.objects.exists()

    def test_the_same_twice_says_so(self, browse: Browse, cast: Cast) -> None:
        kept(cast["siao"])
        answer = browse("siao").post(f"{NEW}?etat=EVALUE", {"name": "Autre"})
        assert answer.status_code == 422
        assert "Vous avez déjà enregistré cette vue." in text_of(answer)

    def test_a_referent_who_is_gone_breaks_nothing(self, browse: Browse, cast: Cast) -> None:
        dossier = make_dossier()
        made = kept(cast["siao"], f"vue=partie&etat=RIEN&referent={cast['siao2'].pk}")
        page = browse("siao").get(f"{LIST}?{made.codes}")
        assert [line.dossier for line in page.context["lines"]] == [dossier]

    def test_another_s_does_not_exist(self, browse: Browse, cast: Cast) -> None:
        made = kept(cast["siao"])
        assert NAME not in str(browse("siao2").get(LIST).context["views"])
        assert browse("siao2").post(f"/dossiers/vues/{made.pk}/retirer/").status_code == 404
        assert KeptView.objects.exists()

    def test_as_many_statements_with_one_and_with_twelve(self, browse: Browse, cast: Cast) -> None:
        browser, sent = browse("siao"), []
        browser.get(LIST)
        for years in (range(2020, 2021), range(2009, 2020)):
            for year in years:
                kept(cast["siao"], f"annee=EVALUATION-{year}")
            keys.forget_all()
            with statements() as found, statements("keystore") as opened:
                browser.get(LIST)
            sent.append((len(found), len(opened)))
        assert sent[0] == sent[1]


class TestOperation:
    def test_twelve_and_no_more_then_the_place_of_one_that_went(self, siao: User) -> None:
        made = [kept(siao, f"annee=EVALUATION-{2000 + rank}") for rank in range(12)]
        with pytest.raises(OperationRefused, match="12 vues"):
            kept(siao, "etat=CLOS")
        with acting_as(siao):
            made[4].delete()
        assert kept(siao, "etat=CLOS").rank == 5


class TestTheDatabase:
    @pytest.mark.parametrize(
        "codes", ["", "q=Orsel", "etat=EVALUE&q=Orsel", "etat=Léa", "recherche=a", "etat=", "etat=a&", "lignes=50"]
    )
    def test_only_codes_are_kept(self, siao: User, codes: str) -> None:
        assert refusal(lambda: kept(siao, codes)).sqlstate == "23514"

    def test_a_row_is_its_owner_s_alone_and_never_changed(self, cast: Cast) -> None:
        kept(cast["siao"])
        with acting_as(cast["siao2"]):
            assert not KeptView.objects.exists()
            theirs = KeptView(subject_id=cast["siao"].pk, owner=cast["siao"], rank=3, name="x", codes="etat=CLOS")
            assert refusal(lambda: theirs.save(force_insert=True)).sqlstate == "42501"
        with acting_as(cast["siao"]):
            assert refusal(lambda: execute("UPDATE dossiers_keptview SET rank = 2")).sqlstate == "42501"

    def test_its_name_is_sealed(self, siao: User) -> None:
        kept(siao, name="Madame Quenouillère")
        ((stored,),) = execute("SELECT name FROM dossiers_keptview")
        assert b"Quenouill" not in bytes(stored)
