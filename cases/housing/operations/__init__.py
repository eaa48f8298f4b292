"""What people do with leases: one verb, one transaction."""

from cases.housing.operations.leases import (
    LETS,
    SEARCHING,
    NewLease,
    awaiting,
    enter_dwelling,
    possible_outcomes,
    record_outcome,
    sign_lease,
)
from cases.housing.operations.past import (
    Ending,
    PastLease,
    correct_past_lease,
    is_another_lease,
    is_before,
    record_past_lease,
    record_past_outcome,
    why_not_outcome,
    why_not_signed_on,
)

__all__ = [
    "LETS",
    "SEARCHING",
    "Ending",
    "NewLease",
    "PastLease",
    "awaiting",
    "correct_past_lease",
    "enter_dwelling",
    "is_another_lease",
    "is_before",
    "possible_outcomes",
    "record_outcome",
    "record_past_lease",
    "record_past_outcome",
    "sign_lease",
    "why_not_outcome",
    "why_not_signed_on",
]
