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
    ANCIEN = "ANCIEN", "ancien titulaire"


class Civility(models.TextChoices):
    """How one writes to a person."""

    MME = "MME", "Madame"
    M = "M", "Monsieur"


class Precision(models.TextChoices):
    """How well a date is known. The column holds the first day of the month or year, the last for an end."""

    DAY = "DAY", "au jour"
    MONTH = "MONTH", "au mois"
    YEAR = "YEAR", "à l’année"


class Relation(models.TextChoices):
    """What a member is to the titulaire, beside the place."""

    CONJOINT = "CONJOINT", "conjoint, partenaire ou concubin"
    ENFANT = "ENFANT", "enfant"
    BEL_ENFANT = "BEL_ENFANT", "enfant du conjoint"
    PARENT = "PARENT", "père ou mère"
    FRATRIE = "FRATRIE", "frère ou sœur"
    FAMILLE = "FAMILLE", "autre parent"
    PROCHE = "PROCHE", "proche, sans lien de famille"


class Custody(models.TextChoices):
    """When a child lives a part of the time elsewhere (codes of the SNE, `coParentalité`)."""

    ALTERNEE = "G", "garde alternée"
    VISITE = "D", "droit de visite et d’hébergement"


class Leaving(models.TextChoices):
    """Why somebody is no longer of the household."""

    SEPARATION = "SEPARATION", "séparation"
    DECES = "DECES", "décès"
    DEPART = "DEPART", "départ pour un autre logement"
    AUTRE = "AUTRE", "autre raison"
    SIEN = "SIEN", "un dossier à son nom"
    REUNION = "REUNION", "réunion de deux ménages"


LEAVING_BY_HAND = (Leaving.SEPARATION, Leaving.DECES, Leaving.DEPART, Leaving.AUTRE)


class HouseholdFact(models.TextChoices):
    """What happens to a household: the detail of a fact of that kind."""

    ARRIVEE = "ARRIVEE", "une personne rejoint le ménage"
    DEPART = "DEPART", "une personne quitte le ménage"
    DECES = "DECES", "décès d’un membre du ménage"
    NAISSANCE = "NAISSANCE", "naissance d’un enfant"
    TITULAIRE = "TITULAIRE", "un autre membre du ménage devient titulaire"
    SEPARATION = "SEPARATION", "le ménage se sépare : une partie a maintenant son dossier"
    FORMATION = "FORMATION", "nouveau ménage, après une séparation"
    REUNION = "REUNION", "deux ménages se réunissent dans ce dossier"


class Told(models.TextChoices):
    """Who told of a period of a path."""

    DECLARED = "DECLARED", "dit par la personne"
    SEEN = "SEEN", "constaté par un service"
    SI_SIAO = "SI_SIAO", "SI-SIAO"
    PAPER = "PAPER", "bail ou attestation"


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
    """Who gives the motive: the SIAO when it sorts, the commission, the end of a lease or dossier, its reopening."""

    NON_PRESENTE = "NON_PRESENTE", "non présenté"
    NON_RETENU = "NON_RETENU", "non retenu"
    AJOURNE = "AJOURNE", "ajourné"
    ISSUE = "ISSUE", "issue"
    REPRISE = "REPRISE", "repris après clôture"


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
    HOUSEHOLD = "HOUSEHOLD", "Vie du ménage"


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
    RENONCEMENT_MENAGE = "RENONCEMENT_MENAGE", "renoncement du ménage avant l’entrée"
    RETRAIT_BAILLEUR = "RETRAIT_BAILLEUR", "retrait du bailleur avant l’entrée"
    BAIL_ANNULE = "BAIL_ANNULE", "bail annulé avant l’entrée"
    REUNION_MENAGES = "REUNION_MENAGES", "réuni avec un autre ménage"


KEEPS_A_HOME = frozenset({Outcome.MAINTIEN_SANS_DETTE, Outcome.MAINTIEN_AVEC_DETTE})
# what becomes of a lease that nobody entered, and not of the situation: the search goes on
OF_THE_LEASE_ALONE = frozenset({Outcome.RENONCEMENT_MENAGE, Outcome.RETRAIT_BAILLEUR, Outcome.BAIL_ANNULE})
BEFORE_ENTRY = "AVANT_ENTREE"  # motive of another outcome, when it came before the household entered


class FactCode(models.TextChoices):
    """An event that may come beside an outcome, never instead of it (domaine § 0.4)."""

    RETOUR_EMPLOI = "RETOUR_EMPLOI", "retour à l’emploi"
    ENTREE_FORMATION = "ENTREE_FORMATION", "entrée en formation"
    OUVERTURE_DROITS = "OUVERTURE_DROITS", "ouverture de droits"
    HOSPITALISATION = "HOSPITALISATION", "hospitalisation"
    RENCONTRE = "RENCONTRE", "rencontre"


class HoldCode(models.TextChoices):
    """What keeps a dossier from being closed, said by whoever opened it."""

    MEASURE = "MEASURE", "un accompagnement est en cours"
    LEASE = "LEASE", "un bail est en cours"
    PECULE = "PECULE", "un droit au pécule est ouvert"
    COMMISSION = "COMMISSION", "la commission doit encore l’examiner"


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
