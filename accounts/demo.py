"""The cast: one fictional account for each role, the same in the demonstration and in the tests (domaine § 6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.operations import create_organisation, join
from accounts.roles import ROLES, Code
from core.errors import OperationRefused

DOMAIN = "seuil.example"
PASSWORD = "La porte est ouverte 73"  # noqa: S105  printed by the demonstration, refused anywhere else


@dataclass(frozen=True, slots=True)
class Member:
    """One account of the cast: `role=None` is nobody's member; `in_charge` tends the access of its own people."""

    account: str
    first_name: str
    last_name: str
    role: Code | None = None
    organisation: str = ""
    in_charge: bool = False

    @property
    def email(self) -> str:
        return f"{self.account}@{DOMAIN}"


ORGANISATIONS: tuple[tuple[str, OrganisationKind, tuple[str, ...]], ...] = (
    ("CCAS de Valcombe", OrganisationKind.PRESCRIPTEUR, ()),
    ("Habitat des Bauges", OrganisationKind.BAILLEUR, ()),
    ("Savoie Toit Familial", OrganisationKind.BAILLEUR, ()),
    ("DDETSPP de la Savoie", OrganisationKind.ETAT, ("DDETSPP", "DDETSPP 73", "État")),
    ("Grand Chambéry", OrganisationKind.EPCI, ("Grand Chambéry agglomération",)),
    ("Trésorerie de Chambéry municipale", OrganisationKind.TRESOR, ("Trésor public",)),
    ("FOL 73", OrganisationKind.ACCOMPAGNEMENT, ("Fédération des œuvres laïques de Savoie",)),
    ("Toi(t) d’abord", OrganisationKind.ACCOMPAGNEMENT, ("Toit d’abord", "La Sasson")),
)
SIAO, CHAMBERY, FOL = "SIAO de la Savoie", "Grand Chambéry", "FOL 73"
CAST: tuple[Member, ...] = (
    Member("siao", "Claire", "Vautrin", Code.REFERENT_SIAO, SIAO),
    Member("siao2", "Hugo", "Lemaire", Code.REFERENT_SIAO, SIAO),
    Member("animation", "Anne", "Rostaing", Code.ANIMATEUR, SIAO, in_charge=True),
    Member("prescripteur", "Lucie", "Brunier", Code.PRESCRIPTEUR, "CCAS de Valcombe", in_charge=True),
    Member("bailleur", "Laure", "Perrier", Code.BAILLEUR, "Habitat des Bauges", in_charge=True),
    Member("bailleur2", "Denis", "Charvet", Code.BAILLEUR, "Savoie Toit Familial", in_charge=True),
    Member("ddetspp", "Agnès", "Revol", Code.DDETSPP, "DDETSPP de la Savoie", in_charge=True),
    Member("coordination", "Inès", "Baudin", Code.COORDINATION, CHAMBERY, in_charge=True),
    Member("habitat", "Paul", "Gaillard", Code.HABITAT, CHAMBERY),
    Member("finances", "Odile", "Ferran", Code.GESTIONNAIRE_FINANCIER, CHAMBERY),
    Member("ordonnateur", "François", "Mollard", Code.ORDONNATEUR, CHAMBERY),
    Member("comptable", "Jeanne", "Tissot", Code.COMPTABLE, "Trésorerie de Chambéry municipale", in_charge=True),
    Member("fol73", "Sofia", "Brancaz", Code.TRAVAILLEUR_SOCIAL, FOL, in_charge=True),
    Member("toit", "Karim", "Belmont", Code.TRAVAILLEUR_SOCIAL, "Toi(t) d’abord", in_charge=True),
    Member("sante", "Nora", "Cartier", Code.SANTE, FOL),
    Member("observatoire", "Élise", "Duchosal", Code.OBSERVATOIRE, CHAMBERY),
    Member("dpo", "Michel", "Aubry", Code.DPO, CHAMBERY),
    Member("admin", "Victor", "Sage", Code.ADMIN_TECHNIQUE, CHAMBERY),
    Member("etranger", "Louis", "Durandet"),
)


@transaction.atomic
def install_cast(*, password: str | None = PASSWORD) -> None:
    """Create the organisations and accounts of the cast that do not exist yet. `password=None` opens no sign-in."""
    for name, kind, aliases in ORGANISATIONS:
        if not Organisation.objects.known_as(name).exists():
            create_organisation(name, kind, by=None, aliases=aliases)
    known = set(User.objects.filter(email__endswith=f"@{DOMAIN}").values_list("email", flat=True))
    for member in CAST:
        if member.email not in known:
            _enrol(member, password)


def accounts() -> list[dict[str, str]]:
    """What the demonstration prints: address, password, role and organisation of each account.

    Raises `OperationRefused` outside the demonstration.
    """
    if not settings.IN_DEMO:
        raise OperationRefused("Ces comptes n’existent que dans la démonstration : lancez « make demo ».")
    return [
        {
            "email": member.email,
            "password": PASSWORD,
            "role": ROLES[member.role].label if member.role else "aucun",
            "organisation": member.organisation or "aucune",
        }
        for member in CAST
    ]


def _enrol(member: Member, password: str | None) -> None:
    user = User.objects.create_user(member.email, password, first_name=member.first_name, last_name=member.last_name)
    if member.role is None:
        return
    organisation = Organisation.objects.known_as(member.organisation).get()
    if not Membership.objects.live().filter(user=user, role=member.role).exists():
        held = join(user, organisation, member.role, by=None)
        if member.in_charge:
            held.in_charge = True
            held.save(update_fields=["in_charge"])
