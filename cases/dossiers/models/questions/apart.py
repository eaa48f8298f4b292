"""Health and justice: their own keys, their own readers, and no word elsewhere that they exist."""

from __future__ import annotations

from cases.dossiers.models.questions import lists
from cases.dossiers.models.questions.kinds import Kind, Question, StepOf
from vault.models import KeyClass

READ_HEALTH, WRITE_HEALTH = "dossiers.read_health", "dossiers.write_health"
READ_JUSTICE, WRITE_JUSTICE = "dossiers.read_justice", "dossiers.write_justice"

SANTE = StepOf(
    "sante",
    "Santé",
    (
        Question(
            "health_followed",
            "Un médecin ou une équipe la suit",
            "Pour passer le relais, avec son accord.",
            Kind.YES_NO,
            lists.YES_NO,
            klass=KeyClass.HEALTH,
        ),
        Question(
            "health_needs",
            "Ce que la santé demande au logement",
            "Un accès, un voisinage, un rythme : ce qui rend le logement vivable.",
            Kind.LONG,
            klass=KeyClass.HEALTH,
        ),
        Question(
            "health_notes",
            "Notes de santé",
            "Lues par les soignants ; par un travailleur social, pour ce que la personne accepte de partager.",
            Kind.LONG,
            klass=KeyClass.HEALTH,
        ),
    ),
    reads=READ_HEALTH,
    writes=WRITE_HEALTH,
    intro="Lu par les soignants. Un travailleur social lit seulement ce que la personne accepte de partager.",
)
JUSTICE = StepOf(
    "justice",
    "Justice",
    (
        Question(
            "release_on",
            "Sortie prévue le",
            "Pour qu’un logement attende à la sortie.",
            Kind.DATE,
            klass=KeyClass.JUSTICE,
        ),
        Question(
            "place_constraint",
            "Contrainte de lieu",
            "Une commune obligée ou interdite : rien d’autre n’est à écrire ici.",
            Kind.LONG,
            hint="Le lieu seulement, ni les faits ni le jugement.",
            klass=KeyClass.JUSTICE,
        ),
    ),
    reads=READ_JUSTICE,
    writes=WRITE_JUSTICE,
    intro="Lu par le référent du SIAO et par le travailleur social. Ni les faits ni le jugement n’ont leur place ici.",
)
