"""The reference lists and the texts: edited by their keepers, with their history, and what they feed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import LetterVersion, ListChange, Organisation, OrganisationKind, User
from accounts.operations import LetterText, edit_organisation, install_letter, invite, letter_text, rewrite_letter
from accounts.roles import Code
from audit.models import Entry
from cases.dossiers.models import Commune, Motive, PieceKind
from cases.dossiers.operations.piece_kinds import install_piece_kinds
from cases.dossiers.operations.reference import install_communes, install_motives
from commission.operations.notices import install_notice_text
from core import outbox
from core.errors import NotAllowed, OperationRefused
from tests.fixtures import Cast, at_once, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
NOTICE = "examen.notify"
WORDS = LetterText("Dossier {reference} : la commission a répondu", "Une réponse vous attend.", "Lire la réponse")


class TestMotives:
    URL = "/reglages/motifs/PERDU_DE_VUE/"

    def test_reworded_with_who_when_before_and_after(self, browse: Browse, cast: Cast) -> None:
        browser = browse("coordination")
        told = {"label": "sans nouvelles", "rank": "10", "is_active": "on"}
        assert browser.post(self.URL, told).status_code == 302
        changed = Motive.objects.get(pk="PERDU_DE_VUE")
        assert (changed.label, changed.rank, changed.level) == ("sans nouvelles", 10, "NON_RETENU")
        (change,) = ListChange.objects.all()
        assert (change.changed_by, change.before, change.after) == (
            cast["coordination"],
            {"libellé": "perdu de vue", "rang": 100},
            {"libellé": "sans nouvelles", "rang": 10},
        )
        assert Entry.objects.get(event="list.edited").codes == {"list": "MOTIVE", "is_new": False}
        page = text_of(browser.get(self.URL))
        assert "perdu de vue" in page
        assert "Inès Baudin" in page

    def test_an_edited_label_survives_the_next_migrate(self, browse: Browse) -> None:
        browse("admin").post(self.URL, {"label": "sans nouvelles", "rank": "10"})
        install_motives(connection)
        kept = Motive.objects.get(pk="PERDU_DE_VUE")
        assert (kept.label, kept.rank, kept.is_active) == ("sans nouvelles", 10, False)

    @pytest.mark.parametrize("label", ["", "…", "Décès", "x" * 121])
    def test_refused_in_words_and_unchanged(self, browse: Browse, label: str) -> None:
        assert browse("admin").post(self.URL, {"label": label, "rank": "10"}).status_code == 422
        assert Motive.objects.get(pk="PERDU_DE_VUE").label == "perdu de vue"
        assert not ListChange.objects.exists()

    def test_a_new_one_under_a_code_of_its_own(self, browse: Browse) -> None:
        browser = browse("coordination")
        told = {"label": "a trouvé seul un logement", "level": "NON_RETENU", "rank": "20"}
        assert browser.post("/reglages/motifs/nouveau/", told).status_code == 302
        assert Motive.objects.get(pk="A_TROUVE_SEUL_UN_LOGEMENT").in_sources is False
        assert browser.post("/reglages/motifs/nouveau/", told).status_code == 422


class TestPieceKinds:
    URL = "/reglages/pieces/AVIS_IMPOSITION/"
    TOLD = {"label": "avis d’impôt", "whose": "HOUSEHOLD", "step": "", "months": "18", "rank": "15", "is_active": "on"}

    def test_reworded_asked_by_no_step_any_more_with_its_history(self, browse: Browse, cast: Cast) -> None:
        browser = browse("coordination")
        assert browser.post(self.URL, self.TOLD | {"household_types": ["MINEUR"]}).status_code == 302
        kind = PieceKind.objects.get(pk="AVIS_IMPOSITION")
        assert (kind.label, kind.step, kind.months, kind.household_types) == ("avis d’impôt", "", 18, ["MINEUR"])
        (change,) = ListChange.objects.all()
        assert (change.list_name, change.before["demandée"]) == ("PIECE_KIND", "pour déclarer prêt à présenter")
        assert change.after["ménages"] == "mineur"
        install_piece_kinds(connection)
        assert PieceKind.objects.get(pk="AVIS_IMPOSITION").label == "avis d’impôt"
        assert "avis d’imposition" in text_of(browser.get(self.URL))
        assert "Avis d’impôt" in text_of(browser.get("/reglages/pieces/"))

    @pytest.mark.parametrize(
        "change",
        [
            {"label": "…"},
            {"label": "RIB"},
            {"whose": "VOISIN"},
            {"step": "JAMAIS"},
            {"months": "0"},
            {"months": "trois"},
            {"household_types": ["TRIBU"]},
        ],
    )
    def test_refused_in_words_and_unchanged(self, browse: Browse, change: dict[str, Any]) -> None:
        assert browse("admin").post(self.URL, self.TOLD | change).status_code == 422
        assert PieceKind.objects.get(pk="AVIS_IMPOSITION").label == "avis d’imposition"

    def test_no_step_asks_what_the_siao_does_not_read(self, browse: Browse) -> None:
        told = self.TOLD | {"label": "certificat médical", "step": "READY"}
        answer = browse("admin").post("/reglages/pieces/MEDICAL/", told)
        assert "que le SIAO peut lire" in text_of(answer)
        with pytest.raises(IntegrityError), transaction.atomic():
            PieceKind.objects.filter(pk="MEDICAL").update(step="READY")

    def test_a_new_one_under_a_code_of_its_own(self, browse: Browse) -> None:
        browser, told = browse("coordination"), self.TOLD | {"label": "carte d’invalidité", "klass": "HEALTH"}
        assert browser.post("/reglages/pieces/nouvelle/", told).status_code == 302
        assert PieceKind.objects.get(pk="CARTE_D_INVALIDITE").klass == "HEALTH"
        assert browser.post("/reglages/pieces/nouvelle/", told).status_code == 422
        assert browser.post("/reglages/pieces/nouvelle/", told | {"klass": "JUSTICE"}).status_code == 422

    @pytest.mark.parametrize("account", ["siao", "fol73", "dpo"])
    def test_by_who_keeps_the_lists_alone(self, browse: Browse, account: str) -> None:
        assert browse(account).get("/reglages/pieces/").status_code == 404


class TestCommunes:
    def test_those_of_the_territory_are_there(self) -> None:
        assert Commune.objects.count() == 38
        assert Commune.objects.get(pk="73065").name == "Chambéry"

    def test_edited_added_and_kept(self, browse: Browse) -> None:
        browser = browse("coordination")
        assert browser.post("/reglages/communes/73065/", {"name": "Chambéry-le-Vieux"}).status_code == 302
        told = {"code": "73008", "name": "Aix-les-Bains"}
        assert browser.post("/reglages/communes/nouvelle/", told).status_code == 302
        install_communes(connection)
        changed = Commune.objects.get(pk="73065")
        assert (changed.name, changed.sort_key, changed.is_active) == ("Chambéry-le-Vieux", "chambery le vieux", False)
        assert Commune.objects.count() == 39
        assert [change.before for change in ListChange.objects.order_by("changed_at")][1] == {}

    @pytest.mark.parametrize(("code", "name"), [("7306", "X"), ("73065", "X"), ("ABCDE", "X"), ("73008", "?")])
    def test_refused_in_words(self, browse: Browse, code: str, name: str) -> None:
        answer = browse("admin").post("/reglages/communes/nouvelle/", {"code": code, "name": name})
        assert answer.status_code == 422
        assert Commune.objects.count() == 38


class TestOrganisations:
    def test_reworded_it_keeps_its_names(self, browse: Browse) -> None:
        found = Organisation.objects.known_as("FOL 73").get()
        told = {"name": "Ligue de l’enseignement 73", "kind": "ACCOMPAGNEMENT", "aliases": "LDE 73\n\nLigue 73"}
        assert browse("coordination").post(f"/reglages/organisations/{found.pk}/", told).status_code == 302
        for name in ("fol 73", "ligue 73", "LDE-73", "Ligue de l'enseignement 73"):
            assert Organisation.objects.known_as(name).get() == found

    def test_one_where_people_work_is_not_closed(self, cast: Cast) -> None:
        found = Organisation.objects.known_as("FOL 73").get()
        edit = partial(
            edit_organisation,
            found.pk,
            name="FOL 73",
            kind=OrganisationKind.ACCOMPAGNEMENT,
            aliases=[],
            by=cast["admin"],
        )
        with pytest.raises(OperationRefused, match="travaillent encore"):
            edit(is_closed=True)

    def test_a_closed_one_is_offered_no_more(self, browse: Browse, cast: Cast) -> None:
        browser = browse("admin")
        told = {"name": "Abri du Nivolet", "kind": "ACCOMPAGNEMENT"}
        assert browser.post("/reglages/organisations/nouvelle/", told).status_code == 302
        made = Organisation.objects.known_as("abri du nivolet").get()
        assert browser.post(f"/reglages/organisations/{made.pk}/", {**told, "is_closed": "on"}).status_code == 302
        assert made not in Organisation.objects.open()
        with pytest.raises(OperationRefused, match="fermée"):
            invite("a@essai.example", made, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])

    def test_anothers_name_or_the_siaos_nature_is_refused(self, cast: Cast) -> None:
        found = Organisation.objects.known_as("FOL 73").get()
        for name, kind, others in (
            ("Grand Chambéry", OrganisationKind.ACCOMPAGNEMENT, []),
            ("FOL 73", OrganisationKind.ACCOMPAGNEMENT, ["SIAO 73"]),
            ("FOL 73", OrganisationKind.SIAO, []),
        ):
            with pytest.raises(OperationRefused):
                edit_organisation(found.pk, name=name, kind=kind, aliases=others, is_closed=False, by=cast["admin"])
        assert not ListChange.objects.exists()


class TestLetters:
    def test_a_new_version_serves_and_the_former_stays(self, cast: Cast) -> None:
        assert letter_text(NOTICE, reference="A-1").subject == "Dossier A-1 : une décision vous attend dans Seuil"
        rewrite_letter(NOTICE, WORDS, seen=1, by=cast["coordination"])
        assert letter_text(NOTICE, reference="A-1").subject == "Dossier A-1 : la commission a répondu"
        install_notice_text(connection)
        numbers = LetterVersion.objects.filter(letter_id=NOTICE).values_list("number", flat=True)
        assert sorted(numbers) == [1, 2]

    def test_words_of_the_product_follow_it_until_somebody_rewrites_them(self, cast: Cast) -> None:
        first, better = LetterText("A", "Bonjour.", "Lire"), LetterText("A", "Bonjour à vous.", "Lire")
        for words, numbers in ((first, [1]), (first, [1]), (better, [2, 1]), (better, [2, 1])):
            install_letter("essai", "Essai", words)
            versions = LetterVersion.objects.filter(letter_id="essai").order_by("-number")
            assert [version.number for version in versions] == numbers
            assert letter_text("essai") == words
        rewrite_letter("essai", LetterText("A", "Bonjour à tous.", "Lire"), seen=2, by=cast["coordination"])
        install_letter("essai", "Essai", first)
        assert letter_text("essai").sentence == "Bonjour à tous."

    def test_the_invitation_says_the_new_words(self, cast: Cast) -> None:
        words = LetterText("Seuil vous attend", "Répondez quand vous voulez.", "Répondre")
        rewrite_letter("invitation.sent", words, seen=1, by=cast["admin"])
        fol = Organisation.objects.known_as("FOL 73").get()
        invite("a@essai.example", fol, Code.TRAVAILLEUR_SOCIAL, by=cast["admin"])
        outbox.drain("invitation.sent")
        assert mail.outbox[-1].subject == "Seuil vous attend"

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (LetterText("Dossier", "Une réponse.", "Lire"), "garde {reference}"),
            (LetterText("{reference}", "Bonjour {nom}.", "Lire"), "n’est pas connu"),
            (LetterText("{reference}", "{reference.__class__}", "Lire"), "n’est pas connu"),
            (LetterText("{reference}", "{reference!r}", "Lire"), "n’est pas connu"),
            (LetterText("{reference}", "{reference:>9999999}", "Lire"), "n’est pas connu"),
            (LetterText("{reference", "Une réponse.", "Lire"), "accolade"),
            (LetterText("{reference}", "  ", "Lire"), "en une ligne"),
            (LetterText("{reference}", "a\0b", "Lire"), "en une ligne"),
        ],
    )
    def test_refused_in_words(self, cast: Cast, words: LetterText, why: str) -> None:
        with pytest.raises(OperationRefused, match=why):
            rewrite_letter(NOTICE, words, seen=1, by=cast["admin"])
        assert LetterVersion.objects.filter(letter_id=NOTICE).count() == 1

    def test_read_before_another_wrote_is_refused(self, browse: Browse, cast: Cast) -> None:
        rewrite_letter(NOTICE, WORDS, seen=1, by=cast["admin"])
        told = {"subject": "{reference}", "sentence": "Autre chose.", "action": "Lire", "seen": "1"}
        answer = browse("coordination").post(f"/reglages/textes/{NOTICE}/", told)
        assert answer.status_code == 422
        assert "a changé depuis votre lecture" in text_of(answer)

    def test_not_by_everybody(self, cast: Cast) -> None:
        for account in ("siao", "dpo", "animation", "etranger"):
            with pytest.raises(NotAllowed):
                rewrite_letter(NOTICE, WORDS, seen=1, by=cast[account])


@pytest.mark.django_db(transaction=True)
def test_two_versions_written_at_once() -> None:
    from accounts.demo import install_cast

    install_cast(password=None)
    admin = User.objects.get(email="admin@seuil.example")
    outcomes = at_once(*[partial(rewrite_letter, NOTICE, WORDS, seen=1, by=admin)] * 2)
    (refused,) = [error for error in outcomes if error is not None]
    assert "a changé depuis votre lecture" in str(refused)
    assert LetterVersion.objects.filter(letter_id=NOTICE).count() == 2
