"""What the members of a séance are told of a household, and until when, as `commission.operations` tells it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid4

from django.utils import timezone

from cases.dossiers.models import Adhesion
from commission.models import Fiche
from commission.operations import POSITIONED, SEANCE, closes_at, is_told, told
from exchange.population.book import Book
from exchange.population.drafts import Draft
from exchange.population.sheets import fields_of
from exchange.population.words import answers_of


def tell_members(
    book: Book, draft: Draft, examen: UUID, seance: UUID, held_on: date, *, teams: Collection[int]
) -> int | None:
    """The fiche of an examen, open to these teams for as long as the séance is near; its version when there is one."""
    if not is_told(held_on):
        return None
    answers, pk, subject = draft.told, uuid4(), draft.household
    if answers is None:
        raise ValueError("a household is evaluated before it is enrolled")
    wishes = told.wishes_in(answers_of(answers), book.communes)
    amount, housing = told.resources(answers.resources), told.housing(answers.ethos)
    book.fiches.add(
        pk,
        subject,
        examen,
        draft.id,
        seance,
        1,
        draft.life.reference,
        draft.presented + 1,
        draft.evaluated_on,
        told.request_until(answers.renewed_on),
        _AGE.seal(told.age_band(draft.life.titulaire.birth_date, held_on), subject, pk),
        _TYPE.seal(answers.household_type.value, subject, pk),
        _CHILDREN.seal(str(answers.children), subject, pk),
        _INCOME.seal(told.income(answers.resource), subject, pk),
        None if amount is None else _RESOURCES.seal(amount, subject, pk),
        _DEBT.seal(answers.rent_debt, subject, pk),
        None if housing is None else _HOUSING.seal(housing, subject, pk),
        _ADHESION.seal((Adhesion.OUI if answers.wants else Adhesion.NON).value, subject, pk),
        *(field.seal(wishes[name], subject, pk) if name in wishes else None for name, field in _WISHES.items()),
        _PAPERS.seal("0", subject, pk),
        book.clock.tick(),
    )
    book.entry(draft, "fiche.told", str(pk), '{"version":1}')
    give(book, examen, held_on, teams=teams, reason=SEANCE)
    return 1


def give_to_positioned(book: Book, examen: UUID, held_on: date, team: int) -> None:
    """The landlord that volunteers reads it longer."""
    give(book, examen, held_on, teams=[team], reason=POSITIONED)


def give(book: Book, examen: UUID, held_on: date, *, teams: Collection[int], reason: str) -> None:
    """These teams read the fiche of the examen, unless that is over."""
    until = closes_at(held_on, reason)
    if until > timezone.now():
        for team in teams:
            book.examen_grants.add(
                uuid4(), book.view_examen, team, examen, book.clock.tick(), until.isoformat(), reason, None
            )


WISHES = ("communes", "sizes", "floor", "access", "animals", "priority", "debt_plan", "support")
_AGE, _TYPE, _CHILDREN, _INCOME = fields_of(Fiche, "age_band", "household_type", "children", "income")
_RESOURCES, _DEBT, _HOUSING, _ADHESION = fields_of(Fiche, "resources", "rent_debt", "housing", "adhesion")
_WISHES = dict(zip(WISHES, fields_of(Fiche, *WISHES), strict=True))
(_PAPERS,) = fields_of(Fiche, "papers")
