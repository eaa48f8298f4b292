"""What comes in, what goes out, what is owed."""

from __future__ import annotations

from cases.dossiers.models.questions import lists
from cases.dossiers.models.questions.kinds import Kind, Place, Question, StepOf
from cases.dossiers.models.questions.words import own_words

RESSOURCES = StepOf(
    "ressources",
    "Ressources et charges",
    (
        Question(
            "resources",
            "Ressources du ménage, par mois",
            "Le bailleur vérifie que le loyer reste payable. La commission voit la nature et le total.",
            Kind.LINES,
            lists.RESOURCES,
            hint="Montants versés sur le compte. Une ligne par ressource.",
            place=Place.LINES,
            column="resources",
            asked="Les ressources du mois.",
            known="Les ressources sont connues.",
        ),
        Question(
            "charges",
            "Charges, par mois",
            "Ce qui reste pour vivre compte autant que ce qui entre.",
            Kind.LINES,
            lists.CHARGES,
            hint="Une ligne par charge.",
            place=Place.LINES,
        ),
        Question(
            "rent_now",
            "Loyer ou redevance actuelle",
            "Pour comparer avec le loyer proposé.",
            Kind.AMOUNT,
            hint="Par mois, en euros ; 0 s’il n’y en a pas.",
        ),
        Question(
            "alimony_received",
            "Pension alimentaire reçue",
            "Elle peut s’arrêter : le budget doit tenir sans elle.",
            Kind.AMOUNT,
            hint="Par mois, en euros.",
        ),
        Question(
            "occupation",
            "Situation professionnelle",
            "Pour savoir quels droits demander, et ce qui peut changer.",
            Kind.CHOICE,
            lists.OCCUPATION,
        ),
        Question(
            "tax_notice",
            "Avis d’imposition disponible",
            "Le bailleur le demande pour vérifier les plafonds.",
            Kind.YES_NO,
            lists.YES_NO,
        ),
        Question(
            "bank_account",
            "Compte en banque à son nom",
            "Sans compte, ni aide au logement ni prélèvement.",
            Kind.YES_NO,
            lists.YES_NO,
        ),
        own_words("ressources"),
    ),
)
DETTES = StepOf(
    "dettes",
    "Dettes",
    (
        Question(
            "debts",
            "Dettes",
            "Une dette dont on parle se règle. La commission voit la dette de loyer et son plan, pas les autres.",
            Kind.LINES,
            lists.DEBTS,
            hint="Une ligne par dette, même échelonnée.",
            place=Place.LINES,
            column="rent_debt",
            asked="La dette de loyer, même à zéro.",
            known="La dette de loyer est connue.",
        ),
        Question(
            "overindebtedness",
            "Dossier de surendettement",
            "Un dossier recevable suspend les poursuites.",
            Kind.CHOICE,
            lists.OVERINDEBTEDNESS,
        ),
        Question(
            "eviction",
            "Procédure d’expulsion",
            "Chaque étape laisse un délai, et une démarche possible.",
            Kind.CHOICE,
            lists.EVICTION,
        ),
        own_words("dettes"),
    ),
)
