"""What people do with support measures. At this step: facts of the past, stated by an import."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from audit import journal
from cases.dossiers.models import Dossier, HoldCode, Source
from cases.dossiers.operations import hold
from cases.support.models import Measure, MeasureKind, MeasureState
from core.gathering import insert

IMPORT = "dossiers.import_register"


@transaction.atomic
def record_past_measure(dossier: Dossier, kind: MeasureKind, *, by: User | None) -> Measure:
    """A measure is under way since a date that the register does not tell; it holds the dossier open."""
    require(by, IMPORT)
    measure = Measure(
        dossier=dossier, kind=kind, state=MeasureState.ACTIVE, source=Source.IMPORT, created_at=timezone.now()
    )
    insert(measure)
    hold(dossier, HoldCode.MEASURE, holder=measure.pk, by=by)
    journal.record("measure.recorded", target=measure.pk, dossier=dossier.pk, by=by, kind=kind.value)
    return measure
