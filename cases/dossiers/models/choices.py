"""The closed lists of a dossier: codes that never change, French labels that may."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models


class State(models.TextChoices):
    """Where a situation stands (domaine § 2.1). There is no second status column."""

    REPERE = "REPERE", "Repéré"
    PRESCRIT = "PRESCRIT", "Prescrit"
    EN_EVALUATION = "EN_EVALUATION", "En évaluation"
    A_COMPLETER = "A_COMPLETER", "À compléter"
    EVALUE = "EVALUE", "Évalué"
    AJOURNE = "AJOURNE", "Ajourné"
    NON_RETENU = "NON_RETENU", "Non retenu"
    PRET = "PRET", "Prêt à présenter"
    EN_COMMISSION = "EN_COMMISSION", "En commission"
    VALIDE = "VALIDE", "Validé"
    EN_RECHERCHE = "EN_RECHERCHE", "En recherche"
    LOGE = "LOGE", "Logé"
    EN_SUIVI = "EN_SUIVI", "En suivi"
    CLOS = "CLOS", "Clos"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: the moment of the path (its colour) and its icon (design charter § 3, § 6)."""

    moment: str
    icon: str


LOOKS: dict[str, Look] = {
    State.REPERE: Look("entree", "binoculars"),
    State.PRESCRIT: Look("entree", "envelope-paper"),
    State.EN_EVALUATION: Look("evaluation", "pencil-square"),
    State.EVALUE: Look("evaluation", "clipboard-check"),
    State.A_COMPLETER: Look("attente", "puzzle"),
    State.AJOURNE: Look("attente", "pause-circle"),
    State.PRET: Look("commission", "flag"),
    State.EN_COMMISSION: Look("commission", "people"),
    State.VALIDE: Look("commission", "check-circle"),
    State.EN_RECHERCHE: Look("logement", "search"),
    State.LOGE: Look("logement", "key"),
    State.EN_SUIVI: Look("logement", "house-heart"),
    State.NON_RETENU: Look("fin", "slash-circle"),
    State.CLOS: Look("fin", "archive"),
}


class Source(models.TextChoices):
    """How a fact came in: done here, or stated of the past by an import."""

    ACT = "ACT", "saisi dans Seuil"
    IMPORT = "IMPORT", "repris du registre"


class PersonRole(models.TextChoices):
    """A person's place in the household of one situation."""

    TITULAIRE = "TITULAIRE", "titulaire"
    CONJOINT = "CONJOINT", "conjoint"
    ENFANT = "ENFANT", "enfant"
    AUTRE = "AUTRE", "autre"


class Sex(models.TextChoices):
    """As the register writes it."""

    F = "F", "femme"
    M = "M", "homme"
    X = "X", "autre"


class HouseholdType(models.TextChoices):
    """Composition of a household (nomenclature of Dom’Asso, `typeMenage`)."""

    HOMME_ISOLE_SANS_ENFANT = "HOMME_ISOLE_SANS_ENFANT", "homme isolé"
    HOMME_ISOLE_AVEC_ENFANT = "HOMME_ISOLE_AVEC_ENFANT", "homme avec enfants"
    FEMME_ISOLE_SANS_ENFANT = "FEMME_ISOLE_SANS_ENFANT", "femme isolée"
    FEMME_ISOLE_AVEC_ENFANT = "FEMME_ISOLE_AVEC_ENFANT", "femme avec enfants"
    COUPLE_SANS_ENFANT = "COUPLE_SANS_ENFANT", "couple sans enfant"
    COUPLE_AVEC_ENFANT = "COUPLE_AVEC_ENFANT", "couple avec enfants"
    MINEUR = "MINEUR", "mineur"


class Resource(models.TextChoices):
    """Nature of a household's main income."""

    RSA = "RSA", "RSA"
    AAH = "AAH", "AAH"
    ARE = "ARE", "allocation chômage (ARE)"
    ASS = "ASS", "ASS"
    ACTIVITE = "ACTIVITE", "activité"
    ASPA = "ASPA", "ASPA"
    RETRAITE = "RETRAITE", "retraite"
    INVALIDITE = "INVALIDITE", "pension d’invalidité"
    CEJ = "CEJ", "contrat d’engagement jeune"
    MIXTE = "MIXTE", "plusieurs natures"
    AUTRE = "AUTRE", "autre"
    SANS_RESSOURCE = "SANS_RESSOURCE", "sans ressource"


class MissingNumber(models.TextChoices):
    """Why a household has no unique number: it must still be manageable (domaine § 3.1)."""

    DEMANDE_A_FAIRE = "DEMANDE_A_FAIRE", "demande à faire"
    SANS_PAPIERS = "SANS_PAPIERS", "pas de pièce d’identité"
    SEJOUR = "SEJOUR", "droit au séjour en cours"
    AUTRE = "AUTRE", "autre raison"


class Adhesion(models.TextChoices):
    """Does the household want the project?"""

    OUI = "OUI", "oui"
    NON = "NON", "non"


class MotiveLevel(models.TextChoices):
    """Who gives the motive: the SIAO when it sorts, the commission, or the end of a lease or dossier."""

    NON_PRESENTE = "NON_PRESENTE", "non présenté"
    NON_RETENU = "NON_RETENU", "non retenu"
    AJOURNE = "AJOURNE", "ajourné"
    ISSUE = "ISSUE", "issue"


class EventKind(models.TextChoices):
    """The dated facts of a dossier: what its timeline shows and what the figures count."""

    ORIENTATION = "ORIENTATION", "Orientation vers le SIAO"
    EVALUATION = "EVALUATION", "Évaluation"
    INSTRUCTION = "INSTRUCTION", "Décision d’instruction"
    PRESENTATION = "PRESENTATION", "Présentation en commission"
    DECISION = "DECISION", "Décision de la commission"
    LEASE = "LEASE", "Bail signé"
    OUTCOME = "OUTCOME", "Issue"
    FACT = "FACT", "Évènement"
    STATE = "STATE", "Étape"


class Outcome(models.TextChoices):
    """What became of a situation (domaine § 1.4; those after DEDITE_RETOUR_115 are not in the sources)."""

    MAINTIEN_SANS_DETTE = "MAINTIEN_SANS_DETTE", "maintien sans dette de loyer"
    MAINTIEN_AVEC_DETTE = "MAINTIEN_AVEC_DETTE", "maintien avec dette de loyer"
    REORIENTATION_PENSION_FAMILLE = "REORIENTATION_PENSION_FAMILLE", "réorientation en pension de famille"
    DEDITE_RETOUR_115 = "DEDITE_RETOUR_115", "dédite, retour 115"
    EXPULSION = "EXPULSION", "expulsion"
    MUTATION = "MUTATION", "mutation"
    BAIL_GLISSE = "BAIL_GLISSE", "bail glissé"
    DEPART_TERRITOIRE = "DEPART_TERRITOIRE", "départ hors du territoire"
    PERDU_DE_VUE = "PERDU_DE_VUE", "perdu de vue"
    HOSPITALISATION_LONGUE = "HOSPITALISATION_LONGUE", "hospitalisation longue"
    INCARCERATION = "INCARCERATION", "incarcération"
    DECES = "DECES", "décès"


KEEPS_A_HOME = frozenset({Outcome.MAINTIEN_SANS_DETTE, Outcome.MAINTIEN_AVEC_DETTE})


class FactCode(models.TextChoices):
    """An event that may come beside an outcome, never instead of it (domaine § 0.4)."""

    RETOUR_EMPLOI = "RETOUR_EMPLOI", "retour à l’emploi"
    ENTREE_FORMATION = "ENTREE_FORMATION", "entrée en formation"
    OUVERTURE_DROITS = "OUVERTURE_DROITS", "ouverture de droits"
    HOSPITALISATION = "HOSPITALISATION", "hospitalisation"


class HoldCode(models.TextChoices):
    """What keeps a dossier from being closed, said by whoever opened it."""

    MEASURE = "MEASURE", "un accompagnement est en cours"
    LEASE = "LEASE", "un bail est en cours"
    PECULE = "PECULE", "un droit au pécule est ouvert"


# The thirteen categories of ETHOS, in the words that everybody may read
ETHOS = {
    1: "espace public",
    2: "hébergement d’urgence",
    3: "hébergement temporaire",
    4: "foyer pour femmes",
    5: "hébergement pour personnes étrangères",
    6: "sortie d’institution",
    7: "logement accompagné",
    8: "chez des tiers ou sans bail",
    9: "menace d’expulsion",
    10: "menace de violences",
    11: "habitat provisoire",
    12: "logement indigne",
    13: "surpeuplement",
}
