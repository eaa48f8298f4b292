"""What a book keeps of a life once it is told: its request, its leases, its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from cases.dossiers.models import HoldCode, HousingRequest, Source
from cases.dossiers.operations.indexing import Known
from cases.housing.models import Lease, Parc
from exchange.population.drafts import Draft, Open
from exchange.population.sheets import fields_of

if TYPE_CHECKING:
    from exchange.population.book import Book

ACT = Source.ACT.value
_NUMBER, _REASON = fields_of(HousingRequest, "number", "missing_reason")
(_OUTCOME,) = fields_of(Lease, "outcome")


def keep_request(book: Book, draft: Draft) -> None:
    """The housing request of the titulaire."""
    told, pk, person = draft.told, uuid4(), draft.titulaire
    number, reason = (told.unique_number, told.missing_reason) if told else (None, None)
    if number is not None:
        book.print_person(person, Known((), numbers=(number,)))
    book.requests.add(
        pk,
        person,
        draft.id,
        person,
        None if number is None else _NUMBER.seal(number, person, pk),
        None if reason is None else _REASON.seal(reason, person, pk),
        told.renewed_on if told else None,
        draft.created,
    )


def keep_lease(book: Book, draft: Draft, lease: Open) -> None:
    """A lease, and what holds the dossier meanwhile."""
    subject = draft.household
    book.leases.add(
        lease.id,
        subject,
        draft.id,
        lease.code,
        (Parc.PRIVE if lease.private else Parc.PUBLIC).value,
        lease.body,
        lease.state,
        lease.began_on,
        lease.entered_on,
        lease.ended_on,
        None if lease.outcome is None else _OUTCOME.seal(lease.outcome, subject, lease.id),
        ACT,
        lease.created,
    )
    book.holds.add(uuid4(), draft.id, HoldCode.LEASE.value, lease.id, lease.held, lease.released)


def keep_measure(book: Book, draft: Draft, m: Open) -> None:
    """A measure, what holds the dossier, and what its team sees."""
    book.measures.add(m.id, draft.id, m.code, m.body, m.state, m.began_on, m.ended_on, ACT, m.created)
    book.holds.add(uuid4(), draft.id, HoldCode.MEASURE.value, m.id, m.held, m.released)
    if m.team is not None:
        book.grant(draft, m.team, m.granted, m.revoked, "measure")
