"""Support measures that a register tells."""

from __future__ import annotations

from datetime import date

import pytest

from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import Dossier, Hold, Source
from cases.housing.models import Lease, LeaseKind, LeaseState, Parc
from cases.housing.operations import PastLease, record_past_lease
from cases.support.models import Measure, MeasureKind, MeasureState
from cases.support.operations import record_past_measure
from core.db import acting_as
from tests.fixtures import execute, refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", MeasureKind)
def test_under_way_since_an_unknown_date(siao: User, dossier: Dossier, kind: MeasureKind) -> None:
    with acting_as(siao):
        measure = record_past_measure(dossier, kind, by=siao)
    assert (measure.state, measure.started_on, measure.source) == (MeasureState.ACTIVE, None, Source.IMPORT)
    assert Hold.objects.get(dossier=dossier).holder_id == measure.pk
    assert Entry.objects.get(event="measure.recorded").codes == {"kind": kind.value}


def test_several_at_once(siao: User, dossier: Dossier) -> None:
    for kind in (MeasureKind.AVDL, MeasureKind.SAMSAH, MeasureKind.AVDL):
        record_past_measure(dossier, kind, by=siao)
    assert Measure.objects.live().count() == Hold.objects.filter(released_at=None).count() == 3


def test_its_end_never_ends_a_lease(siao: User, dossier: Dossier) -> None:
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 5, 2), None), by=siao)
    measure = record_past_measure(dossier, MeasureKind.TOIT_DABORD, by=siao)
    measure.end(on=date(2024, 1, 9))
    measure.save(update_fields=["state", "ended_on"])
    assert Lease.objects.get().state == LeaseState.EN_COURS
    assert not Measure.objects.live().exists()


STATEMENTS = {
    "measure_kind": "UPDATE support_measure SET kind = 'MAGIE'",
    "measure_dates": "UPDATE support_measure SET state = 'TERMINEE', started_on = now(), ended_on = '2024-01-01'",
    "measure_end_is_a_state": "UPDATE support_measure SET ended_on = now()",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_refused_by_postgresql(dossier: Dossier, name: str) -> None:
    record_past_measure(dossier, MeasureKind.AVDL, by=None)
    assert refusal(lambda: execute(STATEMENTS[name])).diag.constraint_name == name
