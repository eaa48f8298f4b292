"""What happens to a household: who joins it, who leaves it, how it parts and comes together again."""

from cases.dossiers.operations.household.births import close_expected_birth, expect_birth, note_animals, record_birth
from cases.dossiers.operations.household.members import (
    Identity,
    Place,
    correct_member,
    enter_household,
    leave_household,
    make_titulaire,
)
from cases.dossiers.operations.household.splitting import Goes, Split, split_household
from cases.dossiers.operations.household.uniting import unite_households

__all__ = [
    "Goes",
    "Identity",
    "Place",
    "Split",
    "close_expected_birth",
    "correct_member",
    "enter_household",
    "expect_birth",
    "leave_household",
    "make_titulaire",
    "note_animals",
    "record_birth",
    "split_household",
    "unite_households",
]
