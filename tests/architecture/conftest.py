"""A dossier that leaves no table empty."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier, Purpose
from cases.dossiers.operations import (
    Answer,
    AskedPiece,
    NewAgreement,
    ask_pieces,
    complete_entry,
    give_agreement,
    household,
    remind,
)
from cases.dossiers.operations.household.births import NewAnimals
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from commission.models import ExamenState
from commission.operations import PastExamen, record_past_examen, record_past_seance
from commission.operations.fiches import tell
from tests.dossiers.answering import fill
from tests.exchange.answers import tell_si_siao
from tests.factories import letter_of, make_dossier


@pytest.fixture
def full(siao: User) -> Dossier:
    """A dossier with a row in every table that belongs to dossiers."""
    dossier = make_dossier("presented", ethos="8.1 chez des tiers", referent=siao)
    seance = record_past_seance(date(2023, 3, 16), "Chambéry", [], by=None)
    tell(seance, [record_past_examen(dossier, PastExamen(seance, ExamenState.VALIDEE), by=None)], by=None)
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=None)
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    letter_of(dossier)
    today = timezone.localdate()
    ask_pieces(dossier.pk, [AskedPiece("RESSOURCES")], whom="CAF", due_on=today, by=None, on=today)
    household.enter_household(
        dossier.pk, household.Identity("Orsel"), household.Place("ENFANT", "ENFANT"), on=None, by=None
    )
    household.expect_birth(dossier.pk, timezone.localdate(), by=None)
    household.note_animals(dossier.pk, NewAnimals(cats=2), by=None)
    fill(dossier, siao)
    remind(dossier.pk, text="Rappeler la CAF.", due_on=today, by=siao)
    give_agreement(dossier.pk, NewAgreement(Purpose.LANDLORDS, date(2023, 3, 1)), by=None)
    complete_entry(dossier.pk, Answer("ORALLY", agreed_on=date(2023, 1, 12)), by=None)
    tell_si_siao(dossier, siao)
    return dossier
