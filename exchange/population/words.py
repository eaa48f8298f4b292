"""The invented bodies of the population, and the wordings and weights of its closed lists (domaine § 7)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from accounts.models import OrganisationKind
from cases.dossiers.models import HouseholdType, MissingNumber, Outcome
from exchange.population.lives import Told

SIAO, STATE, CHAMBERY = "SIAO de la Savoie", "DDETSPP de la Savoie", "Grand Chambéry"
REFERENTS = ("siao", "siao2")
BODIES: dict[str, OrganisationKind] = {
    "CCAS de Valcombe": OrganisationKind.PRESCRIPTEUR,
    "Maraude Les Passerelles": OrganisationKind.PRESCRIPTEUR,
    "Accueil de jour La Margelle": OrganisationKind.PRESCRIPTEUR,
    "CHRS Les Épinettes": OrganisationKind.PRESCRIPTEUR,
    "Hôpital de la Combe": OrganisationKind.PRESCRIPTEUR,
    "Service d'insertion et de probation de Valcombe": OrganisationKind.PRESCRIPTEUR,
    "Mission locale des Deux Lacs": OrganisationKind.PRESCRIPTEUR,
    "Service social du Haut-Plateau": OrganisationKind.PRESCRIPTEUR,
    "Habitat des Bauges": OrganisationKind.BAILLEUR,
    "Savoie Toit Familial": OrganisationKind.BAILLEUR,
    "Office public des Deux Lacs": OrganisationKind.BAILLEUR,
    "Pension de famille La Tournette": OrganisationKind.BAILLEUR,
    "Agence sociale des Trois Portes": OrganisationKind.BAILLEUR,
    STATE: OrganisationKind.ETAT,
    CHAMBERY: OrganisationKind.EPCI,
    "FOL 73": OrganisationKind.ACCOMPAGNEMENT,
    "Toi(t) d’abord": OrganisationKind.ACCOMPAGNEMENT,
}
PRESCRIPTEURS = tuple(name for name, kind in BODIES.items() if kind is OrganisationKind.PRESCRIPTEUR)
PRESCRIPTEUR_WEIGHTS = (22, 20, 16, 14, 10, 8, 6, 4)
PUBLIC_LANDLORDS = ("Habitat des Bauges", "Savoie Toit Familial", "Office public des Deux Lacs")
BOARDING_HOUSE, AGENCY = "Pension de famille La Tournette", "Agence sociale des Trois Portes"
PRESENT = (SIAO, STATE, CHAMBERY, *PUBLIC_LANDLORDS)

HOUSEHOLDS: dict[HouseholdType, int] = {
    HouseholdType.HOMME_ISOLE_SANS_ENFANT: 77,
    HouseholdType.FEMME_ISOLE_SANS_ENFANT: 8,
    HouseholdType.FEMME_ISOLE_AVEC_ENFANT: 10,
    HouseholdType.COUPLE_SANS_ENFANT: 3,
    HouseholdType.COUPLE_AVEC_ENFANT: 2,
}
ETHOS: dict[str, int] = {
    "1.1 espace public": 30,
    "2.1 hébergement d’urgence": 25,
    "3.2 hébergement temporaire": 9,
    "4.1 foyer pour femmes": 2,
    "5.1 hébergement pour demandeurs d’asile": 4,
    "6.1 sortie de prison": 4,
    "6.2 sortie d’institution médicale": 4,
    "6.3 sortie de l’aide sociale à l’enfance": 2,
    "8.1 chez des tiers": 12,
    "9.1 menacé d’expulsion": 5,
    "11.3 structure provisoire": 1,
    "12.1 logement indigne": 1,
    "13.1 logement surpeuplé": 1,
}
MOTIVES_DECLINED = {
    "INCARCERATION": 15,
    "DEPART_DEPARTEMENT": 30,
    "RELOGE_PARC_PUBLIC": 15,
    "NON_ADHESION": 15,
    "LIEN_INSUFFISANT": 15,
    "PERDU_DE_VUE": 10,
}
MOTIVES_ADJOURNED = {"AJOURNE_DETTE_LOCATIVE": 45, "AJOURNE_JUSTIFICATIFS_ABSENTS": 45, "AJOURNE_AUTRE": 10}
LOSSES: dict[Outcome, int] = {
    Outcome.DEDITE_RETOUR_115: 22,
    Outcome.REORIENTATION_PENSION_FAMILLE: 24,
    Outcome.EXPULSION: 8,
    Outcome.DEPART_TERRITOIRE: 14,
    Outcome.PERDU_DE_VUE: 12,
    Outcome.INCARCERATION: 8,
    Outcome.HOSPITALISATION_LONGUE: 4,
    Outcome.DECES: 8,
}
GIVEN_UP: dict[Outcome, int] = {
    Outcome.PERDU_DE_VUE: 35,
    Outcome.DEPART_TERRITOIRE: 40,
    Outcome.INCARCERATION: 15,
    Outcome.DECES: 10,
}
OUTCOME_OF_MOTIVE = {
    "INCARCERATION": Outcome.INCARCERATION,
    "DEPART_DEPARTEMENT": Outcome.DEPART_TERRITOIRE,
    "RELOGE_PARC_PUBLIC": Outcome.MAINTIEN_SANS_DETTE,
}
MEASURES = {"TOIT_DABORD": 40, "EQUIPE_PLURI_FOL73": 35, "AVDL": 15, "SAMSAH": 6, "CURATELLE_RENFORCEE": 4}
OPERATORS = {"TOIT_DABORD": "Toi(t) d’abord", "EQUIPE_PLURI_FOL73": "FOL 73", "AVDL": "Toi(t) d’abord"}
FACTS = {"RETOUR_EMPLOI": 35, "OUVERTURE_DROITS": 40, "ENTREE_FORMATION": 15, "HOSPITALISATION": 10}
LEASES = {"NOM_PROPRE": 78, "SOUS_LOCATION_IML": 12, "BAIL_GLISSANT": 6, "PENSION_FAMILLE": 4}

WISHED = ("73065", "73179", "73213", "INDIFFERENT")
PAPERS = {MissingNumber.SEJOUR.value: "RECEPISSE", MissingNumber.SANS_PAPIERS.value: "SANS_PAPIERS"}


def answers_of(told: Told) -> dict[str, str]:
    """What an evaluation is not completed without, beside what figures count: made from what is told, not drawn."""
    asylum = told.ethos.startswith("5")
    right = PAPERS.get(told.missing_reason or "", "ASILE" if asylum else "FRANCAIS")
    size = min(told.children + 1, 6)
    needs = ["DEMARCHES", *(["BUDGET"] if told.rent_debt else []), *(["PARENTALITE"] if told.children else [])]
    return {
        "residence_right": right,
        "wished_communes": WISHED[int(told.resources) % len(WISHED)],
        "wished_size": f"T{size},T{size + 1}",
        "needs": ",".join(needs),
        **dict(told.more),
    }


@dataclass(frozen=True, slots=True)
class Origin:
    """Surnames and first names that go together."""

    last: tuple[str, ...]
    men: tuple[str, ...]
    women: tuple[str, ...]


_told = tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8"))
ORIGINS = tuple(Origin(tuple(o["last"]), tuple(o["men"]), tuple(o["women"])) for o in _told.values())
ORIGIN_SHARES = tuple(int(origin["share"]) for origin in _told.values())
