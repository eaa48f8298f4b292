"""Letters of a dossier: offered, looked at, made; blocked while the law is silent; frozen, sealed, hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Letter, User
from accounts.operations import LetterText, rewrite_letter
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, EventKind, How, LetterKind, SentLetter, State
from cases.dossiers.operations import NewFact
from cases.dossiers.operations.letters import LEGAL, Asked, make_letter, mark_sent, pdf_of, pieces_in, text_of, told_in
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.acts import prepared
from tests.dossiers.letters import RECOURS, WHY, desk, draft_url, printed
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal
from tests.fixtures import text_of as shown

pytestmark = pytest.mark.django_db
K = LetterKind


class TestOffered:
    def test_after_a_decision_for_everybody_concerned(self, put_off: Dossier) -> None:
        assert desk(put_off).offered[:3] == [K.DECISION, K.DECISION_FALC, K.PRESCRIPTEUR]
        assert desk(put_off).why == "Une dette de loyer doit d’abord être réglée, ou payée petit à petit avec un plan."

    def test_pieces_that_were_asked_for(self, siao: User) -> None:
        dossier = prepared(State.EN_EVALUATION, referent=siao)
        operations.ask_for_pieces(
            dossier.pk, by=siao, on=timezone.localdate(), note="Pièce d’identité ; avis d’imposition 2025."
        )
        found = desk(dossier)
        assert found.offered[:3] == [K.PIECES, K.PIECES_FALC, K.PRESCRIPTEUR]
        assert found.pieces == ["Pièce d’identité", "avis d’imposition 2025"]

    def test_nobody_writes_to_the_dead(self, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        operations.decline(dossier.pk, by=siao, on=timezone.localdate(), motive="DECES")
        assert desk(dossier).offered == []
        with pytest.raises(OperationRefused, match="n’a pas lieu d’être"):
            make_letter(dossier.pk, K.DECISION, WHY, by=siao)

    def test_a_decision_of_a_register_is_not_told_again(self, siao: User) -> None:
        dossier = make_dossier("adjourned")
        assert set(desk(dossier).offered) & {K.DECISION, K.DECISION_FALC, K.PRESCRIPTEUR} == set()

    def test_the_commissions_decision_is_told_in_its_name(self, siao: User) -> None:
        dossier = prepared(State.EN_COMMISSION, referent=siao)
        today = timezone.localdate()
        operations.admit(dossier.pk, by=None, on=today, told=NewFact(EventKind.DECISION, today, detail="VALIDEE"))
        found = desk(dossier)
        assert found.offered[0] == K.DECISION
        assert found.decision is not None
        assert found.decision.by_commission

    @pytest.mark.parametrize(
        ("text", "pieces"),
        [
            ("", []),
            ("  \n ", []),
            ("RIB", ["RIB"]),
            ("RIB, avis d’imposition ; bail.", ["RIB", "avis d’imposition", "bail"]),
            ("- RIB\n• pièce d’identité, recto et verso\n", ["RIB", "pièce d’identité, recto et verso"]),
        ],
    )
    def test_pieces_are_read_line_by_line(self, text: str, pieces: list[str]) -> None:
        assert pieces_in(text) == pieces


class TestTheLaw:
    def test_while_its_text_is_empty_nothing_leaves(self, put_off: Dossier, siao: User) -> None:
        assert text_of(LEGAL).lines == []
        with pytest.raises(OperationRefused, match="La coordination Logement d’abord"):
            make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        assert not SentLetter.objects.exists()

    def test_one_may_look_at_the_draft_meanwhile(self, put_off: Dossier, siao: User, client: Client) -> None:
        client.force_login(siao)
        page = client.get(draft_url(put_off, "decision"))
        said = shown(page)
        assert "Projet : ce courrier n’est pas encore établi." in said
        assert "Recours et mentions légales" in said
        assert "Établir le courrier" not in said
        pdf = client.post(draft_url(put_off, "decision"), {"why": WHY.why, "faire": "pdf"})
        assert pdf.headers["Content-Type"] == "application/pdf"
        assert "Projet : ce courrier n’est pas encore établi." in printed(pdf.content)
        refused = client.post(draft_url(put_off, "decision"), {"why": WHY.why, "faire": "etablir"})
        assert refused.status_code == 422
        assert not SentLetter.objects.exists()

    def test_who_writes_the_texts_fills_it_with_its_history(self, cast: Cast, client: Client) -> None:
        client.force_login(cast["coordination"])
        url = reverse("desk:letter", args=[LEGAL])
        assert "Rien n’est encore écrit." in shown(client.get(url))
        assert "Mots du lien" not in shown(client.get(url))
        sent = {"subject": "Vos droits", "sentence": f"{RECOURS}\r\n\r\n  Un  tribunal. ", "seen": "1"}
        assert client.post(url, sent).status_code == 302
        assert text_of(LEGAL).lines == [RECOURS, "Un tribunal."]
        empty = client.post(url, {"subject": "Vos droits", "sentence": "  ", "seen": "2"})
        assert empty.status_code == 422
        assert Letter.objects.get(pk=LEGAL).versions.count() == 2
        assert Entry.objects.filter(event="letter.rewritten").exists()

    def test_it_is_printed_as_it_is(self, lawful: None, put_off: Dossier, siao: User) -> None:
        assert RECOURS in printed(pdf_of(make_letter(put_off.pk, K.DECISION, WHY, by=siao)))


@pytest.mark.usefixtures("lawful")
class TestMade:
    def test_it_is_frozen_sealed_and_drawn_the_same(self, put_off: Dossier, siao: User, cast: Cast) -> None:
        made = make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        first = pdf_of(made)
        told = told_in(made)
        assert told["texts"][LEGAL] == 2
        assert made.subject_id == put_off.participants.get().person_id
        raw = bytes(execute("SELECT content FROM dossiers_sentletter")[0][0])
        assert raw[:1] == b"\xe1"
        assert b"dette" not in raw
        rewrite_letter(LEGAL, LetterText("Vos droits", "Autre chose.", ""), seen=2, by=cast["coordination"])
        again = SentLetter.objects.get(pk=made.pk)
        assert pdf_of(again) == first
        assert RECOURS in printed(first)
        assert Entry.objects.get(event="letter.made").codes == {"kind": "DECISION"}

    def test_postgresql_lets_nobody_rewrite_it(self, put_off: Dossier, siao: User) -> None:
        made = make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        for change in ("kind = 'PIECES'", "content = content || '\\x00'", "produced_at = now()", "about_id = NULL"):
            error = refusal(lambda: execute(f"UPDATE dossiers_sentletter SET {change}"))  # noqa: B023, S608
            assert (error.sqlstate, "ne se récrit pas" in str(error)) == ("23514", True), change
        mark_sent(made.pk, how=How.HANDED, on=timezone.localdate(), by=siao)
        assert "parti ne change plus" in str(refusal(lambda: execute("UPDATE dossiers_sentletter SET how = 'POST'")))
        assert "ne se supprime pas" in str(refusal(lambda: execute("DELETE FROM dossiers_sentletter")))

    @pytest.mark.parametrize(
        ("column", "value", "constraint"),
        [
            ("how", "'HANDED'", "letter_sent_how_and_when"),
            ("how", "'PIGEON'", "letter_how"),
            ("sent_at", "now()", "letter_sent_how_and_when"),
            ("sent_on", "now()", "letter_sent_how_and_when"),
        ],
    )
    def test_constraints(self, put_off: Dossier, siao: User, column: str, value: str, constraint: str) -> None:
        make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        said = refusal(lambda: execute(f"UPDATE dossiers_sentletter SET {column} = {value}"))  # noqa: S608
        assert said.diag.constraint_name in {constraint, "letter_made_and_sent_by_somebody"}

    def test_only_the_notice_leaves_by_mail_and_somebody_makes_the_others(self, put_off: Dossier, siao: User) -> None:
        make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        mailed = "UPDATE dossiers_sentletter SET how = 'MAIL', sent_on = now(), sent_at = now(), sent_by_id = %s"
        assert refusal(lambda: execute(mailed, siao.pk)).diag.constraint_name == "letter_by_mail_is_the_notice"
        alone = "UPDATE dossiers_sentletter SET how = 'POST', sent_on = now(), sent_at = now()"
        assert refusal(lambda: execute(alone)).diag.constraint_name == "letter_made_and_sent_by_somebody"

    def test_marked_sent_once(self, put_off: Dossier, siao: User) -> None:
        made = make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        today = timezone.localdate()
        for on in (today + timedelta(days=1), today - timedelta(days=1)):
            with pytest.raises(OperationRefused, match="jour du départ"):
                mark_sent(made.pk, how=How.POST, on=on, by=siao)
        with pytest.raises(OperationRefused, match="remis ou posté"):
            mark_sent(made.pk, how=How.MAIL, on=today, by=siao)
        sent = mark_sent(made.pk, how=How.POST, on=today, by=siao)
        assert (sent.how, sent.sent_on, sent.sent_by) == (How.POST, today, siao)
        with pytest.raises(OperationRefused, match="déjà"):
            mark_sent(made.pk, how=How.POST, on=today, by=siao)
        assert Entry.objects.get(event="letter.sent").codes == {"kind": "DECISION", "how": "POST"}

    def test_what_it_lacks_is_said(self, put_off: Dossier, siao: User) -> None:
        with pytest.raises(OperationRefused, match="Écrivez en une phrase pourquoi"):
            make_letter(put_off.pk, K.DECISION, Asked(why=" "), by=siao)
        with pytest.raises(OperationRefused, match="une par ligne"):
            make_letter(put_off.pk, K.PIECES, Asked(), by=siao)
        with pytest.raises(OperationRefused, match="20 pièces au plus"):
            make_letter(put_off.pk, K.PIECES, Asked(pieces=("RIB",) * 21), by=siao)

    def test_a_copy_goes_to_who_assists(self, put_off: Dossier, siao: User) -> None:
        asked = Asked(
            address=("3 rue des Remparts", "73000 Chambéry"),
            copies=("Association tutélaire inventée",),
            why="Une dette.",
        )
        text = printed(pdf_of(make_letter(put_off.pk, K.DECISION, asked, by=siao)))
        assert "Copie à : Association tutélaire inventée" in text
        assert "3 rue des Remparts" in text

    @pytest.mark.parametrize("account", ["animation", "fol73", "sante", "prescripteur", "dpo", "etranger"])
    def test_other_roles_make_none_and_see_none(
        self, cast: Cast, client: Client, put_off: Dossier, siao: User, account: str
    ) -> None:
        made = make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        grant(put_off, to=cast[account], reason="test", by=None)
        with pytest.raises(NotAllowed):
            make_letter(put_off.pk, K.DECISION, WHY, by=cast[account])
        client.force_login(cast[account])
        for url in (
            reverse("dossiers:letters", args=[put_off.pk]),
            draft_url(put_off, "decision"),
            made.get_absolute_url(),
            reverse("dossiers:letter_pdf", args=[put_off.pk, made.pk]),
        ):
            assert client.get(url).status_code == 404

    def test_a_letter_belongs_to_its_dossier(self, put_off: Dossier, siao: User, client: Client) -> None:
        made = make_letter(put_off.pk, K.DECISION, WHY, by=siao)
        client.force_login(siao)
        other = make_dossier(referent=siao)
        assert client.get(reverse("dossiers:letter", args=[other.pk, made.pk])).status_code == 404
        assert client.get(reverse("dossiers:letter_pdf", args=[other.pk, made.pk])).status_code == 404
        assert client.get(draft_url(put_off, "courriel")).status_code == 404
        assert client.get(draft_url(put_off, "rien")).status_code == 404


def test_the_informations_notice_is_for_any_dossier(lawful: None, siao: User, client: Client) -> None:
    dossier = make_dossier("bare", referent=siao)
    client.force_login(siao)
    told = {
        "information": "Les membres de la commission : une fiche sans votre nom",
        "information-falc": "Des professionnels vous aident.",
    }
    for kind, words in told.items():
        said: Any = shown(client.get(draft_url(dossier, kind)))
        assert words in said
        assert "Pourquoi" not in said.split("Courriers")[-1].split("Adresse")[0]
    assert make_letter(dossier.pk, K.INFORMATION_FALC, Asked(), by=siao).about is None
