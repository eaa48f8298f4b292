"""What a comparison with SI-SIAO leaves behind, invented."""

from __future__ import annotations

from django.utils import timezone

from accounts.models import User
from cases.dossiers.models import Dossier
from exchange.models import CodedColumn, Compared, KeptDifference, Recognised
from exchange.operations import tell_values


def tell_si_siao(dossier: Dossier, by: User) -> None:
    """What words mean, who is who, differences that stay: two of each, so that sealed values may be swapped."""
    tell_values({(CodedColumn.STATUS, "transmise"): "PRESCRIT", (CodedColumn.STATUS, "annulée"): ""}, by=by)
    for number in ("S-1", "S-2"):
        said = {"subject_id": dossier.household_id, "dossier": dossier, "told_at": timezone.now(), "told_by": by}
        Recognised(number=number, is_same=True, **said).save(force_insert=True)
        KeptDifference(field=Compared.SEX, told=f'["M", "{number}"]', **said).save(force_insert=True)
