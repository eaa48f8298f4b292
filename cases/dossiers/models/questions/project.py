"""What happened before, what is wished, what would help, what is agreed."""

from __future__ import annotations

from cases.dossiers.models.questions import lists
from cases.dossiers.models.questions.kinds import Kind, Place, Question, StepOf
from cases.dossiers.models.questions.words import own_words

HISTOIRE = StepOf(
    "histoire",
    "Histoire du logement",
    (
        Question(
            "last_home_until",
            "Dernier logement à soi, jusqu’au",
            "Pour comprendre depuis quand la situation dure.",
            Kind.DATE,
            past=True,
        ),
        Question(
            "cause",
            "Ce qui a fait rupture",
            "Pour que le prochain logement ne casse pas au même endroit.",
            Kind.CHOICE,
            lists.CAUSE,
        ),
        Question(
            "time_without",
            "Temps passé sans logement, en tout",
            "Le rapport à l’État le demande par tranches.",
            Kind.CHOICE,
            lists.TIME_WITHOUT,
        ),
        Question(
            "had_lease",
            "A déjà eu un bail à son nom",
            "Un premier bail s’accompagne autrement.",
            Kind.YES_NO,
            lists.YES_NO,
        ),
        own_words("histoire"),
    ),
)
SOUHAITS = StepOf(
    "souhaits",
    "Souhaits",
    (
        Question(
            "wished_communes",
            "Communes souhaitées",
            "On habite là où l’on a choisi. Un refus de proposition ne ferme jamais le dossier.",
            Kind.COMMUNES,
            lists.COMMUNE_ANY,
            asked="Les communes souhaitées.",
            known="Les communes souhaitées sont connues.",
        ),
        Question(
            "wished_size",
            "Taille du logement",
            "Plusieurs tailles ouvrent plus de propositions.",
            Kind.SEVERAL,
            lists.TYPOLOGY,
            asked="La taille de logement souhaitée.",
            known="La taille souhaitée est connue.",
        ),
        Question(
            "floor", "Étage", "Pour ne pas proposer un logement où l’on ne peut pas vivre.", Kind.CHOICE, lists.FLOOR
        ),
        Question(
            "access",
            "Accessibilité",
            "Un besoin d’accès, jamais sa cause.",
            Kind.SEVERAL,
            lists.ACCESS,
        ),
        Question(
            "animals",
            "Animaux",
            "Un chien de catégorie ou plusieurs animaux : mieux vaut que le bailleur le sache avant la visite.",
            Kind.SEVERAL,
            lists.ANIMALS,
            flash=True,
        ),
        Question(
            "refusals",
            "Ce que le ménage ne veut pas",
            "Un refus connu évite une proposition perdue, pour lui et pour le bailleur.",
            Kind.TEXT,
        ),
        own_words("souhaits"),
    ),
)
BESOINS = StepOf(
    "besoins",
    "Besoins d’accompagnement",
    (
        Question(
            "needs",
            "Ce qui aiderait",
            "Des besoins, jamais des diagnostics : l’équipe se compose d’après eux.",
            Kind.SEVERAL,
            lists.NEEDS,
            asked="Les besoins d’accompagnement.",
            known="Les besoins sont connus.",
        ),
        Question(
            "frequency",
            "Rythme souhaité",
            "C’est la personne qui le dit ; il change avec le temps.",
            Kind.CHOICE,
            lists.FREQUENCY,
        ),
        Question(
            "home_visits",
            "Accepte des visites chez elle",
            "Certains préfèrent un autre lieu : cela se respecte.",
            Kind.YES_NO,
            lists.YES_NO,
        ),
        Question(
            "support_now",
            "Accompagnements déjà en place",
            "Pour passer le relais plutôt que d’ajouter un intervenant.",
            Kind.TEXT,
        ),
        Question(
            "network",
            "Personnes sur qui compter",
            "La famille, des amis, un lieu : ce qui tient déjà.",
            Kind.TEXT,
        ),
        own_words("besoins"),
    ),
)
ADHESION = StepOf(
    "adhesion",
    "Adhésion et accord",
    (
        Question(
            "adhesion",
            "Le ménage adhère au projet",
            "Rien ne se fait sans lui. Un non d’aujourd’hui n’empêche pas un oui de demain.",
            Kind.CHOICE,
            lists.ADHESION,
            place=Place.EVALUATION,
        ),
        Question(
            "evaluated_on",
            "Évaluation du",
            "La date de l’entretien : les délais et l’âge se comptent à partir d’elle.",
            Kind.DATE,
            place=Place.EVALUATION,
            past=True,
            asked="La date de l’évaluation.",
            known="L’évaluation est datée.",
            may_be_empty_with_reason=False,
        ),
        own_words("adhesion"),
    ),
)
