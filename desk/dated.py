"""What has a day: the lines of « À faire » that come from dates, each with its reason and its one button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, Reminder, State
from cases.dossiers.models.requests import Validity
from cases.dossiers.operations.clocks import Clocks
from cases.dossiers.operations.endings import DayEnding, IncomeEnding, PieceEnding
from cases.dossiers.operations.pieces import PieceAwaited
from cases.dossiers.operations.requests import RequestEnding
from cases.dossiers.operations.silence import Silent
from cases.dossiers.views.requests import RENEW, request_told
from cases.dossiers.views.words import capitalised
from core.typography import NBSP, agree, day_and_month
from vault.asking import Keys, Question, together
from vault.models import KeyClass

AHEAD = timedelta(days=60)  # how far ahead the page looks
MANY = 100  # lines of one source; more are said, not shown


class Kind(Enum):
    """What is to be done, in words that a number comes before."""

    REVIEW = "réexamen"
    CLOCK = "évaluation à finir,évaluations à finir"
    REQUEST = "demande de logement à renouveler,demandes de logement à renouveler"
    PIECE = "pièce attendue,pièces attendues"
    EXPIRY = "pièce à renouveler,pièces à renouveler"
    PERMIT = "titre à renouveler,titres à renouveler"
    PLACE = "départ à préparer,départs à préparer"
    INCOME = "ressource qui finit,ressources qui finissent"
    REMINDER = "rappel"
    LETTER = "décision à annoncer par écrit,décisions à annoncer par écrit"
    SILENCE = "dossier sans nouvelles,dossiers sans nouvelles"


@dataclass(frozen=True, slots=True)
class Dated:
    """A dossier, the day by which something is to be done on it, why in one sentence, and the button."""

    kind: Kind
    dossier: Dossier
    on: date
    why: str
    icon: str
    action: str
    url: str
    pressing: bool = False  # not late yet, and soon too late
    when: str = ""  # instead of the day, where another word says more
    reminder: Reminder | None = None  # its words say why: they are opened where the line is drawn, not where it counts

    @property
    def sentence(self) -> str:
        """Why, as it is shown."""
        return self.why if self.reminder is None else f"Vous vouliez y penser : {self.reminder.text}"


Lines = Question[list[Dated]]
Source = Callable[[User, date], Lines]


def dated_for(user: User, today: date, sources: Sequence[Source] | None = None) -> Question[tuple[list[Dated], bool]]:
    """Every line of these sources (of all), the earliest first; and whether one of them has more than is shown."""
    told = yield from together(*(source(user, today) for source in (SOURCES if sources is None else sources)))
    found = [line for lines in told for line in lines[:MANY]]
    return sorted(found, key=lambda line: (line.on, line.dossier.reference)), any(len(lines) > MANY for lines in told)


def warm(lines: Sequence[Dated]) -> Question[None]:
    """The keys of the words that these lines will open."""
    yield Keys.of([line.reminder.subject_id for line in lines if line.reminder is not None], KeyClass.SOCIAL)


def _reviews(user: User, today: date) -> Lines:
    found = yield from dossiers.reviews_until(user, today + AHEAD, most=MANY + 1)
    return [_review(each, each.review_on or today, today) for each in found]


def _review(dossier: Dossier, on: date, today: date) -> Dated:
    why = "La date de réexamen est passée." if on < today else "Ajourné : date de réexamen à tenir."
    url = reverse("dossiers:act", args=[dossier.pk, "reexamine"])
    return Dated(Kind.REVIEW, dossier, on, why, "pause-circle", "Réexaminer", url)


def _requests(user: User, today: date) -> Lines:
    found = yield from dossiers.requests_ending(user, today, most=MANY + 1)
    return [_request(each, today) for each in found]


def _request(ending: RequestEnding, today: date) -> Dated:
    dossier, term = ending.dossier, ending.term
    why = f"a demande de logement social {request_told(term, today)}."
    url = reverse("dossiers:renew", args=[dossier.pk])
    pressing = ending.validity is Validity.NEAR and ending.is_pressing(today)
    icon, why = ("exclamation-triangle", f"Pressant : s{why}") if pressing else ("hourglass-split", f"S{why}")
    return Dated(Kind.REQUEST, dossier, term.valid_until, why, icon, RENEW, url, pressing)


def _clocks(user: User, today: date) -> Lines:
    found = yield from dossiers.evaluation_clocks(user, most=MANY + 1)
    return [_clock(each) for each in found]


def _clock(clocks: Clocks) -> Dated:
    is_whole = clocks.flash.done_at is not None
    why = "Évaluation complète attendue en deux mois." if is_whole else "Évaluation flash attendue en 72 heures."
    name = "dossiers:evaluation" if is_whole else "dossiers:evaluation_flash"
    url = reverse(name, args=[clocks.dossier.pk])
    return Dated(Kind.CLOCK, clocks.dossier, timezone.localdate(clocks.next_due), why, "alarm", "Évaluer", url)


def _pieces(user: User, today: date) -> Lines:
    found = yield from dossiers.pieces_awaited(user, today, most=MANY + 1)
    return [_piece(each, today) for each in found]


def _piece(awaited: PieceAwaited, today: date) -> Dated:
    asked = day_and_month(awaited.request.asked_on, today=today)
    why = f"Pièce demandée le {asked}, pas encore arrivée : {awaited.kind.label}."
    url = reverse("dossiers:documents", args=[awaited.dossier.pk])
    return Dated(Kind.PIECE, awaited.dossier, awaited.request.due_on, why, "file-earmark-x", "Voir les pièces", url)


def _expiries(user: User, today: date) -> Lines:
    found = yield from dossiers.pieces_ending(user, today, most=MANY + 1)
    return [_expiry(each, today) for each in found]


def _expiry(ending: PieceEnding, today: date) -> Dated:
    day = day_and_month(ending.on, today=today)
    why = f"Pièce périmée depuis le {day}" if ending.on < today else f"Pièce valable jusqu’au {day}"
    url = reverse("dossiers:ask_pieces", args=[ending.dossier.pk])
    told = f"{why} : {ending.kind.label}."
    return Dated(Kind.EXPIRY, ending.dossier, ending.on, told, "file-earmark-x", "Demander la pièce", url)


def _days(user: User, today: date) -> Lines:
    found = yield from dossiers.days_ending(user, today)
    return [_day(each, today) for each in found]


def _day(ending: DayEnding, today: date) -> Dated:
    line = _permit if ending.day is dossiers.Day.PERMIT else _place
    return line(ending.dossier, ending.on, day_and_month(ending.on, today=today), today)


def _permit(dossier: Dossier, on: date, day: str, today: date) -> Dated:
    url, action, icon = _step(dossier, "administratif"), "Ouvrir l’évaluation", "calendar-event"
    if on < today:
        why = f"Titre de séjour ou récépissé fini le {day} : vérifiez s’il est renouvelé."
        return Dated(Kind.PERMIT, dossier, on, why, icon, action, url)
    why = f"titre de séjour ou récépissé valable jusqu’au {day} : son renouvellement se demande deux mois avant."
    if on <= today + AHEAD:
        return Dated(Kind.PERMIT, dossier, on, f"Pressant : {why}", "exclamation-triangle", action, url, pressing=True)
    return Dated(Kind.PERMIT, dossier, on, capitalised(why), icon, action, url)


def _place(dossier: Dossier, on: date, day: str, today: date) -> Dated:
    gone = f"Le ménage devait partir de là où il était le {day} : vérifiez où il est."
    why = gone if on < today else f"Le ménage doit partir de là où il est avant le {day}."
    url = _step(dossier, "logement")
    return Dated(Kind.PLACE, dossier, on, why, "box-arrow-right", "Ouvrir l’évaluation", url)


def _incomes(user: User, today: date) -> Lines:
    found = yield from dossiers.incomes_ending(user, today, most=MANY + 1)
    return [_income(each, today) for each in found]


def _income(ending: IncomeEnding, today: date) -> Dated:
    day = day_and_month(ending.on, today=today)
    over = f"Une ressource du ménage a fini le {day} : vérifiez ce qui suit."
    why = over if ending.on < today else f"Une ressource du ménage finit le {day}."
    url = _step(ending.dossier, "ressources")
    return Dated(Kind.INCOME, ending.dossier, ending.on, why, "wallet2", "Ouvrir l’évaluation", url)


def _step(dossier: Dossier, code: str) -> str:
    return reverse("dossiers:evaluation_step", args=[dossier.pk, code])


def _reminders(user: User, today: date) -> Lines:
    found = yield from dossiers.reminders_until(user, today + AHEAD, most=MANY + 1)
    return [_reminder(each) for each in found]


def _reminder(row: Reminder) -> Dated:
    url = f"{row.dossier.get_absolute_url()}#savoir"
    return Dated(Kind.REMINDER, row.dossier, row.due_on, "", "alarm", "Voir", url, reminder=row)


def _letters(user: User, today: date) -> Lines:
    found = yield from dossiers.letters_waiting(user, most=MANY + 1)
    return [_letter(each, _decided(each) or today, today) for each in found]


def _decided(dossier: Dossier) -> date | None:
    """The search may have begun since."""
    return dossier.decided_on if dossier.state == State.EN_RECHERCHE else dossier.state_on


def _letter(dossier: Dossier, on: date, today: date) -> Dated:
    why = "Le ménage n’a pas encore reçu la décision par écrit."
    when = f"décidé le {day_and_month(on, today=today)}"
    url = reverse("dossiers:letters", args=[dossier.pk])
    return Dated(Kind.LETTER, dossier, max(on, today), why, "envelope-paper", "Voir les courriers", url, when=when)


def _silences(user: User, today: date) -> Lines:
    found = yield from dossiers.silent_for_long(user, today, most=MANY + 1)
    return [_silence(each, today) for each in found]


def _silence(silent: Silent, today: date) -> Dated:
    days = silent.days(today)
    why = f"Aucun acte, aucune pièce, aucun courrier depuis {days}{NBSP}{agree(days, 'jour')}."
    when = f"sans nouvelles depuis le {day_and_month(silent.last_on, today=today)}"
    return Dated(
        Kind.SILENCE, silent.dossier, today, why, "telephone-x", "Ouvrir", silent.dossier.get_absolute_url(), when=when
    )


# one line here for each kind of date that calls for something
SOURCES: tuple[Source, ...] = (
    *(_reviews, _clocks, _requests, _pieces),
    *(_expiries, _days, _incomes),
    *(_reminders, _letters, _silences),
)
