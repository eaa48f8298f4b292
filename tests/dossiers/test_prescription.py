"""How a household comes in: by each way, with the person told and asked; written once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.operations import leave
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Channel,
    Commune,
    Dossier,
    DossierEvent,
    EventKind,
    Prescription,
    ResidentialSituation,
    State,
    Urgency,
)
from cases.dossiers.operations import (
    Answer,
    NewDossier,
    NewEntry,
    acknowledge,
    complete_entry,
    open_dossier,
    prescribe,
    protect,
    say_who_orients,
)
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
AGREED = Answer("ORALLY", agreed_on=TODAY)
REFUSED = Answer("NOTICE", no_agreement="INTERPRETE", note="Un interprète vient jeudi.")
CCAS = "CCAS de Valcombe"


def new(channel: Channel = Channel.PRESCRIPTION, answer: Answer = AGREED, body: str = CCAS, **entry: Any) -> NewDossier:
    told = NewEntry(channel, needs="Un logement à soi.", answer=answer, **entry)
    prescripteur = Organisation.objects.known_as(body).get() if body else None
    return NewDossier("Revardin", "Odette", prescripteur=prescripteur, entry=told)


def opened(by: User, told: NewDossier) -> Dossier:
    with acting_as(by):
        return open_dossier(told, by=by, on=TODAY)


@pytest.fixture
def seen(cast: Cast) -> Dossier:
    """Heard of by the 115: nobody asked the person anything yet."""
    return opened(cast["siao"], new(Channel.VEILLE_115, Answer(), body=""))


class TestTheWaysIn:
    @pytest.mark.parametrize(
        ("channel", "answer", "body", "state"),
        [
            (Channel.PRESCRIPTION, AGREED, CCAS, State.PRESCRIT),
            (Channel.PRESCRIPTION, REFUSED, CCAS, State.PRESCRIT),
            (Channel.SI_SIAO, AGREED, CCAS, State.PRESCRIT),
            (Channel.COMMISSION_3C, AGREED, CCAS, State.PRESCRIT),
            (Channel.IML, AGREED, CCAS, State.PRESCRIT),
            (Channel.VEILLE_115, Answer(), "", State.REPERE),
            (Channel.VEILLE_115, AGREED, CCAS, State.REPERE),
            (Channel.MARAUDE, Answer(), "", State.REPERE),
        ],
    )
    def test_each_leads_to_its_first_state(
        self, cast: Cast, channel: Channel, answer: Answer, body: str, state: State
    ) -> None:
        dossier = opened(cast["siao"], new(channel, answer, body))
        entry = Prescription.objects.get(dossier=dossier)
        assert (dossier.state, entry.channel, entry.met_on) == (state, channel, TODAY)
        assert entry.organisation.name == (body or the_siao().name)
        assert entry.needs == "Un logement à soi."
        assert (entry.informed, entry.agreed_on, entry.no_agreement) == (
            answer.informed,
            answer.agreed_on,
            answer.no_agreement,
        )
        journaled = Entry.objects.get(event="dossier.opened", dossier_id=dossier.pk)
        assert journaled.codes == {"channel": channel.value}

    def test_what_each_way_knows(self, cast: Cast) -> None:
        dossier = opened(
            cast["siao"],
            new(
                Channel.IML,
                ethos="7 logement accompagné",
                housed_since=TODAY - timedelta(days=900),
                urgency=Urgency.SOON,
            ),
        )
        lived = ResidentialSituation.objects.get(dossier=dossier)
        assert (lived.ethos, lived.started_on, lived.seen_on) == (
            "7 logement accompagné",
            TODAY - timedelta(days=900),
            None,
        )
        assert Prescription.objects.get(dossier=dossier).urgency == Urgency.SOON
        other = opened(cast["siao"], new(Channel.SI_SIAO, si_siao_number="SYNTH-4471"))
        assert Prescription.objects.get(dossier=other).si_siao_number == "SYNTH-4471"
        sealed = execute("SELECT si_siao_number, needs FROM dossiers_prescription WHERE dossier_id = %s", other.pk)
        assert all(b"SYNTH" not in bytes(value) and b"logement" not in bytes(value) for value in sealed[0])

    @pytest.mark.parametrize(
        ("account", "channel", "may"),
        [
            ("prescripteur", Channel.PRESCRIPTION, True),
            ("prescripteur", Channel.MARAUDE, True),
            ("prescripteur", Channel.SI_SIAO, False),
            ("toit", Channel.MARAUDE, True),
            ("toit", Channel.PRESCRIPTION, False),
            ("sante", Channel.MARAUDE, True),
            ("animation", Channel.MARAUDE, False),
            ("bailleur", Channel.PRESCRIPTION, False),
            ("etranger", Channel.MARAUDE, False),
        ],
    )
    def test_who_may_use_which(self, cast: Cast, account: str, channel: Channel, may: bool) -> None:
        ours = {"toit": "Toi(t) d’abord", "sante": "FOL 73"}.get(account, CCAS)
        if may:
            assert opened(cast[account], new(channel, body=ours)).prescripteur.name == ours  # type: ignore[union-attr]
            return
        with pytest.raises(NotAllowed):
            opened(cast[account], new(channel, body=ours))

    def test_the_same_thing_said_twice_or_in_contradiction(self, cast: Cast) -> None:
        wrong: list[tuple[Answer, str]] = [
            (Answer("ORALLY", agreed_on=TODAY, no_agreement="AUTRE", note="Non."), "une seule réponse"),
            (Answer("ORALLY"), "Dites que la personne est d’accord"),
            (Answer("ORALLY", no_agreement="AUTRE"), "en une phrase"),
            (Answer("ORALLY", no_agreement="RUMEUR", note="On dit."), "choisissez pourquoi"),
            (Answer("ORALLY", note="Une phrase seule."), "choisissez pourquoi"),
            (Answer("NOT_YET", agreed_on=TODAY), "informez d’abord"),
            (Answer("ORALLY", agreed_on=TODAY + timedelta(days=1)), "date passée"),
            (Answer("NOT_YET", no_agreement="AUTRE", note="On verra."), "information de la personne"),
        ]
        for answer, why in wrong:
            with pytest.raises(OperationRefused, match=why):
                opened(cast["prescripteur"], new(answer=answer))
        assert not Dossier.objects.exists()

    def test_a_prescription_without_its_entry_is_refused(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match=r"information de la personne.*accord de la personne"):
            opened(cast["prescripteur"], replace(new(), entry=None))

    def test_a_dwelling_entered_after_the_orientation(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="vérifiez les deux dates"):
            opened(cast["siao"], new(Channel.IML, ethos="7 x", housed_since=TODAY + timedelta(days=1)))

    def test_a_moment_to_come(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="a déjà eu lieu"):
            opened(cast["siao"], new(Channel.MARAUDE, met_at=timezone.now() + timedelta(hours=1)))


class TestCompleting:
    def test_then_it_may_be_prescribed(self, cast: Cast, seen: Dossier) -> None:
        siao = cast["siao"]
        with acting_as(siao):
            with pytest.raises(OperationRefused, match="organisme qui oriente"):
                prescribe(seen.pk, by=siao, on=TODAY)
            complete_entry(seen.pk, AGREED, by=siao, organisation=Organisation.objects.known_as(CCAS).get())
            assert prescribe(seen.pk, by=siao, on=TODAY).state == State.PRESCRIT
        assert Entry.objects.get(event="dossier.entry_completed").codes == {"agreed": True}
        with acting_as(cast["prescripteur"]):
            assert Dossier.objects.visible_to(cast["prescripteur"]).filter(pk=seen.pk).exists()

    def test_an_absence_explained_then_an_agreement(self, cast: Cast, seen: Dossier) -> None:
        with acting_as(cast["siao"]):
            complete_entry(seen.pk, REFUSED, by=cast["siao"])
            entry = complete_entry(seen.pk, AGREED, by=cast["siao"])
            assert (entry.no_agreement, entry.no_agreement_note, entry.agreed_on) == (None, None, TODAY)
            with pytest.raises(OperationRefused, match="déjà inscrit"):
                complete_entry(seen.pk, REFUSED, by=cast["siao"])

    def test_the_entry_of_a_dossier_from_a_register_is_written_then(self, siao: User) -> None:
        dossier = make_dossier("bare", state=State.REPERE)
        with acting_as(siao):
            entry = complete_entry(dossier.pk, AGREED, by=siao, organisation=the_siao())
        assert (entry.channel, entry.organisation) == (Channel.PRESCRIPTION, the_siao())
        assert Dossier.objects.get(pk=dossier.pk).prescripteur == the_siao()

    def test_who_orients_is_said_once_by_who_instructs(self, cast: Cast, seen: Dossier) -> None:
        body = Organisation.objects.known_as(CCAS).get()
        with acting_as(cast["toit"]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
            say_who_orients(seen.pk, body, by=cast["toit"])
        with acting_as(cast["siao"]):
            assert say_who_orients(seen.pk, body, by=cast["siao"]).prescripteur == body
            with pytest.raises(OperationRefused, match="déjà inscrit"):
                say_who_orients(seen.pk, the_siao(), by=cast["siao"])
        with acting_as(cast["prescripteur"]):
            assert Dossier.objects.visible_to(cast["prescripteur"]).filter(pk=seen.pk).exists()

    def test_neither_on_a_closed_dossier_nor_by_others(self, cast: Cast, seen: Dossier) -> None:
        for account in ("animation", "bailleur", "toit"):
            with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
                complete_entry(seen.pk, AGREED, by=cast[account])
        operations.close(seen.pk, by=None, on=TODAY, outcome="PERDU_DE_VUE")
        with pytest.raises(OperationRefused, match="clos"):
            complete_entry(seen.pk, AGREED, by=None)


class TestTheDatabase:
    ROWS: dict[str, dict[str, Any]] = {
        "prescription_channel": {"channel": "RUMEUR"},
        "prescription_informed": {"informed": "PEUT_ETRE"},
        "prescription_urgency": {"urgency": "HIER"},
        "prescription_agreement_once": {"no_agreement": "AUTRE", "no_agreement_note": "Non."},
        "prescription_agreement_or_motive": {"agreed_on": None},
        "prescription_motive_with_its_sentence": {"agreed_on": None, "no_agreement": "AUTRE"},
        "prescription_number_of_si_siao": {"si_siao_number": "SYNTH-1"},
        "prescription_met_before_it_is_recorded": {"met_at": timezone.now() + timedelta(days=1)},
    }

    @pytest.mark.parametrize("name", ROWS)
    def test_a_row_that_may_not_be(self, dossier: Dossier, name: str) -> None:
        told = {"channel": "PRESCRIPTION", "informed": "ORALLY", "agreed_on": TODAY, "met_on": TODAY} | self.ROWS[name]
        row = Prescription(
            dossier=dossier,
            subject_id=dossier.household_id,
            organisation=the_siao(),
            recorded_at=timezone.now(),
            **told,
        )
        assert refusal(lambda: row.save(force_insert=True)).diag.constraint_name == name

    def test_one_entry_for_a_dossier(self, cast: Cast, seen: Dossier) -> None:
        first = Prescription.objects.get(dossier=seen)
        again = Prescription(
            dossier=seen,
            subject_id=seen.household_id,
            channel=first.channel,
            organisation=the_siao(),
            informed="NOT_YET",
            met_on=TODAY,
            recorded_at=timezone.now(),
        )
        assert refusal(lambda: again.save(force_insert=True)).sqlstate == "23505"

    def test_what_was_written_stays_and_others_see_nothing(self, cast: Cast, seen: Dossier) -> None:
        with acting_as(cast["siao"]):
            assert Prescription.objects.filter(dossier=seen).count() == 1
            rows = Prescription.objects.filter(dossier=seen)
            for change in ({"channel": "IML"}, {"met_on": TODAY - timedelta(days=3)}, {"recorded_by": None}):
                assert refusal(partial(rows.update, **change)).sqlstate == "42501"
            assert rows.update(informed="ORALLY") == 1
        for account in ("prescripteur", "fol73", "etranger"):
            with acting_as(cast[account]):
                assert not Prescription.objects.exists()


class TestAcknowledging:
    def test_the_author_is_told_once_without_any_name(self, cast: Cast) -> None:
        dossier = opened(cast["prescripteur"], new())
        entry = Prescription.objects.get(dossier=dossier)
        assert OutboxMessage.objects.filter(task="prescription.received").count() == 1
        assert [acknowledge(entry.pk), acknowledge(entry.pk)] == [1, 0]
        (sent,) = mail.outbox
        assert sent.to == [cast["prescripteur"].email]
        assert dossier.reference in sent.subject
        text = str(sent.body)
        assert dossier.get_absolute_url() in text
        for secret in ("Revardin", "Odette", "logement à soi"):
            assert secret not in f"{sent.subject}{text}"
        entry.refresh_from_db()
        assert entry.acknowledged_at is not None
        assert Entry.objects.get(event="prescription.acknowledged").codes == {"count": 1, "refused": 0}

    def test_written_by_the_siao_who_prescribes_there_is_told(self, cast: Cast) -> None:
        dossier = opened(cast["siao"], new(Channel.COMMISSION_3C))
        assert acknowledge(Prescription.objects.get(dossier=dossier).pk) == 1
        assert mail.outbox[0].to == [cast["prescripteur"].email]

    def test_nobody_to_tell(self, cast: Cast, seen: Dossier) -> None:
        assert acknowledge(Prescription.objects.get(dossier=seen).pk) == 0
        dossier = opened(cast["prescripteur"], new())
        leave(cast["prescripteur"].memberships.get(), by=None)
        assert acknowledge(Prescription.objects.get(dossier=dossier).pk) == 0
        assert mail.outbox == []

    def test_protected_meanwhile_nobody_who_does_not_see_it_is_told(self, cast: Cast) -> None:
        dossier = opened(cast["prescripteur"], new())
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        entry = Prescription.objects.get(dossier=dossier)
        assert acknowledge(entry.pk) == 0
        assert mail.outbox == []
        assert not Entry.objects.filter(event="prescription.acknowledged").exists()

    def test_the_worker_does_it(self, cast: Cast) -> None:
        opened(cast["prescripteur"], new())
        outbox.run_once()
        assert len(mail.outbox) == 1
        assert not OutboxMessage.objects.filter(task="prescription.received", done_at=None).exists()

    def test_what_the_system_opens_writes_to_nobody(self, cast: Cast) -> None:
        open_dossier(new(), by=None, on=TODAY)
        assert not OutboxMessage.objects.filter(task="prescription.received").exists()


def test_the_first_meeting_stands_among_the_facts(cast: Cast) -> None:
    place = Commune.objects.get(pk="73065")
    met = timezone.now() - timedelta(hours=2)
    dossier = opened(
        cast["toit"], new(Channel.MARAUDE, Answer(), "Toi(t) d’abord", met_at=met, commune=place, place="la gare")
    )
    fact = DossierEvent.objects.get(dossier=dossier, kind=EventKind.FACT)
    assert (fact.detail, fact.on) == ("RENCONTRE", timezone.localdate(met))
    assert str(fact.note).endswith("Chambéry, la gare.")


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once(cast: Cast) -> None:
    """One agreement is written; the other finds it there."""
    seen = opened(cast["siao"], new(Channel.VEILLE_115, Answer(), body=""))
    outcomes = at_once(*[partial(complete_entry, seen.pk, AGREED, by=None)] * 2)
    assert sorted(str(each) for each in outcomes) == ["L’accord de la personne est déjà inscrit.", "None"]
