"""The kinds of pieces known at the start, and rewording them without a developer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.grants import require
from accounts.models import ListName, User
from accounts.operations import LISTS, keep_history
from cases.dossiers.models import HouseholdType, PieceKind, PieceStep, Whose
from cases.dossiers.models.documents import CLASSES
from core.errors import OperationRefused
from core.names import fold
from vault.models import KeyClass

IDENTITY, SOCIAL, HEALTH, BANK = KeyClass.IDENTITY, KeyClass.SOCIAL, KeyClass.HEALTH, KeyClass.BANK
# code, label, who reads it, whose it is, months of validity, the step that asks for it
KINDS: tuple[tuple[str, str, KeyClass, Whose, int | None, str], ...] = (
    ("IDENTITE", "pièce d’identité", IDENTITY, Whose.ADULTS, None, PieceStep.READY),
    ("RESSOURCES", "justificatif de ressources", SOCIAL, Whose.HOUSEHOLD, 3, PieceStep.READY),
    ("AVIS_IMPOSITION", "avis d’imposition", SOCIAL, Whose.HOUSEHOLD, 12, PieceStep.READY),
    ("DEMANDE_LOGEMENT", "attestation de demande de logement social", SOCIAL, Whose.HOUSEHOLD, 12, PieceStep.READY),
    ("TITRE_SEJOUR", "titre de séjour", IDENTITY, Whose.ADULTS, None, ""),
    ("ATTESTATION_CAF", "attestation CAF", SOCIAL, Whose.HOUSEHOLD, 3, ""),
    ("DOMICILIATION", "certificat de domiciliation", SOCIAL, Whose.TITULAIRE, 12, ""),
    ("JUGEMENT", "jugement ou ordonnance", SOCIAL, Whose.HOUSEHOLD, None, ""),
    ("PLAN_APUREMENT", "plan d’apurement", SOCIAL, Whose.HOUSEHOLD, None, ""),
    ("RIB", "RIB", BANK, Whose.TITULAIRE, None, ""),
    ("MEDICAL", "certificat médical", HEALTH, Whose.TITULAIRE, None, ""),
    ("AUTRE", "autre pièce", SOCIAL, Whose.HOUSEHOLD, None, ""),
)


@dataclass(frozen=True, slots=True)
class KindTold:
    """What may be changed of a kind; `step` and `household_types` say who is asked for it, and when."""

    label: str
    whose: str
    months: int | None
    step: str
    household_types: Sequence[str]
    rank: int
    is_active: bool = True


def install_piece_kinds(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the known kinds exist; those that were edited stay as they are."""
    if connection.alias != "default":
        return
    PieceKind.objects.bulk_create(
        (
            PieceKind(code=code, label=label, klass=klass, whose=whose, months=months, step=step, rank=10 * rank)
            for rank, (code, label, klass, whose, months, step) in enumerate(KINDS, start=1)
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def edit_piece_kind(code: str, told: KindTold, *, by: User) -> PieceKind:
    """Reword a kind, say who is asked for it. What is in the dossiers under its code stays.

    Raises `NotAllowed`, `OperationRefused` for a label without words or borne by another kind, for values that are not
    in their lists, for a step that asks what the SIAO does not read.
    """
    require(by, LISTS)
    kind = PieceKind.objects.select_for_update().get(pk=code)
    before = _told(kind)
    _write(kind, told)
    kind.save(update_fields=["label", "whose", "months", "step", "household_types", "rank", "is_active"])
    keep_history(ListName.PIECE_KIND, code, before, _told(kind), by=by)
    return kind


@transaction.atomic
def add_piece_kind(told: KindTold, *, klass: str, by: User) -> PieceKind:
    """One more kind, under a code made of its first words. Raises as `edit_piece_kind`."""
    require(by, LISTS)
    if klass not in CLASSES:
        raise OperationRefused("Choisissez dans la liste qui lit ces pièces.")
    code = "_".join(fold(told.label).upper().split())[:40].strip("_")
    if PieceKind.objects.filter(pk=code).exists():
        raise OperationRefused("Cette nature de pièce existe déjà : modifiez-la plutôt que d’en ajouter une.")
    kind = PieceKind(code=code, klass=klass)
    _write(kind, told)
    kind.save(force_insert=True)
    keep_history(ListName.PIECE_KIND, code, {}, _told(kind), by=by)
    return kind


def _write(kind: PieceKind, told: KindTold) -> None:
    label = " ".join(told.label.split())
    if not fold(label):
        raise OperationRefused("Écrivez un libellé, en lettres.")
    others = PieceKind.objects.exclude(pk=kind.pk)
    if any(fold(other.label) == fold(label) for other in others):
        raise OperationRefused("Une autre nature de pièce porte déjà ce libellé.")
    if told.whose not in Whose.values or told.step not in ("", *PieceStep.values):
        raise OperationRefused("Choisissez dans les listes de qui est la pièce, et quand elle est demandée.")
    if not set(told.household_types) <= set(HouseholdType.values):
        raise OperationRefused("Choisissez les ménages dans la liste.")
    if told.step and kind.klass not in (IDENTITY, SOCIAL):
        raise OperationRefused("Une étape ne demande que des pièces que le SIAO peut lire et vérifier.")
    if told.months is not None and not 1 <= told.months <= 120:
        raise OperationRefused("Une pièce est valable de 1 à 120 mois.")
    kind.label, kind.whose, kind.months, kind.step = label, told.whose, told.months, told.step
    kind.household_types, kind.rank, kind.is_active = list(told.household_types), told.rank, told.is_active


def _told(kind: PieceKind) -> dict[str, str | int | bool]:
    types = [str(HouseholdType(each).label) for each in kind.household_types]
    return {
        "libellé": kind.label,
        "au sujet de": str(kind.get_whose_display()),
        "mois": kind.months or 0,
        "demandée": str(kind.get_step_display()) or "par aucune étape",
        "ménages": ", ".join(types) or "tous",
        "rang": kind.rank,
        "proposée": kind.is_active,
    }
