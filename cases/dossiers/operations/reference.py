"""The motives known at the start: those of the sources, then a few the SIAO needs (domaine § 1.4)."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

from cases.dossiers.models import Motive, MotiveLevel

REFUSED, LATER, ABSENT = MotiveLevel.NON_RETENU, MotiveLevel.AJOURNE, MotiveLevel.NON_PRESENTE
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
)


def install_motives(connection: BaseDatabaseWrapper) -> None:
    """After `migrate`: the known motives exist; those that were edited stay as they are."""
    if connection.alias != "default":
        return
    Motive.objects.bulk_create(
        (Motive(code=code, level=level, label=label, in_sources=known) for code, level, label, known in MOTIVES),
        ignore_conflicts=True,
    )
