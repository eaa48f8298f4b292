"""The motives and communes known at the start (domaine § 1.4), and rewording them without a developer."""

from __future__ import annotations

import re

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from accounts.grants import require
from accounts.models import ListName, User
from accounts.operations import LISTS, keep_history
from cases.dossiers.models import Commune, Motive, MotiveLevel
from core.errors import OperationRefused
from core.names import fold

REFUSED, LATER, ABSENT = MotiveLevel.NON_RETENU, MotiveLevel.AJOURNE, MotiveLevel.NON_PRESENTE
AGAIN = MotiveLevel.REPRISE
MOTIVES: tuple[tuple[str, MotiveLevel, str, bool], ...] = (
    ("NON_ADHESION", ABSENT, "non adhésion", True),
    ("LIEN_INSUFFISANT", ABSENT, "absence de liens pour compléter les informations", True),
    ("INCARCERATION", REFUSED, "incarcération", True),
    ("DEPART_DEPARTEMENT", REFUSED, "a quitté le département", True),
    ("RELOGE_PARC_PUBLIC", REFUSED, "relogement dans le parc public", True),
    ("RELOGE_AUTRE_DISPOSITIF", REFUSED, "relogement dans un autre dispositif d’insertion", False),
    ("DECES", REFUSED, "décès", False),
    ("PERDU_DE_VUE", REFUSED, "perdu de vue", False),
    ("RETRAIT_DEMANDE", REFUSED, "demande retirée par le ménage", False),
    ("HOSPITALISATION", REFUSED, "hospitalisation longue", False),
    ("DROIT_AU_SEJOUR", REFUSED, "droit au séjour", False),
    ("SANS_MOTIF", REFUSED, "motif non renseigné", False),
    ("AJOURNE_DETTE_LOCATIVE", LATER, "ajournée : dettes locatives", True),
    ("AJOURNE_JUSTIFICATIFS_ABSENTS", LATER, "ajournée : absence de justificatifs", True),
    ("AJOURNE_RELOGE_AUTRE_DISPOSITIF", LATER, "ajournée : relogement dans un autre dispositif d'insertion", True),
    ("AJOURNE_AUTRE", LATER, "ajournée : autre motif", False),
    ("RETOUR_RUE", AGAIN, "retour à la rue", False),
    ("RETOUR_HEBERGEMENT", AGAIN, "retour en hébergement", False),
    ("RETOUR_CHEZ_DES_TIERS", AGAIN, "retour chez des tiers", False),
    ("SORTIE_DETENTION", AGAIN, "sortie de détention", False),
    ("SORTIE_HOSPITALISATION", AGAIN, "sortie d’hospitalisation", False),
    ("RETOUR_TERRITOIRE", AGAIN, "retour sur le territoire", False),
    ("CONTACT_RETROUVE", AGAIN, "contact retrouvé", False),
    ("CLOS_PAR_ERREUR", AGAIN, "dossier clos par erreur", False),
    ("REPRISE_AUTRE", AGAIN, "autre fait nouveau", False),
)
# The 38 communes of Grand Chambéry, by their code of the Insee
COMMUNES = (
    ("73004", "Aillon-le-Jeune"),
    ("73005", "Aillon-le-Vieux"),
    ("73020", "Arith"),
    ("73029", "Barberaz"),
    ("73030", "Barby"),
    ("73031", "Bassens"),
    ("73036", "Bellecombe-en-Bauges"),
    ("73064", "Challes-les-Eaux"),
    ("73065", "Chambéry"),
    ("73081", "Le Châtelard"),
    ("73087", "Cognin"),
    ("73090", "La Compôte"),
    ("73097", "Curienne"),
    ("73098", "Les Déserts"),
    ("73101", "Doucy-en-Bauges"),
    ("73106", "École"),
    ("73137", "Jacob-Bellecombette"),
    ("73139", "Jarsy"),
    ("73146", "Lescheraines"),
    ("73160", "Montagnole"),
    ("73178", "La Motte-en-Bauges"),
    ("73179", "La Motte-Servolex"),
    ("73192", "Le Noyer"),
    ("73210", "Puygros"),
    ("73213", "La Ravoire"),
    ("73222", "Saint-Alban-Leysse"),
    ("73225", "Saint-Baldoph"),
    ("73228", "Saint-Cassin"),
    ("73234", "Saint-François-de-Sales"),
    ("73243", "Saint-Jean-d’Arvey"),
    ("73249", "Saint-Jeoire-Prieuré"),
    ("73277", "Sainte-Reine"),
    ("73281", "Saint-Sulpice"),
    ("73288", "Sonnaz"),
    ("73293", "Thoiry"),
    ("73294", "La Thuile"),
    ("73310", "Verel-Pragondran"),
    ("73326", "Vimines"),
)
INSEE = re.compile(r"[0-9][0-9AB][0-9]{3}")


def install_motives(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the known motives exist; those that were edited stay as they are."""
    if connection.alias != "default":
        return
    Motive.objects.bulk_create(
        (Motive(code=code, level=level, label=label, in_sources=known) for code, level, label, known in MOTIVES),
        ignore_conflicts=True,
    )


def install_communes(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the communes of the territory exist; those that were edited stay as they are."""
    if connection.alias == "default":
        Commune.objects.bulk_create(
            (Commune(code=code, name=name, sort_key=fold(name)) for code, name in COMMUNES), ignore_conflicts=True
        )


@transaction.atomic
def edit_motive(code: str, *, label: str, rank: int, is_active: bool, by: User) -> Motive:
    """Reword a motive, move it in its list, stop or start offering it. What was decided under its code stays.

    Raises `NotAllowed`, `OperationRefused` for a label without words or borne by another motive of its level.
    """
    require(by, LISTS)
    motive = Motive.objects.select_for_update().get(pk=code)
    label = _named(label)
    others = Motive.objects.filter(level=motive.level).exclude(pk=code)
    if any(fold(other.label) == fold(label) for other in others):
        raise OperationRefused("Un autre motif de cette liste porte déjà ce libellé.")
    before = _motive_told(motive)
    motive.label, motive.rank, motive.is_active = label, rank, is_active
    motive.save(update_fields=["label", "rank", "is_active"])
    keep_history(ListName.MOTIVE, code, before, _motive_told(motive), by=by)
    return motive


@transaction.atomic
def add_motive(label: str, level: MotiveLevel, *, rank: int, by: User) -> Motive:
    """A new motive, under a code made of its first words. Raises as `edit_motive`."""
    require(by, LISTS)
    label = _named(label)
    code = "_".join(fold(label).upper().split())[:40].strip("_")
    known = Motive.objects.filter(level=level)
    if Motive.objects.filter(pk=code).exists() or any(fold(other.label) == fold(label) for other in known):
        raise OperationRefused("Ce motif existe déjà : modifiez-le plutôt que d’en ajouter un.")
    motive = Motive(code=code, level=level, label=label, rank=rank, in_sources=False)
    motive.save(force_insert=True)
    keep_history(ListName.MOTIVE, code, {}, _motive_told(motive), by=by)
    return motive


@transaction.atomic
def edit_commune(code: str, *, name: str, is_active: bool, by: User) -> Commune:
    """Correct the name of a commune, stop or start offering it. Raises `NotAllowed`, `OperationRefused`."""
    require(by, LISTS)
    commune = Commune.objects.select_for_update().get(pk=code)
    before = _commune_told(commune)
    commune.name = _named(name)
    commune.sort_key, commune.is_active = fold(commune.name), is_active
    commune.save(update_fields=["name", "sort_key", "is_active"])
    keep_history(ListName.COMMUNE, code, before, _commune_told(commune), by=by)
    return commune


@transaction.atomic
def add_commune(code: str, name: str, *, by: User) -> Commune:
    """One more commune. Raises `NotAllowed`, `OperationRefused` for a code that is none or that is there already."""
    require(by, LISTS)
    code = code.strip().upper()
    if not INSEE.fullmatch(code):
        raise OperationRefused("Un code Insee a cinq signes, par exemple 73065.")
    if Commune.objects.filter(pk=code).exists():
        raise OperationRefused("Cette commune est déjà dans la liste.")
    name = _named(name)
    commune = Commune(code=code, name=name, sort_key=fold(name))
    commune.save(force_insert=True)
    keep_history(ListName.COMMUNE, code, {}, _commune_told(commune), by=by)
    return commune


def _named(text: str) -> str:
    if not fold(text):
        raise OperationRefused("Écrivez un libellé, en lettres.")
    return " ".join(text.split())


def _motive_told(motive: Motive) -> dict[str, str | int | bool]:
    return {"libellé": motive.label, "rang": motive.rank, "proposé": motive.is_active}


def _commune_told(commune: Commune) -> dict[str, str | int | bool]:
    return {"nom": commune.name, "proposée": commune.is_active}
