"""A situation before the commission: on the agenda, presented, decided or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.grants import require
from accounts.models import Organisation, OrganisationKind, User
from audit import journal
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, EventKind, Motive, MotiveLevel, Purpose, State
from cases.dossiers.operations import Audience, NewFact, audiences
from cases.dossiers.operations.acts import INSTRUCT
from commission.models import DECISIONS, ON_AGENDA, VALIDATED, Examen, ExamenState, Fiche, Seance, SeanceState
from commission.operations.agenda import keep_open, let_go, take_off
from commission.operations.fiches import follow, has_lease, shown_version
from commission.operations.grants import give_to_positioned, take_back
from commission.operations.past import take_snapshot
from commission.operations.seances import RUN, is_open_to_enrolment
from core import outbox
from core.errors import OperationRefused
from core.locking import lock

NOT_AGREED = (
    "Le ménage a retiré son accord pour être présenté aux bailleurs : sa situation ne se présente pas. Demandez-le-lui "
    "de nouveau et notez-le dans l’évaluation, ou retirez la situation de l’ordre du jour."
)
MOTIVES_OF = {
    ExamenState.AJOURNEE_SEANCE: (MotiveLevel.AJOURNE,),
    ExamenState.NON_VALIDEE: (MotiveLevel.NON_PRESENTE, MotiveLevel.NON_RETENU),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the commission says of a situation; `motive` is a code, `note` the reserve or a precision."""

    state: ExamenState
    motive: str = ""
    note: str = ""
    review_on: date | None = None
    landlord: Organisation | None = None


@transaction.atomic
def enrol(dossier_id: UUID, seance_id: UUID, *, by: User | None) -> Examen:
    """Put a ready situation on the agenda of a séance that has not begun. By the SIAO or by who runs the séance."""
    seance = lock(Seance.objects, seance_id)
    dossier = lock(Dossier.objects, dossier_id)
    require(by, RUN if by is not None and by.has_perm(RUN) else INSTRUCT, dossier)
    if not is_open_to_enrolment(seance):
        raise OperationRefused("L’ordre du jour de cette séance n’est plus ouvert : choisissez la suivante.")
    if dossier.state != State.PRET:
        raise OperationRefused("Ce dossier n’est pas prêt à présenter : terminez d’abord sa préparation.")
    dossiers.require_conditions(dossier, "declare_ready", on=min(timezone.localdate(), seance.held_on))
    other = Examen.objects.filter(dossier=dossier).active().select_related("seance").first()
    if other is not None:
        raise OperationRefused(f"Ce dossier est déjà à l’ordre du jour du {other.seance.held_on:%d/%m/%Y}.")
    last = seance.examens.aggregate(last=Max("rank"))["last"] or 0
    examen = Examen(dossier=dossier, seance=seance, rank=last + 1, created_at=timezone.now())
    examen.save(force_insert=True)
    keep_open(examen, by=by)
    journal.record("examen.enrolled", target=examen.pk, dossier=dossier.pk, by=by)
    follow(seance, by=by, examens=[examen])
    return examen


@transaction.atomic
def present_examen(examen_id: UUID, *, by: User | None) -> Examen:
    """The situation is presented to the members: its fiche is frozen, with the household’s age on that day.

    Raises `OperationRefused` when the household took back its agreement to be shown to landlords.
    """
    examen = _in_session(examen_id, by)
    if _audience(examen).is_empty:
        raise OperationRefused(NOT_AGREED)
    examen.present()
    follow(examen.seance, by=by, examens=[examen])
    examen.shown_version = shown_version(examen)
    examen.save(update_fields=["state", "shown_version"])
    dossiers.present(examen.dossier_id, by=by, on=examen.seance.held_on)
    take_snapshot(examen, version=1)
    journal.record("examen.presented", target=examen.pk, dossier=examen.dossier_id, by=by)
    outbox.enqueue("seance.changed", seance=str(examen.seance_id))
    return examen


@transaction.atomic
def decide(examen_id: UUID, decision: Decision, *, by: User | None) -> Examen:
    """The commission has decided; the dossier follows.

    Raises `OperationRefused` outside an open séance, and when a reason or a date is missing.
    """
    examen = _in_session(examen_id, by)
    _check(decision, examen.seance.held_on)
    on = examen.seance.held_on
    move = {
        ExamenState.VALIDEE: examen.validate,
        ExamenState.VALIDEE_SOUS_RESERVE: examen.validate_with_reserve,
        ExamenState.AJOURNEE_SEANCE: examen.adjourn,
        ExamenState.NON_VALIDEE: examen.refuse,
    }[decision.state]
    move(on=on)
    examen.positioned_landlord = decision.landlord
    examen.save(update_fields=["state", "decided_on", "positioned_landlord"])
    told = NewFact(
        EventKind.DECISION,
        on,
        detail=decision.state,
        motive=decision.motive or None,
        note=decision.note.strip() or None,
    )
    if decision.state in VALIDATED:
        landlord_id = decision.landlord.pk if decision.landlord else None
        dossiers.admit(examen.dossier_id, by=by, on=on, told=told, landlord_id=landlord_id)
        if decision.landlord:
            give_to_positioned(examen, since=on, by=by)
    elif decision.state == ExamenState.AJOURNEE_SEANCE:
        dossiers.adjourn_in_session(examen.dossier_id, by=by, on=on, review_on=decision.review_on, told=told)
    else:
        dossiers.refuse_in_session(examen.dossier_id, by=by, on=on, told=told)
    let_go(examen, by=by)
    journal.record("examen.decided", target=examen.pk, dossier=examen.dossier_id, by=by, state=decision.state.value)
    outbox.enqueue("seance.changed", seance=str(examen.seance_id))
    return examen


@transaction.atomic
def withdraw_examen(examen_id: UUID, *, by: User | None) -> Examen:
    """Take a situation off the agenda: before the opening it was not presented, afterwards it waits for another one.

    By the SIAO or by who runs the séance; once presented, by the latter alone.
    """
    examen = _locked(examen_id)
    is_presented, runs = examen.state == ExamenState.PRESENTEE, by is not None and by.has_perm(RUN)
    require(by, RUN if runs or is_presented else INSTRUCT, examen.dossier)
    if is_presented:
        _require_open(examen.seance)
        examen.withdraw_in_session()
        examen.save(update_fields=["state"])
        take_back([examen])
        if examen.dossier.state == State.EN_COMMISSION:  # one that was closed meanwhile stays closed
            dossiers.withdraw(examen.dossier_id, by=by, on=examen.seance.held_on)
        let_go(examen, by=by)
    else:
        take_off(examen, by=by)
    journal.record("examen.withdrawn", target=examen.pk, dossier=examen.dossier_id, by=by)
    outbox.enqueue("seance.changed", seance=str(examen.seance_id))
    return examen


@transaction.atomic
def extend_positioned(examen_id: UUID, *, by: User | None) -> Examen:
    """The search goes on: the landlord that volunteered reads the fiche six months from today. By the SIAO."""
    examen = _locked(examen_id)
    require(by, INSTRUCT, examen.dossier)
    if why := why_not_extend(examen):
        raise OperationRefused(why)
    give_to_positioned(examen, since=timezone.localdate(), by=by)
    journal.record("examen.extended", target=examen.pk, dossier=examen.dossier_id, by=by)
    return examen


def why_not_extend(examen: Examen) -> str:
    """Why the landlord’s reading cannot be extended; empty when it can."""
    if examen.state not in VALIDATED or examen.positioned_landlord_id is None:
        return "Aucun bailleur ne s’est positionné à ce passage."
    if examen.dossier.state not in (State.VALIDE, State.EN_RECHERCHE) or has_lease(examen.dossier):
        return "La recherche est terminée : la fiche n’a plus à rester ouverte au bailleur."
    if examen.dossier.is_protected:
        return "Ce dossier est protégé : il se présente à l’oral, aucun membre n’en lit de fiche."
    if not _audience(examen).lets(examen.positioned_landlord_id):
        return (
            "Le ménage n’est pas d’accord pour être présenté à ce bailleur : demandez-le-lui, et notez sa réponse dans "
            "l’évaluation."
        )
    if not Fiche.objects.filter(examen=examen).exists():
        return "Ce passage est trop ancien : aucune fiche n’en a été établie."
    return ""


def may_withdraw(examen: Examen, user: User) -> bool:
    """Whether `withdraw_examen` would be accepted from this person, who sees the dossier: what pages offer."""
    if examen.state in ON_AGENDA:
        return user.has_perm(INSTRUCT) or user.has_perm(RUN)
    is_presented = examen.state == ExamenState.PRESENTEE and examen.seance.state == SeanceState.OUVERTE
    return is_presented and user.has_perm(RUN)


def _audience(examen: Examen) -> Audience:
    """The landlords to whom its household agrees to be shown."""
    return audiences([examen.dossier_id], Purpose.LANDLORDS)[examen.dossier_id]


def _locked(examen_id: UUID) -> Examen:
    """The examen, locked after its séance: everything here locks in that order."""
    lock(Seance.objects, Examen.objects.values_list("seance", flat=True).get(pk=examen_id))
    lock(Examen.objects, examen_id)
    return Examen.objects.select_related("seance", "dossier").get(pk=examen_id)


def _in_session(examen_id: UUID, by: User | None) -> Examen:
    examen = _locked(examen_id)
    require(by, RUN, examen.dossier)
    _require_open(examen.seance)
    return examen


def _require_open(seance: Seance) -> None:
    if seance.state != SeanceState.OUVERTE:
        raise OperationRefused("La séance n’est pas ouverte : une décision se prend pendant la séance.")


def _check(decision: Decision, held_on: date) -> None:
    if decision.state not in DECISIONS:
        raise OperationRefused("Choisissez la décision dans la liste.")
    if decision.state == ExamenState.VALIDEE_SOUS_RESERVE and not decision.note.strip():
        raise OperationRefused("Écrivez la réserve en une phrase : ce que la commission attend, et pour quand.")
    levels = MOTIVES_OF.get(decision.state)
    if decision.motive and not levels:
        raise OperationRefused("Un motif se donne quand la situation est ajournée ou non validée : retirez-le.")
    if decision.review_on and decision.state != ExamenState.AJOURNEE_SEANCE:
        raise OperationRefused("Une date de réexamen se donne quand la situation est ajournée : retirez-la.")
    if levels and not Motive.objects.filter(code=decision.motive, level__in=levels).exists():
        raise OperationRefused("Choisissez le motif dans la liste : il sera compté avec les autres.")
    if decision.state == ExamenState.AJOURNEE_SEANCE and (not decision.review_on or decision.review_on <= held_on):
        raise OperationRefused("Donnez la date à laquelle la situation sera revue : elle vient après la séance.")
    if decision.landlord is not None and decision.landlord.kind != OrganisationKind.BAILLEUR:
        raise OperationRefused("Seul un bailleur se positionne.")
    if decision.landlord is not None and decision.state not in VALIDATED:
        raise OperationRefused("Un bailleur se positionne sur une situation validée.")
