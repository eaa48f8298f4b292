"""The pages of the pieces: what each role finds there, what a wrong answer keeps, what is served and how."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.grants import grant
from accounts.models import Organisation, User
from audit.models import Entry, Kind
from cases.dossiers import operations
from cases.dossiers.models import Document, Dossier, PieceRequest, Removal, State
from cases.dossiers.operations import NewDocument, inspect
from core.db import acting_as
from core.typography import NBSP, day_and_month
from tests.dossiers.files import CANARY, jpeg, pdf, png, upload
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of
from vault import keys

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path / "documents"


@pytest.fixture
def opened(cast: Cast) -> Dossier:
    """Open to the SIAO, to FOL 73 and to a prescripteur."""
    dossier = make_dossier(last_name="Orsel", first_name="Berthe", referent=cast["siao"])
    for name in ("FOL 73", cast["prescripteur"].memberships.get().organisation.name):
        grant(dossier, to=Organisation.objects.known_as(name).get().team, reason="test", by=None)
    return dossier


def joined(
    dossier: Dossier, by: User, kind: str = "AVIS_IMPOSITION", data: bytes | None = None, **told: Any
) -> Document:
    new = NewDocument(kind, inspect(upload(data or pdf())), TODAY(), **told)
    with acting_as(by):
        return operations.add_documents(dossier.pk, [new], by=by)[0]


def sent(data: bytes, name: str = f"avis {CANARY}.pdf") -> io.BytesIO:
    file = io.BytesIO(data)
    file.name = name
    return file


def today() -> str:
    return f"{TODAY():%d/%m/%Y}"


class TestTheTab:
    def test_what_is_waited_for_what_is_there(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        joined(opened, cast["siao"], is_checked=True, valid_until=TODAY() + timedelta(days=90))
        operations.ask_pieces(
            opened.pk,
            [operations.AskedPiece("RESSOURCES")],
            whom="CAF",
            due_on=TODAY() + timedelta(days=14),
            by=cast["siao"],
            on=TODAY(),
        )
        page = text_of(browse("siao").get(f"/dossiers/{opened.pk}/documents/"))
        days = (TODAY(), TODAY() + timedelta(days=14))
        asked, due = (day_and_month(day, today=TODAY()).replace(NBSP, " ") for day in days)
        assert f"Justificatif de ressources Demandée le {asked} à la CAF, attendue le {due}. Nécessaire avant" in page
        assert "Pièce d’identité de Berthe Orsel Nécessaire avant la commission." in page
        assert re.search(r"Avis d’imposition Vérifiée PDF, [\d ,]+(octets|ko), reçue le .* valable jusqu’au", page)
        assert "Documents (1)" in page
        assert CANARY not in page, "the name that a file had is not shown"

    @pytest.mark.parametrize(
        ("account", "there", "absent"),
        [
            ("siao", ["Avis d’imposition", "Pièce d’identité de Berthe Orsel"], ["Certificat médical", "RIB"]),
            (
                "animation",
                ["Avis d’imposition", "Pièce d’identité"],
                ["Certificat médical", "RIB", "Joindre des pièces"],
            ),
            ("fol73", ["Avis d’imposition", "Certificat médical", "Santé", "seuls", "RIB"], ["Demander des pièces"]),
            ("sante", ["Certificat médical", "Pièce d’identité", "RIB"], ["Avis d’imposition"]),
        ],
    )
    def test_each_role(
        self, opened: Dossier, browse: Browse, cast: Cast, account: str, there: list[str], absent: list[str]
    ) -> None:
        person = opened.participants.get().person_id
        joined(opened, cast["siao"])
        joined(opened, cast["siao"], "IDENTITE", person=person)
        joined(opened, cast["fol73"], "MEDICAL", person=person)
        joined(opened, cast["fol73"], "RIB", person=person)
        shown = text_of(browse(account).get(f"/dossiers/{opened.pk}/documents/"))
        main = shown[shown.index("Étapes du dossier") if "Étapes du dossier" in shown else 0 :]
        held = main[main.index("Dans le dossier") :]
        assert [words for words in there if words not in main] == []
        assert [words for words in absent if words in (held if words.startswith("Avis") else main)] == []

    def test_who_has_nothing_to_know_has_no_tab(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        grant(opened, to=cast["dpo"], reason="test", by=None)
        assert "/documents/" not in browse("dpo").get(f"/dossiers/{opened.pk}/").content.decode()
        for path in ("", "joindre/", "demander/", "vues/"):
            assert browse("dpo").get(f"/dossiers/{opened.pk}/documents/{path}").status_code == 404

    def test_the_timeline_tells_it(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        joined(opened, cast["siao"], "ATTESTATION_CAF", is_checked=True)
        joined(opened, cast["fol73"], "MEDICAL")
        page = text_of(browse("siao").get(f"/dossiers/{opened.pk}/"))
        assert "Attestation CAF : reçue et vérifiée." in page
        assert "médical" not in page.lower()
        assert "Certificat médical : reçue." in text_of(browse("fol73").get(f"/dossiers/{opened.pk}/"))


class TestJoining:
    def url(self, dossier: Dossier, query: str = "") -> str:
        return f"/dossiers/{dossier.pk}/documents/joindre/{query}"

    def test_two_in_one_act(self, opened: Dossier, browse: Browse) -> None:
        browser = browse("siao")
        page = browser.get(self.url(opened))
        labels = re.findall(r"<legend>([^<]*)</legend>", page.content.decode())
        assert labels[:2] == ["Pièce d’identité de Berthe Orsel", "Justificatif de ressources"]
        told = {"received_on": today(), "is_checked": "on", "0-file": sent(png(), "id.png"), "1-photo": sent(jpeg())}
        answer = browser.post(self.url(opened), told, follow=True)
        assert "Deux pièces jointes." in text_of(answer)
        assert {(each.kind, each.media, each.checked_at is not None) for each in Document.objects.all()} == {
            ("IDENTITE", "PNG", True),
            ("RESSOURCES", "JPEG", True),
        }
        assert all(each.valid_until for each in Document.objects.filter(person=None)), "three months, by its kind"

    def test_another_piece_of_a_member(self, opened: Dossier, browse: Browse) -> None:
        person = str(opened.participants.get().person_id)
        told = {"received_on": today(), "autre-kind": "MEDICAL", "autre-person": person, "autre-file": sent(pdf())}
        answer = browse("fol73").post(self.url(opened), told, follow=True)
        assert "Une pièce jointe." in text_of(answer)
        made = Document.objects.get()
        assert (made.klass, str(made.subject_id), made.checked_at) == ("HEALTH", person, None)

    def test_twenty_five_megabytes_are_refused_and_the_other_answers_stay(
        self, opened: Dossier, browse: Browse
    ) -> None:
        told = {"received_on": "01/02/2026", "0-file": sent(bytes(25 * 1024 * 1024)), "1-until": "05/06/2027"}
        answer = browse("siao").post(self.url(opened), told)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Ce fichier fait 25 Mo : la limite est de 20 Mo." in text_of(answer)
        assert 'value="01/02/2026"' in page
        assert 'value="05/06/2027"' in page
        assert not Document.objects.exists()

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({}, "Choisissez au moins un fichier"),
            ({"0-file": b"MZ" + bytes(500)}, "est un programme"),
            ({"0-file": b""}, "Ce fichier est vide"),
            ({"0-file": "pdf", "0-photo": "pdf"}, "pas les deux"),
            ({"0-file": "pdf", "received_on": "31/02/2026"}, "une date qui existe"),
            ({"0-file": "pdf", "received_on": "01/01/2999"}, "date passée"),
            ({"0-file": "pdf", "1-file": b"MZ" + bytes(500)}, "Choisissez de nouveau les fichiers"),
            ({"autre-file": "pdf"}, "Choisissez la nature de la pièce"),
            ({"autre-kind": "RIB"}, "Choisissez au moins un fichier"),
            ({"autre-kind": "RIB", "autre-person": "x", "autre-file": "pdf"}, "Prenez une valeur de la liste"),
        ],
    )
    def test_refused_in_words_and_nothing_kept(
        self, opened: Dossier, browse: Browse, told: dict[str, Any], said: str
    ) -> None:
        given = {
            name: sent(pdf() if value == "pdf" else value) if name.endswith(("file", "photo")) else value
            for name, value in told.items()
        }
        answer = browse("siao").post(self.url(opened), {"received_on": today(), **given})
        assert (answer.status_code, said in text_of(answer)) == (422, True)
        assert not Document.objects.exists()

    def test_one_piece_by_its_link(self, opened: Dossier, browse: Browse) -> None:
        browser = browse("siao")
        page = browser.get(self.url(opened, "?piece=AVIS_IMPOSITION")).content.decode()
        assert re.findall(r"<legend>([^<]*)</legend>", page) == ["Avis d’imposition"]
        assert 'capture="environment"' in page
        for query in ("?piece=RIEN", "?remplace=x", f"?remplace={opened.pk}", "?piece=IDENTITE&de=x"):
            assert browser.get(self.url(opened, query)).status_code == 404

    def test_a_new_version(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        first = joined(opened, cast["siao"])
        browser, query = browse("siao"), f"?remplace={first.pk}"
        assert "Avis d’imposition, nouvelle version" in text_of(browser.get(self.url(opened, query)))
        browser.post(self.url(opened, query), {"received_on": today(), "0-file": sent(pdf(pages=2))})
        second = Document.objects.get(replaces=first)
        page = text_of(browser.get(f"/dossiers/{opened.pk}/documents/{second.pk}/"))
        assert "Ses autres versions Version 1, reçue le" in page
        assert "Une pièce remplacée ou retirée" not in page
        assert "1 pièce remplacée ou retirée" in text_of(browser.get(f"/dossiers/{opened.pk}/documents/"))

    def test_a_closed_dossier_says_so(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        operations.close(opened.pk, by=cast["siao"], on=TODAY(), outcome="DECES", note="x y z")
        told = {"received_on": today(), "autre-kind": "JUGEMENT", "autre-file": sent(pdf())}
        answer = browse("siao").post(self.url(opened), told)
        assert "Ce dossier est clos" in text_of(answer)


class TestAsking:
    def test_several_preselected_and_the_dossier_waits(self, cast: Cast, browse: Browse) -> None:
        dossier = make_dossier(state=State.EN_EVALUATION, referent=cast["siao"])
        browser, url = browse("siao"), f"/dossiers/{dossier.pk}/documents/demander/"
        page = browser.get(url).content.decode()
        chosen = re.findall(r'value="([A-Z_]+\|[^"]*)"[^>]*checked', page)
        assert [code.partition("|")[0] for code in chosen] == [
            "IDENTITE",
            "RESSOURCES",
            "AVIS_IMPOSITION",
            "DEMANDE_LOGEMENT",
        ]
        due = f"{TODAY() + timedelta(days=14):%d/%m/%Y}"
        remind = f"{TODAY() + timedelta(days=7):%d/%m/%Y}"
        told = {"pieces": chosen[:2], "whom": "PRESCRIPTEUR", "due_on": due, "remind_on": remind}
        assert "Deux pièces demandées." in text_of(browser.post(url, told, follow=True))
        assert Dossier.objects.get().state == State.A_COMPLETER
        assert "À relancer le" in text_of(browser.get(f"/dossiers/{dossier.pk}/documents/"))
        (request,) = PieceRequest.objects.filter(person=None)
        done = browser.post(f"/dossiers/{dossier.pk}/documents/demandes/{request.pk}/retirer/", follow=True)
        assert "La demande est retirée." in text_of(done)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"pieces": []}, "au moins une pièce"),
            ({"pieces": ["MEDICAL|"]}, "dans la liste"),
            ({"due_on": "01/01/2020"}, "une date à venir"),
            ({"remind_on": "01/01/2999"}, "entre aujourd’hui et l’échéance"),
            ({"whom": "VOISIN"}, "Prenez une valeur"),
        ],
    )
    def test_refused_in_words(self, opened: Dossier, browse: Browse, change: dict[str, Any], said: str) -> None:
        due = f"{TODAY() + timedelta(days=14):%d/%m/%Y}"
        told = {"pieces": ["RESSOURCES|"], "whom": "CAF", "due_on": due, "remind_on": ""} | change
        answer = browse("siao").post(f"/dossiers/{opened.pk}/documents/demander/", told)
        assert (answer.status_code, said in text_of(answer)) == (422, True)
        assert not PieceRequest.objects.exists()

    def test_seen_and_handed_back(self, opened: Dossier, browse: Browse, folder: Path) -> None:
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/vues/"
        told = {"pieces": ["RESSOURCES|", "AVIS_IMPOSITION|"], "on": today()}
        assert "Deux pièces notées vues, sans copie." in text_of(browser.post(url, told, follow=True))
        assert not folder.exists()
        seen = Document.objects.first()
        assert seen is not None
        assert "Aucune copie n’est gardée" in text_of(browser.get(f"/dossiers/{opened.pk}/documents/{seen.pk}/"))
        assert browser.get(f"/dossiers/{opened.pk}/documents/{seen.pk}/contenu/").status_code == 404

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur"])
    def test_by_the_siao_alone(self, opened: Dossier, browse: Browse, account: str) -> None:
        for path in ("demander/", "vues/"):
            assert browse(account).get(f"/dossiers/{opened.pk}/documents/{path}").status_code == 404


class TestServing:
    @pytest.mark.parametrize(
        ("data", "kind"),
        [(pdf(), "application/pdf"), (png(), "image/png"), (jpeg(), "image/jpeg")],
        ids=["PDF", "PNG", "JPEG"],
    )
    def test_in_its_page_and_as_a_file(
        self, opened: Dossier, browse: Browse, cast: Cast, data: bytes, kind: str
    ) -> None:
        made = joined(opened, cast["siao"], data=data)
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/{made.pk}/"
        page = browser.get(url)
        assert f'src="{url}contenu/' in page.content.decode()
        assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
        for path, how in (("contenu/", "inline"), ("telecharger/", "attachment")):
            answer = browser.get(url + path)
            assert answer.streaming
            assert b"".join(answer) == data
            said = answer.headers
            assert said["Content-Type"] == kind
            assert said["Content-Length"] == str(len(data))
            assert re.fullmatch(how + r'; filename="piece-[0-9a-f]{8}\.(pdf|png|jpg)"', said["Content-Disposition"])
            assert said["Cache-Control"] == "no-store"
            assert said["X-Content-Type-Options"] == "nosniff"
            policy = said["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'")
            assert "frame-ancestors 'self'" in policy
            assert ("sandbox" in policy) == (kind != "application/pdf" or how == "attachment")
        read = Entry.objects.filter(event="document.read", kind=Kind.READ)
        assert [(each.target_id, each.codes) for each in read.order_by("recorded_at")] == [
            (made.pk, {"klass": "SOCIAL", "version": 1, "attached": False}),
            (made.pk, {"klass": "SOCIAL", "version": 1, "attached": True}),
        ]

    def test_closed_to_who_does_not_read_its_class(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        made = joined(opened, cast["fol73"], "MEDICAL")
        url = f"/dossiers/{opened.pk}/documents/{made.pk}/"
        statuses = {
            account: [browse(account).get(url + path).status_code for path in ("", "contenu/", "telecharger/")]
            for account in ("sante", "fol73", "siao", "prescripteur", "etranger")
        }
        nothing = [404, 404, 404]
        assert statuses == {
            "sante": [200, 200, 200],
            "fol73": [200, 404, 404],
            "siao": nothing,
            "prescripteur": nothing,
            "etranger": nothing,
        }
        assert "Cette pièce ne s’ouvre pas pour vous" in text_of(browse("fol73").get(url))

    def test_a_chain_stops_at_a_version_that_is_hidden(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        (first,) = operations.add_documents(
            opened.pk, [NewDocument("MEDICAL", inspect(upload(pdf())), TODAY())], by=None
        )
        second = joined(opened, cast["sante"], "MEDICAL", replaces=first.pk)
        url = f"/dossiers/{opened.pk}/documents/"
        assert browse("fol73").get(f"{url}{first.pk}/").status_code == 404
        assert browse("fol73").get(f"{url}{second.pk}/").status_code == 200
        assert f"{url}{first.pk}/" in browse("sante").get(f"{url}{second.pk}/").content.decode()

    def test_as_many_queries_with_few_versions_and_many(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        made = [joined(opened, cast["siao"])]
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/{made[0].pk}/"
        browser.get(url)  # fills what a process keeps
        counts = []
        for more in (1, 4):
            for _ in range(more):
                made.append(joined(opened, cast["siao"], replaces=made[-1].pk))
            with statements() as sent_queries:
                shown = text_of(browser.get(url))
            counts.append(len(sent_queries))
        assert counts[0] == counts[1]
        assert [int(each) for each in re.findall(r"Version (\d+), reçue", shown)] == [6, 5, 4, 3, 2]

    def test_a_changed_byte_shows_nothing_and_is_told(self, opened: Dossier, cast: Cast, folder: Path) -> None:
        made = joined(opened, cast["siao"], data=pdf(text="x" * 200_000))
        (path,) = [each for each in folder.rglob("*") if each.is_file()]
        changed = bytearray(path.read_bytes())
        changed[-40] ^= 1
        path.write_bytes(bytes(changed))
        browser = Client(raise_request_exception=False)
        browser.force_login(cast["siao"])
        answer = browser.get(f"/dossiers/{opened.pk}/documents/{made.pk}/contenu/")
        assert answer.status_code == 500
        assert b"%PDF" not in answer.content
        assert Entry.objects.filter(event="vault.tampered", target_id=made.pk).count() == 1
        assert not Entry.objects.filter(event="document.read").exists()

    def test_removed_it_is_served_to_nobody(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        made = joined(opened, cast["siao"])
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/{made.pk}/"
        assert "Le fichier et sa clé sont détruits aussitôt" in text_of(browser.get(url + "retirer/"))
        assert browser.post(url + "retirer/", {"reason": ""}).status_code == 422
        assert "Son contenu est détruit." in text_of(browser.post(url + "retirer/", {"reason": "MISTAKE"}, follow=True))
        assert [browser.get(url + path).status_code for path in ("", "contenu/", "telecharger/", "retirer/")] == [
            200,
            404,
            404,
            404,
        ]
        page = text_of(browser.get(url))
        assert "Pièce retirée" in page
        assert "jointe par erreur" in page
        assert Removal.MISTAKE in {each.removal for each in Document.objects.all()}

    def test_verified_by_a_button(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        made = joined(opened, cast["fol73"])
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/{made.pk}/"
        assert "Lisible et bonne : vérifiée" in text_of(browser.get(url))
        assert "La pièce est vérifiée." in text_of(browser.post(url + "verifier/", follow=True))
        assert "Lisible et bonne" not in text_of(browse("fol73").get(url))

    def test_of_another_dossier_is_not_there(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        made, other = joined(opened, cast["siao"]), make_dossier()
        assert browse("siao").get(f"/dossiers/{other.pk}/documents/{made.pk}/contenu/").status_code == 404

    def test_few_queries_whatever_the_pieces(self, opened: Dossier, browse: Browse, cast: Cast) -> None:
        browser, url = browse("siao"), f"/dossiers/{opened.pk}/documents/"
        browser.get(url)  # the session is written now and then
        counts = []
        for _ in range(2):
            joined(opened, cast["siao"])
            keys.forget_all()
            with statements() as sent_queries:
                browser.get(url)
            counts.append(len(sent_queries))
        assert counts[0] == counts[1]
