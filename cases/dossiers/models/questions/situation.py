"""Who the household is, its papers, where it lives."""

from __future__ import annotations

from cases.dossiers.models.choices import ETHOS, HouseholdType, MissingNumber
from cases.dossiers.models.questions import lists
from cases.dossiers.models.questions.kinds import Kind, Place, Question, StepOf
from cases.dossiers.models.questions.words import own_words

HOUSEHOLDS = {code: f"{label[:1].upper()}{label[1:]}" for code, label in HouseholdType.choices}
MISSING = {code: f"{label[:1].upper()}{label[1:]}" for code, label in MissingNumber.choices}
ETHOS_WORDS = {f"{number} {words}": f"{number}. {words}" for number, words in ETHOS.items()}

MENAGE = StepOf(
    "menage",
    "Ménage et personnes",
    (
        Question(
            "household_type",
            "Composition du ménage",
            "Elle décide de la taille du logement, et de qui signe le bail.",
            Kind.CHOICE,
            HOUSEHOLDS,
            place=Place.EVALUATION,
            asked="La composition du ménage.",
            known="La composition est connue.",
            flash=True,
        ),
        Question(
            "children",
            "Enfants qui vivent avec le ménage",
            "Un enfant en garde alternée compte pour la taille du logement, un droit de visite non.",
            Kind.NUMBER,
            place=Place.EVALUATION,
        ),
        Question(
            "language",
            "Langue dans laquelle la personne est à l’aise",
            "Pour préparer les rendez-vous et les courriers. Ce n’est pas la nationalité.",
            Kind.TEXT,
        ),
        Question(
            "interpreter",
            "Besoin d’un interprète",
            "Un bail, un état des lieux se signent en comprenant ce que l’on signe.",
            Kind.YES_NO,
            lists.YES_NO,
            flash=True,
        ),
        Question(
            "reading",
            "Lecture du français",
            "Pour choisir entre une lettre, une lettre en français simplifié, ou un appel.",
            Kind.CHOICE,
            lists.READING,
        ),
        Question(
            "contact",
            "Comment la joindre",
            "Un téléphone partagé : on n’y laisse pas de message qui dise pourquoi on appelle.",
            Kind.SEVERAL,
            lists.CONTACT,
            flash=True,
        ),
        own_words("menage"),
    ),
)
ADMINISTRATIF = StepOf(
    "administratif",
    "Situation administrative",
    (
        Question(
            "residence_right",
            "Droit au séjour",
            "Un logement social demande un séjour régulier. Sans lui, d’autres solutions se cherchent.",
            Kind.CHOICE,
            lists.RESIDENCE_RIGHT,
            asked="Le droit au séjour.",
            known="Le droit au séjour est connu.",
            flash=True,
        ),
        Question(
            "residence_until",
            "Titre ou récépissé valable jusqu’au",
            "Pour demander le renouvellement à temps.",
            Kind.DATE,
            counts=False,
        ),
        Question(
            "identity_paper",
            "Pièce d’identité",
            "Sans pièce, ni bail ni demande de logement : c’est la première démarche.",
            Kind.CHOICE,
            lists.IDENTITY_PAPER,
        ),
        Question(
            "domiciliation",
            "Adresse pour le courrier",
            "Les courriers de la CAF et du bailleur arrivent là. Une domiciliation se renouvelle chaque année.",
            Kind.CHOICE,
            lists.DOMICILIATION,
        ),
        Question(
            "unique_number",
            "Numéro unique",
            "Le numéro de la demande de logement social : le bailleur le demande pour passer le dossier.",
            Kind.TEXT,
            hint="18 caractères, par exemple 073112600001XTEST.",
            place=Place.REQUEST,
            column="number",
            may_be_empty_with_reason=False,
        ),
        Question(
            "missing_reason",
            "Sans numéro unique, pourquoi",
            "Un ménage sans numéro se suit aussi ; la raison dit quelle démarche commencer.",
            Kind.CHOICE,
            MISSING,
            place=Place.REQUEST,
            counts=False,
            may_be_empty_with_reason=False,
        ),
        Question(
            "renewed_on",
            "Demande déposée ou renouvelée le",
            "Elle vaut un an : Seuil rappelle le renouvellement. Une date inconnue reste inconnue.",
            Kind.DATE,
            place=Place.REQUEST,
            past=True,
        ),
        Question(
            "dalo",
            "Recours DALO",
            "Un ménage reconnu prioritaire passe par un autre contingent.",
            Kind.CHOICE,
            lists.DALO,
        ),
        Question(
            "protection",
            "Protection juridique",
            "Sous curatelle renforcée ou tutelle, le mandataire signe le bail et reçoit les courriers.",
            Kind.CHOICE,
            lists.PROTECTION,
        ),
        Question(
            "guardian",
            "Mandataire, et comment le joindre",
            "C’est lui qui signe, ou qui signe aussi.",
            Kind.TEXT,
            counts=False,
        ),
        own_words("administratif"),
    ),
)
LOGEMENT = StepOf(
    "logement",
    "Logement actuel",
    (
        Question(
            "ethos",
            "Où vit le ménage",
            "La typologie ETHOS est la même partout en Europe ; les autres ne voient que la catégorie.",
            Kind.CHOICE,
            ETHOS_WORDS,
            place=Place.EVALUATION,
            flash=True,
        ),
        Question(
            "residence_kind",
            "Dans les mots du SI-SIAO",
            "Pour que la même situation s’écrive de la même façon dans les deux outils.",
            Kind.CHOICE,
            lists.RESIDENCE,
        ),
        Question("there_since", "Depuis le", "Pour le parcours résidentiel.", Kind.DATE, past=True),
        Question(
            "commune_now",
            "Commune où il se trouve",
            "Pour chercher près de ce qui tient : l’école, le travail, les soins, les proches.",
            Kind.TEXT,
        ),
        Question(
            "leave_by",
            "Date à laquelle il faut partir",
            "Une date certaine change l’ordre des démarches.",
            Kind.DATE,
            flash=True,
        ),
        Question(
            "urgent",
            "Ce qui est urgent",
            "Pour mettre à l’abri avant d’évaluer.",
            Kind.SEVERAL,
            lists.URGENCY,
            flash=True,
            counts=False,
        ),
        own_words("logement"),
    ),
)
