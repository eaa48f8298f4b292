"""The roles, as prose: what each one does, what it may, which other role it may not hold.

A role says *what* one may do; a grant says *on which dossiers*. Both are needed.
The table is `docs/` « Qui voit quoi » (domaine § 6); incompatible pairs are refused by SQL.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations


class Code(StrEnum):
    """Stable codes, stored in memberships."""

    PRESCRIPTEUR = "prescripteur"
    REFERENT_SIAO = "referent_siao"
    ANIMATEUR = "animateur"
    BAILLEUR = "bailleur"
    DDETSPP = "ddetspp"
    COORDINATION = "coordination"
    HABITAT = "habitat"
    GESTIONNAIRE_FINANCIER = "gestionnaire_financier"
    ORDONNATEUR = "ordonnateur"
    COMPTABLE = "comptable"
    TRAVAILLEUR_SOCIAL = "travailleur_social"
    SANTE = "sante"
    OBSERVATOIRE = "observatoire"
    DPO = "dpo"
    ADMIN_TECHNIQUE = "admin_technique"


@dataclass(frozen=True, slots=True)
class Role:
    """One role: its permissions are Django permissions, `app_label.codename`."""

    code: Code
    label: str
    description: str
    permissions: frozenset[str] = frozenset()
    incompatible_with: frozenset[Code] = field(default_factory=frozenset)

    @property
    def group_name(self) -> str:
        return f"role:{self.code}"


GRAND_CHAMBERY = frozenset(
    {
        Code.COORDINATION,
        Code.HABITAT,
        Code.GESTIONNAIRE_FINANCIER,
        Code.ORDONNATEUR,
        Code.OBSERVATOIRE,
        Code.DPO,
        Code.ADMIN_TECHNIQUE,
    }
)
SEE_FILES = frozenset({"dossiers.view_dossier"})
SEE_SESSIONS = frozenset({"commission.view_seance"})
OPEN_FILES = frozenset({"dossiers.open_dossier"})
SEE_FIGURES = frozenset({"reporting.view_figures"})

ROLES: dict[Code, Role] = {
    role.code: role
    for role in (
        Role(
            Code.PRESCRIPTEUR,
            "prescripteur",
            "Adresse des ménages au SIAO et suit l’état de ses prescriptions.",
            SEE_FILES | OPEN_FILES,
        ),
        Role(
            Code.REFERENT_SIAO,
            "référent SIAO",
            "Évalue les ménages, prépare leurs dossiers pour la commission, suit leur parcours, tient le registre.",
            SEE_FILES
            | OPEN_FILES
            | SEE_SESSIONS
            | SEE_FIGURES
            | {"dossiers.see_identity", "dossiers.see_resources", "dossiers.instruct_dossier"}
            | {"dossiers.close_dossier", "dossiers.import_register"}
            | {"housing.manage_lease", "support.manage_measure"},
        ),
        Role(
            Code.ANIMATEUR,
            "animateur de commission",
            "Prépare et conduit les séances, écrit les procès-verbaux.",
            SEE_FILES
            | SEE_SESSIONS
            | SEE_FIGURES
            | {"dossiers.see_identity", "dossiers.see_resources"}
            | {"commission.run_seance", "dossiers.present_dossier"},
        ),
        Role(
            Code.BAILLEUR,
            "bailleur",
            "Siège en commission, propose des logements, attribue en CALEOL.",
            SEE_SESSIONS,
        ),
        Role(
            Code.DDETSPP,
            "DDETSPP",
            "Représente l’État en commission ; voit les chiffres, et les fiches de ses séances.",
            SEE_SESSIONS | SEE_FIGURES,
        ),
        Role(
            Code.COORDINATION,
            "coordination Logement d’abord",
            "Pilote les actions, rend compte à l’État, relit et publie les chiffres.",
            SEE_SESSIONS | SEE_FIGURES,
        ),
        Role(
            Code.HABITAT,
            "habitat, gestionnaire du pécule",
            "Instruit les droits au pécule.",
            SEE_FIGURES,
            frozenset({Code.ORDONNATEUR}),
        ),
        Role(
            Code.GESTIONNAIRE_FINANCIER,
            "gestionnaire financier",
            "Liquide les dépenses et suit les crédits.",
            SEE_FIGURES,
            frozenset({Code.ORDONNATEUR}),
        ),
        Role(
            Code.ORDONNATEUR,
            "ordonnateur",
            "Signe ce que d’autres ont préparé.",
            SEE_FIGURES,
            frozenset({Code.HABITAT, Code.GESTIONNAIRE_FINANCIER}),
        ),
        Role(
            Code.COMPTABLE,
            "comptable public",
            "Paie, et lit ce qui est payé.",
            frozenset(),
            GRAND_CHAMBERY,
        ),
        Role(
            Code.TRAVAILLEUR_SOCIAL,
            "travailleur social",
            "Accompagne les ménages et tient leur journal.",
            SEE_FILES | {"dossiers.see_identity", "dossiers.see_resources", "support.manage_measure"},
        ),
        Role(
            Code.SANTE,
            "professionnel de santé",
            "Soigne et accompagne dans une équipe ; écrit des notes que les autres ne lisent pas.",
            SEE_FILES | {"dossiers.see_identity"},
        ),
        Role(Code.OBSERVATOIRE, "observatoire", "Lit les agrégats, jamais les dossiers.", SEE_FIGURES),
        Role(
            Code.DPO,
            "délégué à la protection des données",
            "Lit les journaux, décide des effacements ; n’ouvre un dossier qu’avec un motif.",
            frozenset({"audit.read_journal"}),
            frozenset({Code.ADMIN_TECHNIQUE}),
        ),
        Role(
            Code.ADMIN_TECHNIQUE,
            "administrateur technique",
            "Tient les comptes et les réglages ; n’ouvre aucun dossier.",
            frozenset({"accounts.manage_accounts"}),
            frozenset({Code.DPO}),
        ),
    )
}


def incompatible_pairs() -> list[tuple[Code, Code]]:
    """Each pair of roles that one person may not hold together, once, in the order of the roles."""
    return [
        (one, other)
        for one, other in combinations(ROLES, 2)
        if other in ROLES[one].incompatible_with or one in ROLES[other].incompatible_with
    ]
