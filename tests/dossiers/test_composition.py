"""What members make together: the type of their household, and the dwelling that they need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.dossiers.models import Custody, HouseholdType, PersonRole
from cases.dossiers.models.composition import Counted, household_type, typology_needed

HEAD = Counted(PersonRole.TITULAIRE, "F", 34)
SPOUSE = Counted(PersonRole.CONJOINT, "M", 36)
CHILD = Counted(PersonRole.ENFANT, "M", 9)
G = Counted(PersonRole.ENFANT, "M", 9, Custody.ALTERNEE)
D = Counted(PersonRole.ENFANT, "M", 9, Custody.VISITE)
UNBORN = Counted(PersonRole.ENFANT, age=0)
GROWN = Counted(PersonRole.ENFANT, "F", 20)
BROTHER = Counted(PersonRole.AUTRE, "M", 40)


@pytest.mark.parametrize(
    ("members", "label"),
    [
        ([HEAD], "T1"),
        ([HEAD, SPOUSE], "T2"),
        ([HEAD, CHILD], "T3"),
        ([HEAD, CHILD, CHILD], "T3"),
        ([HEAD, SPOUSE, CHILD, CHILD, CHILD], "T4"),
        ([HEAD, BROTHER], "T3"),
        ([HEAD, GROWN], "T3"),
        ([HEAD, SPOUSE, GROWN, CHILD], "T4"),
        ([HEAD, UNBORN], "T3"),
        ([HEAD, CHILD, CHILD, UNBORN], "T4"),
        ([HEAD, SPOUSE, GROWN, BROTHER, CHILD, CHILD, CHILD, CHILD, CHILD], "T5 ou plus"),
    ],
)
def test_the_dwelling_needed(members: list[Counted], label: str) -> None:
    assert typology_needed(members).label == label


def test_shared_custody_and_right_of_visit_count_differently() -> None:
    """Edge case of § 7: G is an occupant, D counts for half."""
    assert typology_needed([HEAD, G]).label == "T3"
    assert typology_needed([HEAD, D]).label == "T2"
    assert typology_needed([HEAD, D, D]).label == "T3"
    assert typology_needed([HEAD, CHILD, CHILD, G]).label == "T4"
    assert typology_needed([HEAD, CHILD, CHILD, D]).label == "T3"
    assert "Un enfant reçu en droit de visite compte pour moitié." in typology_needed([HEAD, D]).because
    assert typology_needed([HEAD, G]).because == (
        "Une chambre pour la personne titulaire.",
        "Une chambre pour un enfant.",
    )


members = st.lists(st.sampled_from([SPOUSE, CHILD, G, D, UNBORN, GROWN, BROTHER]), max_size=6).map(lambda m: [HEAD, *m])


@given(members, st.sampled_from([CHILD, G, D, UNBORN, GROWN, BROTHER]))
def test_one_more_never_needs_less(here: list[Counted], more: Counted) -> None:
    before, after = typology_needed(here).rooms, typology_needed([*here, more]).rooms
    assert 1 <= before <= after <= 5


@pytest.mark.parametrize(
    ("members", "kind", "children"),
    [
        ([HEAD], HouseholdType.FEMME_ISOLE_SANS_ENFANT, 0),
        ([Counted(PersonRole.TITULAIRE, "M", 50)], HouseholdType.HOMME_ISOLE_SANS_ENFANT, 0),
        ([HEAD, CHILD, G], HouseholdType.FEMME_ISOLE_AVEC_ENFANT, 2),
        ([HEAD, D], HouseholdType.FEMME_ISOLE_SANS_ENFANT, 0),
        ([HEAD, SPOUSE], HouseholdType.COUPLE_SANS_ENFANT, 0),
        ([HEAD, SPOUSE, CHILD], HouseholdType.COUPLE_AVEC_ENFANT, 1),
        ([HEAD, GROWN], HouseholdType.FEMME_ISOLE_SANS_ENFANT, 0),
        ([Counted(PersonRole.TITULAIRE, "M", 17)], HouseholdType.MINEUR, 0),
        ([Counted(PersonRole.TITULAIRE, None, 30)], None, 0),
        ([SPOUSE, CHILD], None, 1),
    ],
)
def test_the_type_of_the_household(members: list[Counted], kind: HouseholdType | None, children: int) -> None:
    assert household_type(members) == (kind, children)
