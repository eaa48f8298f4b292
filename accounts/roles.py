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
    kinds: frozenset[str] = frozenset()  # of organisations where it is held (`OrganisationKind`); empty: anywhere

    @property
    def group_name(self) -> str:
        return f"role:{self.code}"

    def is_held_in(self, kind: str) -> bool:
        """May it be given in an organisation of this kind?"""
        return not self.kinds or kind in self.kinds


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
READ_FICHES = frozenset({"commission.read_fiche"})  # of the séances to which one's organisation is called
OPEN_FILES = frozenset({"dossiers.open_dossier"})
MEET_PEOPLE = frozenset({"dossiers.record_meeting"})  # in the street, by whoever goes there
JOIN_PIECES = frozenset({"dossiers.join_document"})
READ_BANK = frozenset({"dossiers.read_bank"})
SEE_FIGURES = frozenset({"reporting.view_figures"})
EDIT_LISTS = frozenset({"accounts.edit_lists"})
# Where each role is held: a landlord's people sit in the commission, they are not given the State's seat.
AT_SIAO, AT_BAILLEUR, AT_ETAT = frozenset({"SIAO"}), frozenset({"BAILLEUR"}), frozenset({"ETAT"})
AT_EPCI, AT_TRESOR = frozenset({"EPCI"}), frozenset({"TRESOR"})
IN_TEAMS = frozenset({"ACCOMPAGNEMENT", "PRESCRIPTEUR", "BAILLEUR", "AUTRE"})
# What a person in charge of an organisation's access may neither give nor take away
RESERVED = frozenset({Code.ADMIN_TECHNIQUE, Code.DPO})

ROLES: dict[Code, Role] = {
    role.code: role
    for role in (
        Role(
            Code.PRESCRIPTEUR,
            "prescripteur",
            "Adresse des ménages au SIAO et suit l’état de ses prescriptions.",
            SEE_FILES | OPEN_FILES | MEET_PEOPLE | {"dossiers.follow_prescription"},
        ),
        Role(
            Code.REFERENT_SIAO,
            "référent SIAO",
            "Évalue les ménages, prépare leurs dossiers pour la commission, suit leur parcours, tient le registre.",
            SEE_FILES
            | OPEN_FILES
            | MEET_PEOPLE
            | JOIN_PIECES
            | SEE_SESSIONS
            | SEE_FIGURES
            | {"dossiers.see_identity", "dossiers.see_resources", "dossiers.instruct_dossier"}
            | {"dossiers.close_dossier", "dossiers.import_register", "dossiers.protect_dossier"}
            | {"dossiers.read_justice", "dossiers.write_justice"}
            | {"housing.manage_lease", "support.manage_measure"},
            kinds=AT_SIAO,
        ),
        Role(
            Code.ANIMATEUR,
            "animateur de commission",
            "Prépare et conduit les séances, écrit les procès-verbaux.",
            SEE_FILES
            | SEE_SESSIONS
            | SEE_FIGURES
            | {"dossiers.see_identity", "dossiers.see_resources"}
            | {"commission.run_seance", "dossiers.present_dossier", "dossiers.protect_dossier"},
            kinds=AT_SIAO,
        ),
        Role(
            Code.BAILLEUR,
            "bailleur",
            "Siège en commission, lit les fiches de ses séances, propose des logements, attribue en CALEOL.",
            SEE_SESSIONS | READ_FICHES,
            kinds=AT_BAILLEUR,
        ),
        Role(
            Code.DDETSPP,
            "DDETSPP",
            "Représente l’État en commission ; voit les chiffres, et les fiches de ses séances.",
            SEE_SESSIONS | READ_FICHES | SEE_FIGURES,
            kinds=AT_ETAT,
        ),
        Role(
            Code.COORDINATION,
            "coordination Logement d’abord",
            "Pilote les actions, siège en commission, rend compte à l’État, publie les chiffres, tient les listes.",
            SEE_SESSIONS | READ_FICHES | SEE_FIGURES | EDIT_LISTS,
            kinds=AT_EPCI,
        ),
        Role(
            Code.HABITAT,
            "habitat, gestionnaire du pécule",
            "Instruit les droits au pécule.",
            SEE_FIGURES | READ_BANK,
            frozenset({Code.ORDONNATEUR}),
            kinds=AT_EPCI,
        ),
        Role(
            Code.GESTIONNAIRE_FINANCIER,
            "gestionnaire financier",
            "Liquide les dépenses et suit les crédits.",
            SEE_FIGURES | READ_BANK,
            frozenset({Code.ORDONNATEUR}),
            kinds=AT_EPCI,
        ),
        Role(
            Code.ORDONNATEUR,
            "ordonnateur",
            "Signe ce que d’autres ont préparé.",
            SEE_FIGURES,
            frozenset({Code.HABITAT, Code.GESTIONNAIRE_FINANCIER}),
            kinds=AT_EPCI,
        ),
        Role(
            Code.COMPTABLE,
            "comptable public",
            "Paie, et lit ce qui est payé.",
            frozenset(),
            GRAND_CHAMBERY,
            kinds=AT_TRESOR,
        ),
        Role(
            Code.TRAVAILLEUR_SOCIAL,
            "travailleur social",
            "Accompagne les ménages et tient leur journal.",
            SEE_FILES
            | MEET_PEOPLE
            | JOIN_PIECES
            | {"dossiers.see_identity", "dossiers.see_resources", "support.manage_measure"}
            | {"dossiers.read_health", "dossiers.read_justice"},
            kinds=IN_TEAMS,
        ),
        Role(
            Code.SANTE,
            "professionnel de santé",
            "Soigne et accompagne dans une équipe ; écrit des notes que les autres ne lisent pas.",
            SEE_FILES
            | MEET_PEOPLE
            | JOIN_PIECES
            | {"dossiers.see_identity", "dossiers.read_health", "dossiers.write_health"},
            kinds=IN_TEAMS,
        ),
        Role(Code.OBSERVATOIRE, "observatoire", "Lit les agrégats, jamais les dossiers.", SEE_FIGURES, kinds=AT_EPCI),
        Role(
            Code.DPO,
            "délégué à la protection des données",
            "Lit les journaux, décide des effacements ; n’ouvre un dossier qu’avec un motif.",
            SEE_FILES | {"audit.read_journal"},
            frozenset({Code.ADMIN_TECHNIQUE}),
            kinds=AT_EPCI,
        ),
        Role(
            Code.ADMIN_TECHNIQUE,
            "administrateur technique",
            "Tient les comptes et les réglages ; n’ouvre aucun dossier.",
            EDIT_LISTS | {"accounts.manage_accounts", "accounts.manage_people"},
            frozenset({Code.DPO}),
            kinds=AT_EPCI,
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
