"""The import page: send, look, confirm or give up, as the referent does it, under row-level security."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from audit.models import Entry
from cases.dossiers.models import Dossier
from cases.dossiers.operations import protect
from core.models import OutboxMessage
from exchange import forms
from exchange.models import PendingFile, PendingImport
from exchange.operations import pending
from tests.exchange.registers import LEASE, PRESENTED, WAITING, Files, Row, files, row, tell
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
HERE = "/import/"
SEANCE = ("2023-03-30", "Salle des Glycines", "SIAO, Logis des Aravis")
OTHERS = ["animation", "prescripteur", "bailleur", "coordination", "fol73", "observatoire", "dpo", "admin", "etranger"]


def send(browser: Client, made: Files) -> HttpResponse:
    sent = [SimpleUploadedFile(name, content) for name, content in made]
    answer = browser.post(HERE, {"register": sent})
    assert isinstance(answer, HttpResponse)
    return answer


def preview_of(browser: Client, *rows: Row, seances: tuple[Any, ...] = ()) -> str:
    """The address of the preview of these rows."""
    answer = send(browser, files(rows, seances))
    assert answer.status_code == 302, text_of(answer)
    return str(answer.headers["Location"])


def events(event: str) -> list[UUID | None]:
    return [entry.actor_id for entry in Entry.objects.filter(event=event)]


class TestSend:
    def test_the_page_says_what_it_reads(self, browse: Browse) -> None:
        said = text_of(browse("siao").get(HERE))
        assert "10 000 lignes au plus sur cette page" in said
        assert "Nature des ressources" in said

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            ([], "Choisissez au moins un fichier"),
            ([("registre.csv", b"")], "Un de ces fichiers est vide"),
            ([(f"{number}.csv", b"a;b\n1;2\n") for number in range(4)], "Choisissez trois fichiers au plus"),
            ([("notes.csv", b"a;b\n1;2\n")], "n’est ni un registre de situations"),
            ([("registre.xlsx", b"%PDF-1.7 quelque chose")], "est un document PDF"),
            ([("registre.xlsx", b"PK\x03\x04 abime")], "registre.xlsx"),
            ([("<b>x</b>.csv", b"a;b\n1;2\n")], "n’est ni un registre"),
        ],
    )
    def test_a_refused_file_says_why_beside_the_field_and_nothing_is_kept(
        self, browse: Browse, made: Files, said: str
    ) -> None:
        answer = send(browse("siao"), made)
        assert answer.status_code == 422
        html = answer.content.decode()
        assert said in text_of(answer)
        assert 'class="error-text" id="id_register_error"' in html
        assert "<b>x</b>" not in html
        assert not PendingImport.objects.exists()
        assert not Entry.objects.filter(event="register.received").exists()

    def test_too_many_rows_are_refused_before_any_preview(
        self, browse: Browse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pending, "MOST_ROWS", 5)
        rows = [row(f"ESSAI-{number:03}") for number in range(6)]
        answer = send(browse("siao"), files(rows))
        assert answer.status_code == 422
        assert "Ce registre a plus de 5 lignes." in text_of(answer)
        assert "import_register" in text_of(answer)
        assert send(browse("siao"), files(rows[:5])).status_code == 302

    def test_too_large_is_refused_unread(self, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(forms, "LARGEST", 1000)
        answer = send(browse("siao"), [("a.csv", b"x" * 600), ("b.csv", b"x" * 600)])
        assert "dépassent 20 Mo ensemble" in text_of(answer)

    def test_what_is_received_is_told_and_replaces_what_one_had_sent(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        first, second = preview_of(browser, row()), preview_of(browser, row())
        assert browser.get(first).status_code == 404
        assert browser.get(second).status_code == 200
        assert events("register.received") == [cast["siao"].pk] * 2
        assert OutboxMessage.objects.filter(task="import.expired").count() == 2

    @pytest.mark.parametrize("account", OTHERS)
    def test_it_does_not_exist_for_others(self, browse: Browse, account: str) -> None:
        browser = browse(account)
        assert browser.get(HERE).status_code == 404
        assert send(browser, files([row()])).status_code == 404
        for end in ("", "importer/", "renoncer/"):
            assert browser.get(f"{HERE}{uuid4()}/{end}").status_code == 404

    def test_a_visitor_is_led_to_the_door(self, browse: Browse) -> None:
        assert browse("").get(HERE).headers["Location"] == "/connexion/?next=/import/"


class TestPreview:
    def test_created_changed_and_left_column_by_column(self, browse: Browse, cast: Cast) -> None:
        tell(row("ESSAI-001", PRESENTED), row("ESSAI-002"), by=cast["siao"])
        changed = row("ESSAI-001", PRESENTED | LEASE, ressources_mensuelles="1234,5")
        browser = browse("siao")
        url = preview_of(browser, changed, row("ESSAI-002"), row("ESSAI-003", nom="Mirandol"), seances=(SEANCE,))
        with statements() as sent:
            answer = browser.get(url)
        said = text_of(answer)
        for told in (
            "3 lignes lues. Rien n’est encore écrit.",
            "dossier à créer 1",
            "dossier à modifier 1",
            "dossier inchangé 1",
            "cellule refusée 0",
            "séance à créer 0",
            "séance à compléter 1",
            "30/03/2023 Salle des Glycines à compléter",
            "ESSAI-003 Mirandol Barnabé",
            "ESSAI-001 ligne 2 Ressources par mois 534,82 € 1 234,50 €",
            "ESSAI-001 ligne 2 Bail signé le vide 01/06/2023",
            "ESSAI-001 ligne 2 Type de bail vide bail en nom propre",
            "Inchangés ESSAI-002 Quetschelier Barnabé",
            "Importer le registre",
        ):
            assert told in said, told
        assert "malgré tout" not in said
        assert Dossier.objects.count() == 2
        compared = Entry.objects.filter(event="dossier.compared").values_list("dossier_id", "actor_id")
        assert set(compared) == {(dossier.pk, cast["siao"].pk) for dossier in Dossier.objects.all()}
        assert {sql.split('"')[1] for sql in sent if not sql.startswith("SELECT")} == {"audit_entry"}

    def test_a_bad_cell_is_shown_where_it_is_and_the_good_rows_are_offered(self, browse: Browse) -> None:
        url = preview_of(browse("siao"), row("ESSAI-001"), row("ESSAI-002", date_evaluation="le 32 mars"))
        answer = browse("siao").get(url)
        said = text_of(answer)
        assert "registre.csv 3 date_evaluation « le 32 mars »" in said
        assert "Une date comme" in said
        assert "Importer les bonnes lignes malgré tout" in said
        assert "Importer le registre" not in text_of(answer).split("Que faire de ce registre")[1]

    def test_nothing_new_offers_nothing_to_write(self, browse: Browse, cast: Cast) -> None:
        tell(row(), by=cast["siao"])
        said = text_of(browse("siao").get(preview_of(browse("siao"), row())))
        assert "Tout est déjà dans Seuil" in said
        assert "Renoncer et supprimer les fichiers" in said
        assert "malgré tout" not in said

    def test_hostile_cells_are_words(self, browse: Browse) -> None:
        url = preview_of(browse("siao"), row(nom="<script>alert(1)</script>"), row("E-2", sexe="{% load x %}"))
        html = browse("siao").get(url).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
        assert "{% load x %}" in html

    def test_it_is_its_sender_s_alone(self, browse: Browse) -> None:
        url = preview_of(browse("siao"), row())
        other = browse("siao2")
        assert other.get(url).status_code == 404
        assert other.post(f"{url}importer/").status_code == 404
        assert other.post(f"{url}renoncer/").status_code == 404
        assert PendingFile.objects.count() == 1
        assert not Dossier.objects.exists()

    def test_files_that_no_longer_open_lead_back_with_a_sentence(
        self, browse: Browse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        browser = browse("siao")
        url = preview_of(browser, row())
        pending = PendingImport.objects.get()
        file = PendingFile.objects.get(pending=pending)
        file.content = "YTtiCjE7Mgo="
        file.save(update_fields=["content"])
        answer = browser.get(url, headers={"referer": f"http://testserver{url}"}, follow=True)
        assert answer.redirect_chain == [(HERE, 302)]
        assert "n’est ni un registre" in text_of(answer)


class TestConfirm:
    def test_the_register_is_written_and_the_files_are_gone(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        url = preview_of(browser, row("ESSAI-001", PRESENTED), row("ESSAI-002"), seances=(SEANCE,))
        answer = browser.post(f"{url}importer/", follow=True)
        assert answer.redirect_chain == [("/dossiers/", 302)]
        assert "Le registre est importé : 2 dossiers créés, 0 modifié, 1 séance créée." in text_of(answer)
        assert {dossier.referent for dossier in Dossier.objects.all()} == {cast["siao"]}
        assert "ESSAI-001" in text_of(answer)
        assert not PendingImport.objects.exists()
        assert not PendingFile.objects.exists()
        assert events("register.imported") == [cast["siao"].pk]
        assert browser.get(url).status_code == 404
        assert browser.post(f"{url}importer/").status_code == 404

    def test_a_bad_row_writes_nothing_unless_one_says_so(self, browse: Browse) -> None:
        browser = browse("siao")
        url = preview_of(browser, row("ESSAI-001"), row("ESSAI-002", date_evaluation="le 32 mars"))
        refused = browser.post(f"{url}importer/")
        assert refused.status_code == 422
        assert "Rien n’a été écrit : une ligne au moins est refusée." in text_of(refused)
        assert "« le 32 mars »" in text_of(refused)
        assert not Dossier.objects.exists()
        assert PendingImport.objects.exists()
        done = browser.post(f"{url}importer/", {"malgre": "1"}, follow=True)
        assert "1 dossier créé" in text_of(done)
        assert [dossier.reference for dossier in Dossier.objects.all()] == ["ESSAI-001"]

    def test_a_refusal_found_while_writing_is_shown_and_the_other_rows_can_go_in(self, browse: Browse) -> None:
        """A rule of the database that no preview knows."""
        execute("ALTER TABLE support_measure ADD CONSTRAINT essai CHECK (kind <> 'SAVS')")
        browser = browse("siao")
        url = preview_of(browser, row("ESSAI-001"), row("ESSAI-002", PRESENTED, accompagnement="SAVS"))
        assert "cellule refusée 0" in text_of(browser.get(url))
        refused = browser.post(f"{url}importer/")
        said = text_of(refused)
        assert refused.status_code == 422
        for told in (
            "Rien n’a été écrit",
            "dossier à créer 1",
            "cellule refusée 1",
            "registre.csv 3 reference « ESSAI-002 » Une règle de Seuil",
            "Importer les bonnes lignes malgré tout",
        ):
            assert told in said, told
        assert not Dossier.objects.exists()
        assert "1 dossier créé" in text_of(browser.post(f"{url}importer/", {"malgre": "1"}, follow=True))
        assert [dossier.reference for dossier in Dossier.objects.all()] == ["ESSAI-001"]

    def test_a_reference_of_a_hidden_dossier_is_refused_as_by_any_rule(self, browse: Browse, cast: Cast) -> None:
        """No sentence says that there is such a dossier: the same as above."""
        hidden = make_dossier("bare", reference="ESSAI-002")
        protect(hidden.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        execute("ALTER TABLE support_measure ADD CONSTRAINT essai CHECK (kind <> 'SAVS')")
        browser, said = browse("siao2"), []
        for told in (row("ESSAI-002"), row("ESSAI-003", PRESENTED, accompagnement="SAVS")):
            refused = browser.post(f"{preview_of(browser, told)}importer/")
            assert refused.status_code == 422
            said.append(text_of(refused).replace(told["reference"], "REF"))
        for page in said:
            assert "« REF » Une règle de Seuil interdit d’écrire cette ligne" in page
            assert "existe déjà" not in page
            assert "vérifiez-la auprès de qui tient le registre" in page

    def test_a_change_made_by_another_referent_s_team_is_written_too(self, browse: Browse, cast: Cast) -> None:
        tell(row(), by=cast["siao2"])
        browser = browse("siao")
        browser.post(f"{preview_of(browser, row(base=WAITING | {'ressources_mensuelles': '900'}))}importer/")
        said = text_of(browser.get(Dossier.objects.get().get_absolute_url()))
        assert "900" in said

    def test_a_link_writes_nothing(self, browse: Browse) -> None:
        browser = browse("siao")
        url = preview_of(browser, row())
        for end in ("importer/", "renoncer/"):
            assert browser.get(url + end).headers["Location"] == "/"
        assert PendingImport.objects.exists()
        assert not Dossier.objects.exists()

    def test_giving_up_deletes_the_files(self, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        url = preview_of(browser, row())
        answer = browser.post(f"{url}renoncer/", follow=True)
        assert "les fichiers envoyés sont supprimés" in text_of(answer)
        assert not PendingFile.objects.exists()
        assert not Dossier.objects.exists()
        assert events("register.discarded") == [cast["siao"].pk]
