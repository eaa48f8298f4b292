"""Letters of a dossier: what may be written now, a draft to look at, the letter itself, the day it left."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.grants import require
from accounts.models import User
from accounts.operations import siao
from audit import journal
from cases.dossiers.models import (
    Dossier,
    DossierEvent,
    EventKind,
    How,
    LetterKind,
    Participant,
    PersonRole,
    SentLetter,
    Source,
    State,
)
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.letters import texts
from cases.dossiers.operations.letters.facts import Asked, Decided, Decision, Facts, Person
from cases.dossiers.operations.letters.words import (
    DRAFT,
    EASY,
    NO_LETTER,
    compose,
    why_of,
)
from cases.dossiers.operations.notice import EASY as EASY_NOTICE
from cases.dossiers.operations.notice import NOTICE
from core.documents import render
from core.errors import OperationRefused
from core.locking import lock

CHARTER = 1  # of the templates: a letter made under another is drawn under it
K = LetterKind
TOLD_BY_STATE = {
    State.AJOURNE: Decided.PUT_OFF,
    State.NON_RETENU: Decided.NOT_RETAINED,
    State.VALIDE: Decided.ADMITTED,
    State.EN_RECHERCHE: Decided.ADMITTED,  # the search may begin before the letter leaves
    State.A_COMPLETER: Decided.PIECES,
}
# a decision of the commission, whose list this app does not know: its code alone
ADMITTED, ADMITTED_ON_CONDITION = "VALIDEE", "VALIDEE_SOUS_RESERVE"
WITH_PIECES = frozenset({K.PIECES, K.PIECES_FALC})
WITH_WHY = frozenset({K.DECISION, K.DECISION_FALC})
MOST_PIECES = 20


class Desk:
    """What letters of one dossier can be made of, read once: facts, the decision to tell, its motive."""

    def __init__(self, dossier: Dossier, *, today: date) -> None:
        self.dossier = dossier
        self.event = _last_decision(dossier)
        self.motive = self.event.motive if self.event else None
        self.decision = _decision(dossier, self.event)
        member = Participant.objects.select_related("person").get(dossier=dossier, role=PersonRole.TITULAIRE)
        self.person = member.person
        self.today = today

    def facts(self, kind: LetterKind) -> tuple[Facts, dict[str, int]]:
        """What the letter is made of, and the version of each text it takes."""
        legal = texts.text_of(texts.LEGAL)
        code = EASY_NOTICE if kind in EASY else NOTICE
        information = texts.text_of(code, telephone=settings.CONTACT_PHONE)
        dossier, person = self.dossier, self.person
        facts = Facts(
            reference=dossier.reference,
            person=Person(person.first_name, person.last_name or "", person.sex),
            today=self.today,
            sender=siao().name,
            phone=settings.CONTACT_PHONE,
            referent=str(dossier.referent) if dossier.referent else "",
            prescripteur=dossier.prescripteur.name if dossier.prescripteur else "",
            decision=self.decision,
            legal=legal.told,
            information=information.told,
        )
        return facts, {texts.LEGAL: legal.version, code: information.version}

    @property
    def offered(self) -> list[LetterKind]:
        """The letters that make sense now, those of the decision first. Nobody is written to after a death."""
        if self.motive in NO_LETTER:
            return []
        found: list[LetterKind] = []
        what = self.decision.what if self.decision else None
        if what is Decided.PIECES:
            found += [K.PIECES, K.PIECES_FALC]
        elif what is not None:
            found += [K.DECISION, K.DECISION_FALC]
        if what is not None and self.dossier.prescripteur_id:
            found.append(K.PRESCRIPTEUR)
        if self.dossier.state == State.CLOS:
            return found
        may_lack = what is not Decided.PIECES and self.dossier.state in (State.EN_EVALUATION, State.AJOURNE)
        return [*found, *([K.PIECES, K.PIECES_FALC] if may_lack else []), K.INFORMATION, K.INFORMATION_FALC]

    @property
    def why(self) -> str:
        """The reason that the form offers."""
        return why_of(self.motive) if self.decision and self.decision.what is not Decided.ADMITTED else ""

    @property
    def reserve(self) -> str:
        """What the commission asks for, in the words of its decision, as the form offers them."""
        return (self.decision.reserve or "") if self.decision else ""

    @property
    def pieces(self) -> list[str]:
        """The pieces last asked for, as the form offers them."""
        noted = self.event.note if self.decision and self.decision.what is Decided.PIECES and self.event else ""
        return pieces_in(noted or "")


def draft(desk: Desk, kind: LetterKind, asked: Asked) -> dict[str, Any]:
    """The letter as it would be, under its band. Raises `OperationRefused` for what it lacks."""
    facts, _ = desk.facts(kind)
    _require_whole(desk, kind, asked)
    return compose(kind, facts, asked) | {"band": DRAFT}


@transaction.atomic
def make_letter(dossier_id: UUID, kind: LetterKind, asked: Asked, *, by: User) -> SentLetter:
    """Freeze a letter: its words no longer change. Raises `OperationRefused` while the law's text is empty."""
    dossier = lock(Dossier.objects, dossier_id)
    require(by, INSTRUCT, dossier)
    desk = Desk(dossier, today=timezone.localdate())
    facts, versions = desk.facts(kind)
    _require_whole(desk, kind, asked)
    if facts.legal is None:
        raise OperationRefused(texts.NO_LEGAL_TEXT)
    content = {"charter": CHARTER, "template": "letter", "data": compose(kind, facts, asked), "texts": versions}
    letter = SentLetter(
        subject_id=desk.person.pk,
        dossier=dossier,
        kind=kind,
        about=desk.event if kind not in (K.INFORMATION, K.INFORMATION_FALC) else None,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True),
        produced_at=timezone.now(),
        produced_by=by,
    )
    letter.save(force_insert=True)
    journal.record("letter.made", target=letter.pk, dossier=dossier.pk, by=by, kind=kind.value)
    return letter


@transaction.atomic
def mark_sent(letter_id: UUID, *, how: How, on: date, by: User) -> SentLetter:
    """The letter was handed over, or posted, on that day. Raises `OperationRefused` when it had left already."""
    letter = lock(SentLetter.objects, letter_id)
    require(by, INSTRUCT, letter.dossier)
    if letter.sent_at is not None:
        raise OperationRefused("Ce courrier est déjà noté comme parti.")
    if how not in (How.HANDED, How.POST):
        raise OperationRefused("Dites si le courrier a été remis ou posté.")
    if on > timezone.localdate() or on < timezone.localdate(letter.produced_at):
        raise OperationRefused(
            "Écrivez le jour du départ : ni avant que le courrier soit établi, ni après aujourd’hui."
        )
    letter.how, letter.sent_on, letter.sent_at, letter.sent_by = how, on, timezone.now(), by
    letter.save(update_fields=["how", "sent_on", "sent_at", "sent_by"])
    journal.record("letter.sent", target=letter.pk, dossier=letter.dossier_id, by=by, kind=letter.kind, how=how.value)
    return letter


def pdf_of(letter: SentLetter) -> bytes:
    """The file of a letter: the same each time it is asked."""
    return draw(told_in(letter)["data"], at=letter.produced_at)


def draw(data: dict[str, Any], *, at: datetime) -> bytes:
    """A letter, or its draft, on paper."""
    return render("letter", data, at=at)


def told_in(letter: SentLetter) -> dict[str, Any]:
    """The frozen content, opened."""
    told: dict[str, Any] = json.loads(letter.content)
    return told


def pieces_in(text: str) -> list[str]:
    """One piece a line; on one line, those that semicolons or commas part."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = lines[0].replace(";", ",").split(",")
    return [piece for line in lines if (piece := line.strip(" \t-•.").strip())]


def _require_whole(desk: Desk, kind: LetterKind, asked: Asked) -> None:
    if kind not in desk.offered:
        raise OperationRefused("Ce courrier n’a pas lieu d’être dans l’état du dossier : rechargez la page.")
    if kind in WITH_PIECES and not asked.pieces:
        raise OperationRefused("Écrivez les pièces qui manquent, une par ligne.")
    if len(asked.pieces) > MOST_PIECES:
        raise OperationRefused(f"Gardez {MOST_PIECES} pièces au plus : demandez les autres ensuite.")
    owes_why = desk.decision is not None and desk.decision.what in (Decided.PUT_OFF, Decided.NOT_RETAINED)
    if kind in WITH_WHY and owes_why and not asked.why.strip():
        raise OperationRefused("Écrivez en une phrase pourquoi : le ménage doit pouvoir le comprendre.")
    owes_reserve = desk.decision is not None and desk.decision.is_conditional
    if kind in WITH_WHY and owes_reserve and not asked.reserve.strip():
        raise OperationRefused("Écrivez ce que la commission demande : sans cela, le ménage lirait un simple oui.")


def _last_decision(dossier: Dossier) -> DossierEvent | None:
    """What the dossier's present state was decided by, when it was decided here."""
    told = DossierEvent.objects.standing().filter(dossier=dossier, source=Source.ACT)
    if dossier.state == State.A_COMPLETER:
        asked = told.filter(kind=EventKind.STATE).order_by("-recorded_at", "-pk").first()
        return asked if asked is not None and asked.detail == State.A_COMPLETER else None
    if dossier.state not in TOLD_BY_STATE:
        return None
    return told.filter(kind__in=[EventKind.INSTRUCTION, EventKind.DECISION]).order_by("-recorded_at", "-pk").first()


def _decision(dossier: Dossier, event: DossierEvent | None) -> Decision | None:
    what = TOLD_BY_STATE.get(State(dossier.state))
    if what is None or event is None:
        return None
    by_commission = event.kind == EventKind.DECISION
    leases = DossierEvent.objects.standing().filter(dossier=dossier, kind=EventKind.LEASE)
    if what is Decided.ADMITTED and (not tells_admission(event) or is_history(event, leases)):
        return None
    reserve = event.note or "" if what is Decided.ADMITTED and event.detail == ADMITTED_ON_CONDITION else None
    return Decision(what, event.on, dossier.review_on, by_commission, reserve)


def tells_admission(event: DossierEvent) -> bool:
    """Did the commission admit by this decision? One that a register brings later is told by nobody."""
    return event.kind == EventKind.DECISION and event.detail in (ADMITTED, ADMITTED_ON_CONDITION)


def is_history(decision: DossierEvent, leases: Iterable[DossierEvent]) -> bool:
    """Was a lease signed since this decision? By their days; by when they were recorded, on one day or without one."""
    return any(
        lease.on > decision.on
        if lease.on and decision.on and lease.on != decision.on
        else lease.recorded_at > decision.recorded_at
        for lease in leases
    )
