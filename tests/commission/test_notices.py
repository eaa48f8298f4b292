"""The notice of a decision: to whom it goes, what it does not say, once."""

from __future__ import annotations

import re
from datetime import date
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.utils import timezone

from accounts.grants import grant
from accounts.models import Organisation, User
from accounts.operations import join, leave
from accounts.roles import Code
from audit.models import Entry
from cases.dossiers.operations import protect
from commission.models import Examen, ExamenState
from commission.operations import PastExamen, notify_prescripteur, record_past_examen, record_past_seance
from core import outbox
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def examen(cast: Cast) -> Examen:
    body = Organisation.objects.known_as("CCAS de Valcombe").get()
    dossier = make_dossier("presented", prescripteur=body)
    grant(dossier, to=body.team, reason="opening", by=None)
    seance = record_past_seance(date(2023, 3, 16), "", [], by=None)
    return record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)


def test_it_says_a_reference_a_link_and_nothing_of_the_person(cast: Cast, examen: Examen) -> None:
    assert notify_prescripteur(examen.pk) == 1
    (sent,) = mail.outbox
    assert sent.to == [cast["prescripteur"].email]
    assert examen.dossier.reference in sent.subject
    person = examen.dossier.participants.get().person
    whole = sent.message().as_string() + str(sent.body)
    assert f"/dossiers/{examen.dossier_id}/" in whole
    for secret in (person.last_name, person.first_name, "alidée"):
        assert str(secret) not in whole
    # her income, 607,75 €: alone, since an identifier may hold these digits
    assert not re.search(r"(?<![0-9A-Za-z-])607(?![0-9a-z-])", f"{sent.subject} {sent.body}")


def test_it_is_sent_once_and_dated(examen: Examen) -> None:
    outbox.enqueue("examen.notify", examen=str(examen.pk))
    outbox.enqueue("examen.notify", examen=str(examen.pk))
    assert (outbox.drain("examen.notify"), outbox.drain("examen.notify")) == (1, 1)
    examen.refresh_from_db(fields=["notified_at"])
    assert examen.notified_at is not None
    assert examen.notified_at <= timezone.now()
    assert len(mail.outbox) == 1
    assert Entry.objects.get(event="examen.notified").codes == {"count": 1, "refused": 0}


def test_nobody_to_tell(cast: Cast, examen: Examen) -> None:
    leave(cast["prescripteur"].memberships.get(), by=None)
    assert notify_prescripteur(examen.pk) == 0
    assert mail.outbox == []
    examen.refresh_from_db(fields=["notified_at"])
    assert examen.notified_at is None


def test_only_those_who_may_open_it_are_told(cast: Cast, examen: Examen) -> None:
    colleague = User.objects.create_user("odile.brun@seuil.example", first_name="Odile", last_name="Brun")
    join(colleague, Organisation.objects.known_as("CCAS de Valcombe").get(), Code.PRESCRIPTEUR, by=None)
    protect(examen.dossier_id, [cast["siao"], cast["animation"]], by=cast["siao"])
    assert notify_prescripteur(examen.pk) == 0
    assert mail.outbox == []
    grant(examen.dossier, to=colleague, reason="shared", by=cast["siao"])
    assert notify_prescripteur(examen.pk) == 1
    assert [sent.to for sent in mail.outbox] == [[colleague.email]]


def test_a_server_that_refuses_leaves_the_work_open(examen: Examen, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.enqueue("examen.notify", examen=str(examen.pk))

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("core.mail.send_notice", refuse)
    outbox.run_once()
    monkeypatch.undo()
    examen.refresh_from_db(fields=["notified_at"])
    assert examen.notified_at is None
    assert OutboxMessage.objects.get(task="examen.notify").attempts == 1


def test_a_refused_address_holds_up_nobody_else(cast: Cast, examen: Examen, monkeypatch: pytest.MonkeyPatch) -> None:
    colleague = User.objects.create_user("odile.brun@seuil.example", first_name="Odile", last_name="Brun")
    join(colleague, Organisation.objects.known_as("CCAS de Valcombe").get(), Code.PRESCRIPTEUR, by=None)
    told: list[str] = []

    def send(*, to: list[str], **_: object) -> None:
        if to == [colleague.email]:
            raise SMTPRecipientsRefused({colleague.email: (550, b"no such mailbox")})
        told.extend(to)

    monkeypatch.setattr("core.mail.send_notice", send)
    assert notify_prescripteur(examen.pk) == 1
    assert told == [cast["prescripteur"].email]
    assert Entry.objects.get(event="examen.notified").codes == {"count": 1, "refused": 1}
