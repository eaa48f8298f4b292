"""Letters that are owed and leave: on a condition, from the decision to the hand, by mail."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.grants import grant
from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, EventKind, How, LetterKind, SentLetter, Source, State
from cases.dossiers.operations import NewFact
from cases.dossiers.operations.letters import Asked, make_letter, mark_sent, notify_instruction, pdf_of
from core import outbox
from core.db import acting_as
from core.errors import OperationRefused
from core.models import OutboxMessage
from tests.dossiers.acts import prepared
from tests.dossiers.letters import desk, draft_url, printed
from tests.factories import make_dossier
from tests.fixtures import Cast
from tests.fixtures import text_of as shown
from vault.asking import ask

pytestmark = pytest.mark.django_db
K = LetterKind


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
            return ask(operations.letters_waiting(siao))

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

    def test_it_is_owed_once_the_search_has_begun(self, lawful: None, admitted: Dossier, siao: User) -> None:
        searching = operations.start_search(admitted.pk, by=None, on=timezone.localdate())
        assert self.waiting(siao) == [admitted]
        assert K.DECISION in desk(searching).offered
        made = make_letter(admitted.pk, K.DECISION, Asked(reserve=self.RESERVE), by=siao)
        assert made.about == desk(admitted).event

    @pytest.mark.parametrize("source", [Source.ACT, Source.IMPORT])
    def test_it_is_history_once_a_lease_was_signed(
        self, lawful: None, admitted: Dossier, siao: User, source: Source
    ) -> None:
        """Another dwelling is looked for, or the search stopped since: it is not told again."""
        today = timezone.localdate()
        operations.start_search(admitted.pk, by=None, on=today)
        operations.state_fact(admitted, NewFact(EventKind.LEASE, today, detail="NOM_PROPRE"), by=None, source=source)
        for state in (State.EN_RECHERCHE, State.VALIDE):
            Dossier.objects.filter(pk=admitted.pk).update(state=state)
            assert K.DECISION not in desk(Dossier.objects.get(pk=admitted.pk)).offered
            assert self.waiting(siao) == []

    def test_a_lease_of_long_ago_that_is_recorded_now_hides_nothing(
        self, lawful: None, admitted: Dossier, siao: User
    ) -> None:
        past = NewFact(EventKind.LEASE, timezone.localdate() - timedelta(days=900), detail="NOM_PROPRE")
        operations.state_fact(admitted, past, by=None, source=Source.IMPORT)
        assert K.DECISION in desk(admitted).offered
        assert self.waiting(siao) == [admitted]

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
