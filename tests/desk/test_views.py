"""The home page of each account of the cast, and the pages of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.demo import CAST
from accounts.models import OrganisationKind
from accounts.operations import create_organisation
from audit.models import Entry
from cases.dossiers.models import Dossier, State
from commission.operations import record_past_seance
from desk import views
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of
from vault import keys

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
FILES, SEANCES, FIGURES, IMPORT = "Dossiers", "Séances", "Chiffres", "Import du registre"
# what each account finds in its side bar after « Accueil », and a sentence of its home
MEETING, TODO = "Rencontre", "À faire"
PEOPLE, LISTS = "Personnes", "Réglages"
IN_CHARGE = {member.account for member in CAST if member.in_charge}  # of the access of their own people
HOMES: dict[str, tuple[list[str], str]] = {
    "siao": ([FILES, TODO, MEETING, SEANCES, FIGURES, IMPORT], "Aucun dossier ne vous est ouvert"),
    "siao2": ([FILES, TODO, MEETING, SEANCES, FIGURES, IMPORT], "Aucun dossier ne vous est ouvert"),
    "animation": ([FILES, TODO, SEANCES, FIGURES], "Aucun dossier ne vous est ouvert"),
    "prescripteur": (
        ["Mes prescriptions", "Nouvelle prescription", TODO, MEETING],
        "Un dossier apparaît ici quand le SIAO l’ouvre à votre équipe.",
    ),
    "bailleur": ([TODO, SEANCES], "Siège en commission"),
    "bailleur2": ([TODO, SEANCES], "Siège en commission"),
    "ddetspp": ([TODO, SEANCES, FIGURES], "Représente l’État en commission"),
    "coordination": ([TODO, SEANCES, FIGURES, LISTS], "Les chiffres du rapport"),
    "habitat": ([FIGURES], "Instruit les droits au pécule."),
    "finances": ([FIGURES], "Liquide les dépenses"),
    "ordonnateur": ([FIGURES], "Signe ce que d’autres ont préparé."),
    "comptable": ([TODO], "Ce qui attendra une décision de votre part paraîtra ici."),
    "fol73": ([FILES, TODO, MEETING], "Aucun dossier ne vous est ouvert"),
    "toit": ([FILES, TODO, MEETING], "Aucun dossier ne vous est ouvert"),
    "sante": ([FILES, MEETING], "Aucun dossier ne vous est ouvert"),
    "observatoire": ([FIGURES], "Lit les agrégats, jamais les dossiers."),
    "dpo": ([FILES, TODO, "Urgences", "Journal"], "Aucune ouverture en urgence n’attend votre examen."),
    "admin": ([TODO, PEOPLE, LISTS], "Tient les comptes et les réglages"),
    "etranger": ([], "Demandez à la personne qui vous a invité de vous y inscrire."),
}


def side_bar(html: str) -> list[str]:
    bar = html[html.index('<nav class="app-nav"') : html.index("</nav>")]
    return [text.strip() for text in re.findall(r"</svg>([^<]+)\s*</a>", bar)]


def test_the_table_is_the_whole_cast() -> None:
    assert list(HOMES) == [member.account for member in CAST]


@pytest.mark.parametrize("account", HOMES)
def test_each_account_has_a_home_that_makes_sense(browse: Browse, cast: Cast, account: str) -> None:
    places, sentence = HOMES[account]
    answer = browse(account).get("/")
    assert answer.status_code == 200
    assert f"Bonjour {cast[account].first_name}" in text_of(answer)
    last = [PEOPLE] if account in IN_CHARGE or PEOPLE in places else []
    last += [place for place in places if place == LISTS]
    first = [place for place in places if place not in last]
    assert side_bar(answer.content.decode()) == ["Accueil", *first, "Qui peut quoi", *last]
    assert sentence in text_of(answer)


def test_the_role_keeps_its_capitals(browse: Browse) -> None:
    assert "Référent SIAO" in text_of(browse("siao").get("/"))
    assert "SIAO de la Savoie" in text_of(browse("siao").get("/"))


def dossiers(number: int, *traits: str, **facts: Any) -> list[Dossier]:
    return [make_dossier(*traits, **facts) for _ in range(number)]


class TestWhatAwaits:
    def test_names_reasons_and_links_the_count_said_in_full(self, browse: Browse, cast: Cast) -> None:
        validated = dossiers(7, "presented", referent=cast["siao"])
        (adjourned,) = dossiers(1, "adjourned", referent=cast["siao"])
        (alone,) = dossiers(1)
        answer = browse("siao").get("/")
        said, html = text_of(answer), answer.content.decode()
        assert "Neuf choses vous attendent." in said
        assert "Validés, sans bail encore (7)" in said
        for every in ("etat=VALIDE", "vue=sans-referent", "vue=a-revoir"):
            assert re.search(rf'<h3 class="group-title[^>]*><a href="/dossiers/\?{every}">', html), every
            assert browse("siao").get(f"/dossiers/?{every}").status_code == 200
        assert "Ajournés sans date de réexamen" in said
        assert "Sans référent" in said
        assert sum(f'class="subject" href="{dossier.get_absolute_url()}"' in html for dossier in validated) == 3
        for dossier in (adjourned, alone):
            assert dossier.get_absolute_url() in html
            member = dossier.participants.get()
            assert str(member.person.last_name) in said

    def test_a_review_that_is_due_comes_first_and_is_late(self, browse: Browse, cast: Cast) -> None:
        (dossier,) = dossiers(1, "adjourned", referent=cast["siao"])
        today = timezone.localdate()
        Dossier.objects.filter(pk=dossier.pk).update(review_on=today - timedelta(days=3))
        answer = browse("siao").get("/")
        html = answer.content.decode()
        assert "Une chose vous attend, en retard." in text_of(answer)
        assert '<a href="/dossiers/?vue=a-revoir">À réexaminer</a>' in html
        assert 'class="due due-late"' in html
        Dossier.objects.filter(pk=dossier.pk).update(review_on=today + timedelta(days=3))
        assert "Rien ne vous attend." in text_of(browse("siao").get("/"))

    def test_the_lead_says_how_many_are_late(self, browse: Browse, cast: Cast) -> None:
        late = dossiers(5, "adjourned", referent=cast["siao"])
        dossiers(2, "presented", referent=cast["siao"])
        before = timezone.localdate() - timedelta(days=3)
        Dossier.objects.filter(pk__in=[dossier.pk for dossier in late]).update(review_on=before)
        said = text_of(browse("siao").get("/"))
        assert "Sept choses vous attendent, dont cinq en retard." in said
        assert "À réexaminer (5)" in said

    def test_who_does_not_instruct_sees_the_dossiers_and_no_task(self, browse: Browse, cast: Cast) -> None:
        dossiers(2, "presented", referent=cast["siao"])
        said = text_of(browse("animation").get("/"))
        assert "Où en sont les 2 situations" in said
        assert "Validés, sans bail encore" not in said

    def test_a_dossier_that_is_not_hers_is_not_even_counted(self, browse: Browse, cast: Cast) -> None:
        dossiers(2)
        assert "Où en sont" not in text_of(browse("fol73").get("/"))

    def test_the_administrator_has_organisations_to_verify(self, browse: Browse, cast: Cast) -> None:
        for number in range(22):
            create_organisation(f"Relais {number}", OrganisationKind.AUTRE, by=None, to_verify=True)
        said = text_of(browse("admin").get("/"))
        assert "22 choses vous attendent." in said
        assert "Organisations à vérifier (20 sur 22)" in said
        assert "à vérifier" not in text_of(browse("coordination").get("/"))


class TestCounts:
    def test_states_link_to_the_filtered_list(self, browse: Browse, cast: Cast) -> None:
        dossiers(3, "presented")
        dossiers(2, "adjourned")
        browser = browse("siao")
        html = browser.get("/").content.decode()
        for state, count in ((State.VALIDE, 3), (State.AJOURNE, 2), (State.CLOS, 0)):
            link = re.search(rf'<a href="(/dossiers/\?etat={state.value})">(.*?)</a>', html, re.DOTALL)
            assert link is not None
            assert f"<b>{count}</b>" in link[2]
            assert browser.get(link[1]).status_code == 200

    def test_the_same_statements_for_few_and_for_many_dossiers(self, browse: Browse) -> None:
        browser = browse("siao")
        dossiers(2, "presented")
        dossiers(2, "adjourned")
        browser.get("/")
        with statements() as few, statements("keystore") as few_keys:
            browser.get("/")
        dossiers(12, "presented")
        dossiers(12, "adjourned")
        with statements() as many, statements("keystore") as many_keys:
            browser.get("/")
        assert len(many) == len(few)
        assert len(many_keys) == len(few_keys) <= 2
        assert len(many) + len(many_keys) <= 12

    def test_what_was_listed_is_told_and_nothing_else_is_written(self, browse: Browse, cast: Cast) -> None:
        dossiers(1)
        browser = browse("siao")
        browser.get("/mon-compte/")  # the first page of a session writes it, then one page a minute
        with statements() as sent:
            browser.get("/")
        assert [entry.event for entry in Entry.objects.filter(actor_id=cast["siao"].pk)] == ["dossiers.listed"]
        written = [sql for sql in sent if not sql.startswith("SELECT")]
        assert [sql.split('"')[1] for sql in written] == ["audit_entry"]
        browse("ddetspp").get("/")
        assert not Entry.objects.filter(actor_id=cast["ddetspp"].pk).exists()


class TestSeance:
    def test_the_next_one_before_the_last_one(self, browse: Browse) -> None:
        assert "Aucune séance n’est connue." in text_of(browse("bailleur").get("/"))
        record_past_seance(date(2023, 3, 16), "Salle des Glycines", [], by=None)
        assert "Dernière séance Jeudi 16 mars 2023" in text_of(browse("bailleur").get("/"))
        for days in (40, 12):
            record_past_seance(timezone.localdate() + timedelta(days=days), f"Salle {days}", [], by=None)
        said = text_of(browse("bailleur").get("/"))
        assert "Prochaine séance" in said
        assert "Salle 12" in said
        assert "Salle 40" not in said
        assert "Glycines" not in said


class TestWhatWentWrong:
    def test_what_one_may_not_see_answers_as_what_does_not_exist(self, browse: Browse) -> None:
        browser = browse("ddetspp")
        hidden, absent = browser.get("/dossiers/"), browser.get("/nulle-part/")
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content
        assert "Cette page n’existe pas, ou vous n’y avez pas accès." in text_of(hidden)

    def test_a_host_that_is_not_ours(self, client: Client) -> None:
        answer = client.get("/", headers={"host": "ailleurs.example"})
        assert answer.status_code == 400
        assert "Demande non comprise" in text_of(answer)

    def test_a_failure_gives_a_reference_that_the_log_tells_without_any_value(
        self, browse: Browse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ValueError("Mme Untel, née le 3 mars")

        monkeypatch.setattr(views, "awaited_by", fail)
        browser = browse("siao")
        browser.raise_request_exception = False
        answer = browser.get("/")
        assert answer.status_code == 500
        found = re.search(r"la référence ([0-9A-F]{4})", text_of(answer))
        assert found is not None
        (logged,) = [record.msg for record in caplog.records if record.name == "seuil"]
        assert isinstance(logged, dict)
        assert (logged["reference"], logged["error"]) == (found[1], "ValueError")
        assert "Untel" not in str(logged) + answer.content.decode()

    @pytest.mark.parametrize("path", ["/seances/non/", "/import/non/", "/%00", "/organisations/%ff/", "/dossiers/1/"])
    def test_addresses_that_mean_nothing(self, browse: Browse, path: str) -> None:
        assert browse("siao").get(path).status_code == 404


def test_the_home_of_a_referent_takes_few_queries(browse: Browse, cast: Cast) -> None:
    """The same number with few and many dossiers, the keystore's one included."""
    browser, counts = browse("siao"), []
    for many in (1, 8):
        for _ in range(many):
            make_dossier(referent=cast["siao"])
            make_dossier(state=State.VALIDE, referent=None)
        browser.get("/")
        keys.forget_all()
        with (
            CaptureQueriesContext(connections["default"]) as read,
            CaptureQueriesContext(connections["keystore"]) as opened,
        ):
            assert browser.get("/").status_code == 200
        sent = [query["sql"] for query in (*read, *opened) if query["sql"].startswith(("SELECT", "INSERT"))]
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 18
