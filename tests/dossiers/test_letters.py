"""Letters of a dossier: offered, looked at, made, sent; blocked while the law is silent; frozen, sealed, hidden."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta
from typing import Any

import pypdf
import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Letter, User
from accounts.operations import LetterText, rewrite_letter
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, EventKind, How, LetterKind, SentLetter, Source, State
from cases.dossiers.operations import NewFact
from cases.dossiers.operations.letters import (
    LEGAL,
    Asked,
    Desk,
    make_letter,
    mark_sent,
    notify_instruction,
    pdf_of,
    pieces_in,
    text_of,
    told_in,
)
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.dossiers.acts import prepared
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, refusal
from tests.fixtures import text_of as shown

pytestmark = pytest.mark.django_db
K = LetterKind
WHY = Asked(why="Une dette de loyer doit d’abord être réglée.")
RECOURS = "Vous pouvez écrire au président de Grand Chambéry, dans les deux mois."


@pytest.fixture
def lawful(cast: Cast) -> None:
    """The territory has written its legal text."""
    text = LetterText("Vos droits et vos recours", f"{RECOURS}\n\nVous pouvez saisir le tribunal administratif.", "")
    rewrite_letter(LEGAL, text, seen=1, by=cast["coordination"])


@pytest.fixture
def put_off(siao: User) -> Dossier:
    """Put off by the SIAO today, oriented by a body of prescripteurs."""
    dossier = prepared(State.EVALUE, referent=siao)
    today = timezone.localdate()
    later = today + timedelta(days=90)
    return operations.adjourn(dossier.pk, by=siao, on=today, motive="AJOURNE_DETTE_LOCATIVE", review_on=later)


def desk(dossier: Dossier) -> Desk:
    return Desk(Dossier.objects.get(pk=dossier.pk), today=timezone.localdate())


def printed(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def draft_url(dossier: Dossier, kind: str) -> str:
    return reverse("dossiers:letter_draft", args=[dossier.pk, kind])


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


class TestOnACondition:
    """« Validée sous réserve »: the household is told of the reserve, and somebody is told to write."""

    RESERVE = "Une attestation d’assurance avant le 18."

    @pytest.fixture
    def admitted(self, siao: User) -> Dossier:
        return self.admit(siao, "VALIDEE_SOUS_RESERVE", self.RESERVE)

    def admit(self, siao: User, detail: str, note: str | None = None) -> Dossier:
        dossier, today = prepared(State.EN_COMMISSION, referent=siao), timezone.localdate()
        told = NewFact(EventKind.DECISION, today, detail=detail, note=note)
        return operations.admit(dossier.pk, by=None, on=today, told=told)

    def waiting(self, siao: User) -> list[Dossier]:
        with acting_as(siao):
            return operations.letters_waiting(siao)

    def test_the_reserve_is_carried_and_owed(self, lawful: None, admitted: Dossier, siao: User) -> None:
        found = desk(admitted)
        assert found.decision is not None
        assert (found.decision.is_conditional, found.reserve) == (True, self.RESERVE)
        for kind in (K.DECISION, K.DECISION_FALC):
            with pytest.raises(OperationRefused, match="Écrivez ce que la commission demande"):
                make_letter(admitted.pk, kind, Asked(), by=siao)
        made = make_letter(admitted.pk, K.DECISION, Asked(reserve="Une attestation avant le 20."), by=siao)
        assert "Une attestation avant le 20." in printed(pdf_of(made))
        assert make_letter(admitted.pk, K.PRESCRIPTEUR, Asked(), by=siao).kind == K.PRESCRIPTEUR

    def test_its_field_is_filled_and_asked_for_no_plain_yes(
        self, lawful: None, admitted: Dossier, siao: User, client: Client
    ) -> None:
        client.force_login(siao)
        page = client.get(draft_url(admitted, "decision"))
        assert page.context["form"].initial["reserve"] == self.RESERVE
        assert "à une condition" in shown(page)
        assert "Ce que la commission demande" in shown(page)
        refused = client.post(draft_url(admitted, "decision"), {"reserve": " ", "faire": "etablir"})
        assert (refused.status_code, "un simple oui" in shown(refused)) == (422, True)
        assert "reserve" not in client.get(draft_url(admitted, "prescripteur")).context["form"].fields
        plain = self.admit(siao, "VALIDEE")
        assert "reserve" not in client.get(draft_url(plain, "decision")).context["form"].fields
        assert make_letter(plain.pk, K.DECISION, Asked(), by=siao).kind == K.DECISION

    def test_somebody_is_told_to_write_once(self, lawful: None, admitted: Dossier, siao: User, client: Client) -> None:
        client.force_login(siao)
        waits = "Le ménage n’a pas encore reçu la décision par écrit"
        assert self.waiting(siao) == [admitted]
        assert waits in shown(client.get(admitted.get_absolute_url()))
        made = make_letter(admitted.pk, K.DECISION, Asked(reserve=self.RESERVE), by=siao)
        mark_sent(made.pk, how=How.HANDED, on=timezone.localdate(), by=siao)
        assert self.waiting(siao) == []
        assert waits not in shown(client.get(admitted.get_absolute_url()))

    def test_a_search_that_stops_calls_for_no_second_letter(self, lawful: None, admitted: Dossier, siao: User) -> None:
        made = make_letter(admitted.pk, K.DECISION, Asked(reserve=self.RESERVE), by=siao)
        mark_sent(made.pk, how=How.HANDED, on=timezone.localdate(), by=siao)
        Dossier.objects.filter(pk=admitted.pk).update(state_on=timezone.localdate() + timedelta(days=40))
        assert self.waiting(siao) == []

    def test_what_a_register_brought_calls_for_none(self, siao: User, client: Client) -> None:
        dossier = make_dossier("presented", state=State.VALIDE, referent=siao)
        today = timezone.localdate()
        told = NewFact(EventKind.DECISION, today, detail="VALIDEE_SOUS_RESERVE", note="Un mot.")
        operations.state_fact(dossier, told, by=None, source=Source.IMPORT)
        client.force_login(siao)
        assert self.waiting(siao) == []
        assert "n’a pas encore reçu" not in shown(client.get(dossier.get_absolute_url()))
        assert K.DECISION not in desk(dossier).offered


@pytest.mark.usefixtures("lawful")
def test_from_the_decision_to_the_hand(put_off: Dossier, siao: User, client: Client) -> None:
    """The whole way by the pages."""
    client.force_login(siao)
    page = shown(client.get(put_off.get_absolute_url()))
    assert "Le ménage n’a pas encore reçu la décision par écrit" in page
    assert "Avis de décision, facile à lire" in shown(client.get(reverse("dossiers:letters", args=[put_off.pk])))
    url = draft_url(put_off, "decision-falc")
    looked = client.post(url, {"why": "Une dette est à payer.", "pieces": "un plan de paiement", "faire": "voir"})
    assert "Une dette est à payer." in shown(looked)
    assert "un plan de paiement" in shown(looked)
    empty = client.post(url, {"why": "", "faire": "etablir"})
    assert (empty.status_code, "Écrivez en une phrase pourquoi" in shown(empty)) == (422, True)
    too_long = client.post(url, {"why": "a", "address": "\n".join("abcdef"), "faire": "etablir"})
    assert "5 lignes au plus" in shown(too_long)
    made = client.post(url, {"why": "Une dette est à payer.", "faire": "etablir"}, follow=True)
    assert "Le courrier est établi." in shown(made)
    letter = SentLetter.objects.get(dossier=put_off)
    assert letter.kind == K.DECISION_FALC
    pdf = client.get(reverse("dossiers:letter_pdf", args=[put_off.pk, letter.pk]))
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Cache-Control"] == "private, no-store"
    assert pdf.headers["Content-Disposition"] == f'inline; filename="courrier-{put_off.reference}.pdf"'
    assert "Une dette est à payer." in printed(pdf.content)
    assert "Projet" not in printed(pdf.content)
    assert Entry.objects.filter(event="letter.opened", target_id=letter.pk).count() == 2
    wrong = client.post(letter.get_absolute_url(), {"how": "", "on": "31/02/2026"})
    assert wrong.status_code == 422
    today = f"{timezone.localdate():%d/%m/%Y}"
    after = shown(client.post(letter.get_absolute_url(), {"how": "HANDED", "on": today}, follow=True))
    assert "C’est noté" in after
    assert "Remise en main propre" in after
    assert "n’a pas encore reçu" not in shown(client.get(put_off.get_absolute_url()))
    assert "Marquer comme remis" not in shown(client.get(letter.get_absolute_url()))


class TestMail:
    @pytest.fixture
    def oriented(self, cast: Cast) -> Dossier:
        """Oriented by the body where the cast's prescripteur works."""
        body = cast["prescripteur"].memberships.get().organisation
        made = make_dossier(prescripteur=body, referent=cast["siao"])
        grant(made, to=body.team, reason="opening", by=None)
        return made

    def decide(self, dossier: Dossier, siao: User) -> str:
        operations.decline(dossier.pk, by=siao, on=timezone.localdate(), motive="INCARCERATION", note="Un mot.")
        message = OutboxMessage.objects.get(task="instruction.notify")
        assert message.payload.keys() == {"event"}
        return str(message.payload["event"])

    def test_it_names_nobody_tells_no_decision_and_leaves_once(self, oriented: Dossier, cast: Cast) -> None:
        event = self.decide(oriented, cast["siao"])
        with acting_as(cast["siao"]):
            assert not SentLetter.objects.exists()
        outbox.run_all()
        (sent,) = mail.outbox
        assert sent.to == [cast["prescripteur"].email]
        assert oriented.reference in sent.subject
        person = oriented.participants.get().person
        for word in (person.last_name or "?", "retenu", "incarcération", "Un mot"):
            assert word not in f"{sent.subject} {sent.body}"
        kept = SentLetter.objects.get(dossier=oriented)
        assert (kept.kind, kept.how, kept.produced_by, str(kept.about_id)) == (K.COURRIEL, How.MAIL, None, event)
        assert "mail" in json.loads(kept.content)
        assert notify_instruction(kept.about_id) == 0  # type: ignore[arg-type]
        assert len(mail.outbox) == 1

    def test_a_protected_one_is_told_to_nobody_who_does_not_see_it(self, oriented: Dossier, cast: Cast) -> None:
        operations.protect(oriented.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        assert "recevra un courriel" not in " ".join(
            operations.consequences(Dossier.objects.get(pk=oriented.pk), "decline")
        )
        self.decide(oriented, cast["siao"])
        outbox.run_all()
        assert mail.outbox == []
        assert not SentLetter.objects.exists()

    def test_nobody_there_has_an_account(self, siao: User) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        self.decide(dossier, siao)
        outbox.run_all()
        assert mail.outbox == []
        assert not SentLetter.objects.exists()

    def test_the_system_tells_nobody(self, oriented: Dossier) -> None:
        operations.decline(oriented.pk, by=None, on=date(2026, 3, 2), motive="DECES")
        assert not OutboxMessage.objects.filter(task="instruction.notify").exists()

    def test_it_is_shown_among_the_letters(self, oriented: Dossier, cast: Cast, client: Client) -> None:
        self.decide(oriented, cast["siao"])
        outbox.run_all()
        client.force_login(cast["siao"])
        said = shown(client.get(reverse("dossiers:letters", args=[oriented.pk])))
        assert "Envoyé par courriel, sans nom ni décision" in said
        kept = SentLetter.objects.get()
        assert "une décision vous attend" in shown(client.get(kept.get_absolute_url()))
        assert client.get(reverse("dossiers:letter_pdf", args=[oriented.pk, kept.pk])).status_code == 404


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
