"""What the members of a household make together: its type, the dwelling that it needs. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.dossiers.models.choices import Custody, HouseholdType, PersonRole, Sex

OF_AGE = 18
LARGEST = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """A member as she is counted. An unborn child is `ENFANT` of age 0; an age that is not known is None."""

    role: str
    sex: str | None = None
    age: int | None = None
    custody: str | None = None

    @property
    def is_child(self) -> bool:
        """Of the children's rooms: a grown-up child has her own."""
        return self.role == PersonRole.ENFANT and (self.age is None or self.age < OF_AGE)

    @property
    def visits(self) -> bool:
        return self.is_child and self.custody == Custody.VISITE


@dataclass(frozen=True, slots=True)
class Need:
    """The dwelling that a household needs: « T3 », and the sentences that say why."""

    rooms: int
    because: tuple[str, ...]

    @property
    def label(self) -> str:
        return f"T{LARGEST} ou plus" if self.rooms >= LARGEST else f"T{self.rooms}"


RULE = (
    "Une pièce de vie, une chambre pour la personne ou le couple, une par autre adulte, une pour deux enfants. "
    "Une personne seule peut vivre en T1. Un enfant en garde alternée ou à naître compte comme les autres ; "
    "deux enfants reçus en droit de visite comptent pour un."
)


def typology_needed(members: Sequence[Counted]) -> Need:
    """From T1 to T5 by `RULE`, which no law sets: it helps to choose, the landlord's committee decides."""
    children = [member for member in members if member.is_child]
    visiting = sum(member.visits for member in children)
    counted = len(children) - visiting + visiting // 2
    couple = any(member.role == PersonRole.CONJOINT for member in members)
    adults = len(members) - len(children)
    others = max(adults - (2 if couple else 1), 0)
    shared = -(-counted // 2)
    if adults <= 1 and not children:
        return Need(1, ("Une personne seule.",))
    because = ["Une chambre pour le couple." if couple else "Une chambre pour la personne titulaire."]
    if others:
        because.append(
            "Une chambre pour un autre adulte." if others == 1 else f"{others} chambres pour d’autres adultes."
        )
    if shared:
        rooms = "Une chambre" if shared == 1 else f"{shared} chambres"
        because.append(f"{rooms} pour {_children(counted)}.")
    if visiting:
        because.append(
            "Un enfant reçu en droit de visite compte pour moitié."
            if visiting == 1
            else f"{visiting} enfants reçus en droit de visite comptent pour moitié."
        )
    return Need(min(2 + others + shared, LARGEST), tuple(because))


def household_type(members: Sequence[Counted]) -> tuple[HouseholdType | None, int]:
    """The type that the members make, None when one cannot tell, and the number of children who live there.

    A child received by right of visit does not make a household « avec enfants »; one in alternating custody does.
    """
    children = sum(member.is_child and not member.visits for member in members)
    head = next((member for member in members if member.role == PersonRole.TITULAIRE), None)
    if head is None:
        return None, children
    if any(member.role == PersonRole.CONJOINT for member in members):
        return (HouseholdType.COUPLE_AVEC_ENFANT if children else HouseholdType.COUPLE_SANS_ENFANT), children
    if head.age is not None and head.age < OF_AGE and not children:
        return HouseholdType.MINEUR, children
    kinds = {
        (Sex.F.value, True): HouseholdType.FEMME_ISOLE_AVEC_ENFANT,
        (Sex.F.value, False): HouseholdType.FEMME_ISOLE_SANS_ENFANT,
        (Sex.M.value, True): HouseholdType.HOMME_ISOLE_AVEC_ENFANT,
        (Sex.M.value, False): HouseholdType.HOMME_ISOLE_SANS_ENFANT,
    }
    return kinds.get((head.sex or "", bool(children))), children


def _children(count: int) -> str:
    return "un enfant" if count == 1 else f"{count} enfants"
