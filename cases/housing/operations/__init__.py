"""What people do with leases: one verb, one transaction."""

from cases.housing.operations.leases import LETS, SEARCHING, NewLease, enter_dwelling, record_outcome, sign_lease
from cases.housing.operations.past import (
    Ending,
    PastLease,
    correct_past_lease,
    record_past_lease,
    record_past_outcome,
)

__all__ = [
    "LETS",
    "SEARCHING",
    "Ending",
    "NewLease",
    "PastLease",
    "correct_past_lease",
    "enter_dwelling",
    "record_outcome",
    "record_past_lease",
    "record_past_outcome",
    "sign_lease",
]
