"""A row of the register: cell by cell, then the cells against each other. Every bad cell of the row is told."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from exchange.reading import amounts, cells, codes, dates
from exchange.reading.columns import Header
from exchange.reading.rows import BadCell, Remark, SituationRow
from exchange.reading.values import BadValue, RawCell, cell_text, is_blank, is_error, shown

T = TypeVar("T")

SEX_OF = {"HOMME": "M", "FEMME": "F"}
SEX_WORD = {"M": "HOMME", "F": "FEMME"}
FAVOURABLE = frozenset({"VALIDEE", "VALIDEE_SOUS_RESERVE"})
STAYS = frozenset({"MAINTIEN_SANS_DETTE", "MAINTIEN_AVEC_DETTE"})
NOT_PRESENTED = frozenset({"NON_PRESENTEE", "NON_RETENUE"})


class Row:
    """The cells of one row, asked by the meaning of their column; what is bad is put aside."""

    def __init__(self, header: Header, values: Sequence[RawCell], file: str, sheet: str, number: int) -> None:
        self.header = header
        self.values = values
        self.file, self.sheet, self.number = file, sheet, number
        self.bad: dict[str, BadCell] = {}
        self.remarks: list[Remark] = []

    def cell(self, meaning: str) -> RawCell:
        """The raw cell; None when the file has no such column or the row stops before it."""
        column = self.header.columns.get(meaning)
        return self.values[column.index] if column and column.index < len(self.values) else None

    def get(self, meaning: str, parse: Callable[[RawCell], T]) -> T | None:
        """The value of a cell, None when it is blank or bad."""
        cell = self.cell(meaning)
        if is_blank(cell):
            return None
        try:
            if is_error(cell):
                raise BadValue("une valeur, et non une erreur de calcul")
            return parse(cell)
        except BadValue as bad:
            self.refuse(meaning, bad.expected)
            return None

    def need(self, meaning: str, parse: Callable[[RawCell], T], expected: str) -> T | None:
        """The same for a cell that may not be empty."""
        value = self.get(meaning, parse)
        if value is None:
            self.refuse(meaning, expected)
        return value

    def refuse(self, meaning: str, expected: str) -> None:
        """Put a bad cell aside; the first reason found for a cell is the one that is told."""
        self.bad.setdefault(
            meaning,
            BadCell(
                self.file,
                self.sheet,
                self.number,
                self.header.name(meaning),
                shown(cell_text(self.cell(meaning))),
                expected,
            ),
        )

    def remark(self, meaning: str, message: str) -> None:
        """Keep the cell, but say something about it."""
        read = shown(cell_text(self.cell(meaning)))
        self.remarks.append(Remark(self.file, self.sheet, self.number, self.header.name(meaning), read, message))

    def is_empty(self, meaning: str) -> bool:
        """Nothing is written there (a bad cell is not empty)."""
        return is_blank(self.cell(meaning))


def read_situation(row: Row, today: dt.date) -> SituationRow | None:
    """The situation of a row, or None when a cell is bad: `row.bad` then tells which."""
    birth, fact = partial(dates.birth_date, today=today), partial(dates.past_date, today=today)
    household_type, sex = _household(row)
    suite, motive, motive_text = _suite(row)
    outcome, outcome_motive = row.get("outcome", lambda cell: codes.outcome(cells.text(cell))) or (None, None)
    reference = row.need("reference", cells.reference, "une référence, comme LDA-2024-001")
    last_name = row.need("last_name", cells.name, "un nom")
    birth_date = row.need("birth_date", birth, dates.EXPECTED)
    situation = SituationRow(
        file=row.file,
        sheet=row.sheet,
        row=row.number,
        reference=reference or "",
        last_name=last_name or "",
        first_name=_first_name(row),
        sex=sex,
        birth_date=birth_date or today,
        household_type=household_type,
        children=_children(row),
        prescripteur=row.get("prescripteur", cells.organisation),
        oriented_on=row.get("oriented_on", fact),
        ethos=row.get("ethos", lambda cell: codes.ethos(cells.text(cell))),
        resource=row.get("resource", lambda cell: codes.resource(cells.text(cell))),
        resources=row.get("resources", amounts.amount),
        rent_debt=row.get("rent_debt", amounts.amount),
        unique_number=_unique_number(row, today),
        evaluated_on=row.get("evaluated_on", fact),
        suite=suite,
        motive=motive,
        motive_text=motive_text,
        seance_on=row.get("seance_on", partial(dates.fact_date, today=today)),
        decision=row.get("decision", cells.coded("decision")),
        landlord=row.get("landlord", cells.organisation),
        lease_signed_on=row.get("lease_signed_on", fact),
        lease_kind=row.get("lease_kind", cells.coded("lease_kind")),
        parc=row.get("parc", cells.coded("parc")),
        measure=_measure(row),
        outcome=outcome,
        outcome_motive=outcome_motive,
        outcome_on=row.get("outcome_on", fact),
        event=row.get("event", cells.coded("event")),
        event_on=row.get("event_on", fact),
    )
    _check_household(row, situation)
    _check_path(row, situation)
    _check_to_come(row, situation, today)
    _look_at_decision(row, situation)
    if birth_date is not None:
        _check_order(row, situation)
    return None if row.bad else situation


def _first_name(row: Row) -> str:
    """A dash says that the person has a single name; an empty cell says nothing and is refused."""
    if row.is_empty("first_name") and cell_text(row.cell("first_name")).strip():
        return ""
    return row.need("first_name", cells.name, "un prénom, ou un tiret si la personne n’en a pas") or ""


def _household(row: Row) -> tuple[str | None, str | None]:
    """Household type and sex of the holder; each may come from the other (« homme isolé », « personne isolée » + F)."""
    told = row.get("household_type", lambda cell: codes.household(cells.text(cell)))
    household = told[0] if told else None
    sex = row.get("sex", cells.coded("sex"))
    if household is None:
        if sex is None and row.is_empty("household_type"):
            row.refuse("sex", "H, F ou X")
        return None, sex
    word, _, rest = household.partition("_")
    if word == "ISOLE":
        household = _generic_household(row, household, sex)
    elif word in SEX_OF and rest:
        sex = sex or SEX_OF[word]
        if sex in SEX_WORD and SEX_OF[word] != sex:
            row.refuse("household_type", f"une composition qui s’accorde avec la colonne « {row.header.name('sex')} »")
    return household, sex


def _children(row: Row) -> int | None:
    """The number of children, else the one that the composition says."""
    counted = row.get("children", amounts.count)
    if counted is not None or not row.is_empty("children") or "household_type" in row.bad:
        return counted
    told = row.get("household_type", lambda cell: codes.household(cells.text(cell)))
    return told[1] if told else None


def _measure(row: Row) -> str | None:
    """The kind of support; one that no list knows is kept as « autre », and said."""

    def known(cell: RawCell) -> str:
        written = cells.text(cell)
        if (found := codes.measure(written)) is None:
            row.remark("measure", "accompagnement gardé comme « autre » : il n’est pas dans la liste")
        return found or "AUTRE"

    return row.get("measure", known)


def _generic_household(row: Row, household: str, sex: str | None) -> str | None:
    """« Personne isolée » becomes a man's or a woman's household. With another sex nothing can be chosen."""
    if sex not in SEX_WORD:
        if "sex" not in row.bad:
            row.refuse("household_type", codes.code_list("household_type").expected())
        return None
    return household.replace("ISOLE", f"{SEX_WORD[sex]}_ISOLE", 1)


def _suite(row: Row) -> tuple[str, str | None, str | None]:
    suite = row.get("suite", cells.coded("suite")) or "EN_ATTENTE"
    adjourned = suite == "AJOURNEE"
    found = row.get("motive", lambda cell: codes.motive(cells.text(cell), adjourned=adjourned))
    if found is not None and suite == "EN_ATTENTE" and not found[0].startswith("AJOURNE"):
        row.remark("motive", "La situation est encore en attente : ce motif n’est pas repris.")
        return suite, None, None
    if found is not None:
        return suite, *found
    if adjourned:
        return suite, "AJOURNE_AUTRE", None
    return suite, "SANS_MOTIF" if suite in NOT_PRESENTED and row.is_empty("motive") else None, None


def _unique_number(row: Row, today: dt.date) -> str | None:
    number = row.get("unique_number", cells.unique_number)
    if number is None:
        return None
    if not cells.is_usual_number(number):
        row.remark("unique_number", "Ce numéro unique n’a pas la forme habituelle de 18 caractères : à vérifier.")
    elif 2000 + int(number[5:7]) > today.year or (
        2000 + int(number[5:7]) == today.year and int(number[3:5]) > today.month
    ):
        row.remark("unique_number", "Ce numéro unique porte une date de demande à venir : à vérifier.")
    return number


def _check_household(row: Row, situation: SituationRow) -> None:
    """« Isolé » or « sans enfant », and children: one of the two cells is wrong."""
    alone = (situation.household_type or "").endswith("SANS_ENFANT")
    if alone and situation.children:
        row.refuse(
            "household_type", f"une composition avec enfants, ou 0 dans la colonne « {row.header.name('children')} »"
        )


def _check_path(row: Row, situation: SituationRow) -> None:
    """What each fact needs beside it. Facts of the past may lack dates; a date may not lack its fact."""
    presented = situation.suite == "PRESENTEE"
    if row.is_empty("seance_on") and (presented or situation.decision):
        fact = "la situation est présentée" if presented else "une décision est écrite"
        row.refuse("seance_on", f"la date de la commission, puisque {fact}")
    if row.is_empty("evaluated_on") and not (presented and not row.is_empty("seance_on")):
        row.refuse("evaluated_on", "la date de l’évaluation")
    for date, fact, expected in (
        ("lease_signed_on", "lease_kind", "le type de bail, puisque sa date est écrite"),
        ("outcome_on", "outcome", "le suivi constaté, puisque sa date est écrite"),
        ("event_on", "event", "l’évènement, puisque sa date est écrite"),
    ):
        if row.is_empty(fact) and not row.is_empty(date):
            row.refuse(fact, expected)


def _check_to_come(row: Row, situation: SituationRow, today: dt.date) -> None:
    """A séance may be announced; what it decides, and what follows, may not. One may be withdrawn before it."""
    if situation.seance_on is None or situation.seance_on <= today:
        return
    if situation.decision not in (None, "RETIREE"):
        row.refuse("decision", "une case vide, puisque la commission est à venir")
    if situation.lease_kind or situation.outcome:
        fact = "un bail" if situation.lease_kind else "un suivi"
        row.refuse("seance_on", f"une date passée, puisque la ligne porte {fact}")


def _look_at_decision(row: Row, situation: SituationRow) -> None:
    """A home without the decision that gives it: kept as written, and said."""
    stays = situation.outcome in STAYS
    if situation.decision in FAVOURABLE or not (situation.lease_kind or stays):
        return
    fact = " et ".join(["un bail"] * bool(situation.lease_kind) + ["un maintien"] * stays)
    meaning = "decision" if situation.decision else "suite"
    row.remark(meaning, f"La ligne porte {fact} sans décision favorable de la commission : à vérifier.")


def _check_order(row: Row, situation: SituationRow) -> None:
    """Nothing happens before the holder is born."""
    for meaning in ("oriented_on", "evaluated_on", "seance_on", "lease_signed_on", "outcome_on", "event_on"):
        day: dt.date | None = getattr(situation, meaning)
        if day is not None and day < situation.birth_date:
            row.refuse(meaning, "une date après la naissance")
