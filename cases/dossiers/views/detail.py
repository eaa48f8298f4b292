"""A dossier's page, and its journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import (
    Agreement,
    Dossier,
    DossierEvent,
    Hold,
    HoldCode,
    Likeness,
    Participant,
    Purpose,
    Reminder,
    State,
)
from cases.dossiers.models.requests import NEEDED
from cases.dossiers.operations import Elsewhere, Lack, Possible, elsewhere, is_elsewhere, possible_acts
from cases.dossiers.operations.acts import IDENTITY, VIEW
from cases.dossiers.operations.conditions import Condition as Missing
from cases.dossiers.operations.conditions import known
from cases.dossiers.operations.missing import MissingPiece, missing_pieces
from cases.dossiers.operations.reviews import calls_for_a_letter, last_told_on
from cases.dossiers.views.frame import actor, dossier_context, sees_status_alone, visible_dossier
from cases.dossiers.views.piece_words import Papers, papers_of, pieces_told
from cases.dossiers.views.prescriptions import ENTRY, entry_of, may_meet, may_name, status_page
from cases.dossiers.views.readings import openings, sees_readings
from cases.dossiers.views.requests import renewal_act, request_facts
from cases.dossiers.views.residential import LEGEND, doubts_of, drawing, lanes_of
from cases.dossiers.views.timeline import happenings, newest_first
from cases.dossiers.views.words import resource_words
from core.components import Act, Condition
from core.http import needs

PER_PAGE = 50
MOST_DOUBTS = 3  # on the dossier’s page; all are on that of the path
NEVER_READ = {"times": 0, "people": 0}
# where one mends what an act lacks: pages of this app and of those above
MENDS = {
    "prescribe": ("Compléter l’entrée", "dossiers:entry"),
    "complete_evaluation": ("Compléter l’évaluation", "dossiers:evaluation"),
    "start_evaluation": ("Répondre", "dossiers:of_dossier"),
    "declare_ready": ("Compléter l’évaluation", "dossiers:evaluation"),
    "house": ("Inscrire le bail", "housing:dossier"),
    "hand_over": ("Ouvrir un accompagnement", "support:dossier"),
}
WORDS = {
    "dossier.recorded": "Dossier créé depuis le registre",
    "dossier.corrected": "Informations corrigées depuis le registre",
    "dossier.opened": "Dossier ouvert",
    "dossier.entry_completed": "Information et accord de la personne inscrits",
    "dossier.oriented": "Organisme qui oriente inscrit",
    "dossier.met_again": "Rencontre inscrite",
    "dossier.named": "Nom donné à la personne",
    "prescription.acknowledged": "Réception de la prescription confirmée",
    "dossier.followed_on": "Un dossier ouvert à la suite",
    "letter.made": "Courrier établi",
    "letter.sent": "Courrier parti",
    "letter.mailed": "Le prescripteur est prévenu par courriel",
    "dossier.member_added": "Une personne du ménage ajoutée",
    "household.joined": "Une personne rejoint le ménage",
    "household.left": "Une personne quitte le ménage",
    "household.titulaire": "Le titulaire a changé",
    "household.member_corrected": "Une personne du ménage corrigée",
    "household.birth_expected": "Une naissance attendue",
    "household.birth_closed": "Une naissance n’est plus attendue",
    "household.born": "Naissance inscrite",
    "household.animals": "Animaux du ménage inscrits",
    "household.split": "Le ménage s’est séparé, un autre dossier est ouvert",
    "household.formed": "Ménage formé après une séparation",
    "household.united": "Deux ménages réunis dans ce dossier",
    "residence.corrected": "Situation de logement corrigée",
    "residence.ended": "Fin d’une situation de logement inscrite",
    "residence.copied": "Situation de logement copiée à un autre membre",
    "residence.withdrawn": "Situation de logement retirée",
    "dossier.protected": "Dossier protégé",
    "dossier.unprotected": "Protection levée",
    "dossier.opened_urgently": "Ouvert en urgence",
    "urgency.told": "Ouverture en urgence signalée",
    "urgency.examined": "Ouverture en urgence examinée",
    "grant.given": "Dossier ouvert à quelqu’un",
    "grant.ended": "Fin d’une ouverture",
    "grant.refused": "Ouverture refusée : sa fin était passée",
    "dossier.referent_appointed": "Un référent nommé",
    "evaluation.written": "Évaluation écrite",
    "health.written": "Santé : réponses écrites",
    "health.unshared": "Santé : partage retiré",
    "justice.written": "Justice : réponses écrites",
    "agreement.given": "Accord du ménage inscrit",
    "agreement.withdrawn": "Accord du ménage retiré",
    "reminder.made": "Rappel inscrit",
    "reminder.put_off": "Rappel reporté",
    "reminder.done": "Rappel fait",
    "request.renewed": "Renouvellement de la demande de logement noté",
    "residence.noted": "Situation de logement inscrite",
    "fact.noted": "Évènement inscrit",
    "dossier.held": "Empêche de clore",
    "dossier.released": "N’empêche plus de clore",
    "dossier.taken": "Un référent a pris le dossier",
    "dossier.prescribe": "Prescription enregistrée",
    "dossier.start_evaluation": "Évaluation commencée",
    "dossier.ask_for_pieces": "Pièces demandées",
    "dossier.resume_evaluation": "Évaluation reprise",
    "dossier.complete_evaluation": "Évaluation datée et figée",
    "dossier.declare_ready": "Déclaré prêt à présenter",
    "dossier.adjourn": "Ajourné par le SIAO",
    "dossier.decline": "Non retenu par le SIAO",
    "dossier.decline_after_adjournment": "Non retenu après ajournement",
    "dossier.reexamine": "Réexamen commencé",
    "dossier.reconsider": "Repris : fait nouveau",
    "dossier.present": "Présenté en séance",
    "dossier.admit": "Validé en commission",
    "dossier.withdraw": "Retiré de la séance",
    "dossier.adjourn_in_session": "Ajourné en séance",
    "dossier.refuse_in_session": "Non validé en séance",
    "dossier.start_search": "Recherche de logement ouverte",
    "dossier.stop_search": "Recherche interrompue",
    "dossier.house": "Entrée dans le logement constatée",
    "dossier.hand_over": "Relais passé à l’accompagnement",
    "dossier.rehouse": "Recherche d’un autre logement",
    "dossier.rehouse_from_follow_up": "Recherche d’un autre logement",
    "dossier.close": "Dossier clos",
    "dossier.reopen": "Dossier rouvert",
    "examen.recorded": "Passage en commission inscrit",
    "examen.decided": "Décision de la commission inscrite",
    "examen.enrolled": "Inscrit à l’ordre du jour",
    "examen.presented": "Présenté aux membres, fiche figée",
    "examen.notified": "Le prescripteur est prévenu de la décision",
    "examen.withdrawn": "Retiré de l’ordre du jour",
    "examen.extended": "Fiche ouverte plus longtemps au bailleur qui s’est positionné",
    "fiche.closed": "Fiche fermée à des membres : le ménage n’est pas d’accord",
    "fiche.told": "Fiche de situation établie pour la séance",
    "snapshot.corrected": "Fiche de séance corrigée, nouvelle version",
    "lease.recorded": "Bail inscrit",
    "lease.corrected": "Bail corrigé",
    "outcome.recorded": "Suivi inscrit",
    "lease.signed": "Bail signé",
    "lease.entered": "Entrée dans le logement inscrite",
    "measure.opened": "Accompagnement ouvert",
    "measure.ended": "Accompagnement terminé",
    "measure.recorded": "Accompagnement inscrit",
    "dossier.exported": "Dossier dans une liste exportée",
    "document.added": "Pièce jointe",
    "document.seen": "Pièces vues, non conservées",
    "document.checked": "Pièce vérifiée",
    "document.removed": "Pièce retirée",
    "pieces.asked": "Pièces demandées",
    "pieces.request_withdrawn": "Demande de pièce retirée",
    "si_siao.accepted": "Valeur du SI-SIAO reprise",
    "si_siao.kept": "Valeur du SI-SIAO écartée, celle du dossier gardée",
    "si_siao.recognised": "Demande du SI-SIAO reconnue comme celle du dossier",
    "si_siao.told_apart": "Demande du SI-SIAO écartée : ce n’est pas ce dossier",
    "likeness.answered": "Réponse donnée sur un doublon possible",
    "person.linked": "Personne reliée à une autre",
    "person.unlinked": "Lien entre deux personnes défait",
    "vault.tampered": "Une donnée chiffrée ne s’ouvre pas",
    "vault.key_missing": "Une donnée n’a plus de clé",
}


@needs(VIEW)
@require_safe
def dossier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the household is, what is possible now, what has happened; its state alone for who prescribed it."""
    if sees_status_alone(request.user):
        return status_page(request, visible_dossier(request, pk, beside=ENTRY, status_alone=True))
    found = visible_dossier(request, pk, also=_told_with_it(), beside=ENTRY)
    user = actor(request)
    context = dossier_context(request, found, "path")
    today = context["today"]
    are_asked = found.state == State.EVALUE and context["in_full"]
    papers = papers_of(found, kinds_anyway=are_asked)
    told: Any = found
    about = known(
        found,
        evaluation=context["evaluation"],
        holds=told.open_holds,
        agreements=told.agreed_until,
        pieces=_missing(found, context, papers) if are_asked else (),
    )
    acts = [_as_act(found, possible) for possible in possible_acts(found, user=user, today=today, about=about)]
    leading = [act for act, possible_leads in acts if possible_leads]
    may_instruct: bool = context["in_full"]
    others = [act for act, _ in acts if not leading or act is not leading[0]]
    if may_instruct and found.state in NEEDED:
        others.append(renewal_act(found))
    came = entry_of(found)
    lanes = lanes_of(found, context, user=user)
    return render(
        request,
        "dossiers/detail.html",
        {
            **context,
            "act": leading[0] if leading else None,
            "others": others,
            "timeline": newest_first(
                [
                    *happenings(found, context["events"], in_full=may_instruct, reader=user),
                    *pieces_told(papers, user),
                ]
            ),
            "chart": drawing(lanes, today=today),
            "resource": resource_words(context["evaluation"]),
            "seen": [words for lane in lanes for words in lane.seen],
            "doubts": doubts_of(lanes)[:MOST_DOUBTS],
            "legend": LEGEND,
            "lane_headings": ("ETHOS", "Source"),
            "request_row": about.request,
            **request_facts(about.request, today),
            "reminders": _reminders(found) if may_instruct else [],
            "holds": about.holds,
            "readings": (found.readings or NEVER_READ) if sees_readings(user) else None,  # type: ignore[attr-defined]
            "entry": came if may_instruct else None,
            "may_meet": may_meet(found, came, user),
            "may_name": may_name(found, context["person"], user),
            "elsewhere": _elsewhere(found, user),
            "resembles": may_instruct and found.resembles,  # type: ignore[attr-defined]
            "may_take": may_instruct and found.referent_id is None,
            "letters_wait": may_instruct and _letters_wait(found, context["events"]),
            "is_review_due": may_instruct and found.state == State.AJOURNE and (found.review_on or today) < today,
            "related": _related(found, user),
        },
    )


@needs(VIEW)
@require_safe
def journal_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every act on the dossier, as the journal tells it: hour, act, author."""
    found = visible_dossier(request, pk)
    page = Paginator(Entry.objects.of_dossier(found.pk), PER_PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    authors = User.objects.in_bulk({entry.actor_id for entry in entries if entry.actor_id})
    told = [(entry.recorded_at, _told(entry), str(authors.get(entry.actor_id, "Seuil"))) for entry in entries]
    rows = [next(alike) for _, alike in groupby(told, key=_as_one)]
    context = {**dossier_context(request, found, "journal"), "rows": rows, "page": page}
    return render(request, "dossiers/journal.html", context)


def _as_one(row: tuple[datetime, str, str]) -> tuple[str, ...]:
    """An evaluation that saves by itself leaves many entries: those of one author and one hour are one line."""
    at, words, author = row
    alike = words == WORDS["evaluation.written"]
    return (words, author, f"{at:%Y%m%d%H}") if alike else (words, author, at.isoformat())


def _told(entry: Entry) -> str:
    """An entry in words, with what it holds or releases."""
    words = WORDS.get(entry.event, "Acte inscrit")
    code = entry.codes.get("code")
    return f"{words} : {HoldCode(code).label}" if code in HoldCode.values else words


def _missing(dossier: Dossier, context: dict[str, Any], papers: Papers) -> list[MissingPiece]:
    """The pieces that lack to be ready, from what the page has read already."""
    return missing_pieces(
        dossier,
        today=context["today"],
        evaluation=context["evaluation"],
        people=context["members"],
        kinds=papers.kinds.values(),
        documents=papers.documents,
    )


def _reminders(dossier: Dossier) -> list[Reminder]:
    """Those that wait; not asked where the dossier's own query tells none."""
    is_one = dossier.is_reminded  # type: ignore[attr-defined]
    return list(Reminder.objects.filter(dossier=dossier).waiting()) if is_one else []


def _elsewhere(dossier: Dossier, user: User) -> list[Elsewhere]:
    """The other dossiers of these persons, for who sees names; not asked where the dossier’s own query tells none."""
    is_one = dossier.is_elsewhere and user.has_perm(IDENTITY)  # type: ignore[attr-defined]
    return elsewhere(dossier, user) if is_one else []


def _to_answer() -> QuerySet[Likeness]:
    """Those of a dossier that nobody has answered; to annotate dossiers with."""
    members = Participant.objects.filter(dossier=OuterRef(OuterRef("pk"))).values("person")
    return Likeness.objects.open().filter(Q(one__in=members) | Q(other__in=members))


def _told_with_it() -> dict[str, Any]:
    """What is read with the dossier, in its own query: what holds it, how many times it was opened and by how many."""
    holds = Hold.objects.filter(dossier=OuterRef("pk"), released_at=None).order_by("code", "placed_at").values("code")
    agreed = Agreement.objects.filter(dossier=OuterRef("pk"), purpose=Purpose.LANDLORDS).order_by("given_on")
    opened = openings(OuterRef("pk")).order_by().values("dossier_id")
    counted = JSONObject(times=Count("pk"), people=Count("actor_id", distinct=True))  # the journal is asked once
    return {
        "last_told_on": last_told_on(),
        "open_holds": ArraySubquery(holds),
        "agreed_until": ArraySubquery(agreed.values("withdrawn_on")),
        "is_elsewhere": is_elsewhere(),
        "is_reminded": Exists(Reminder.objects.filter(dossier=OuterRef("pk")).waiting()),
        "resembles": Exists(_to_answer()),
        "readings": Subquery(opened.annotate(told=counted).values("told")),
    }


def _letters_wait(dossier: Dossier, events: Sequence[DossierEvent]) -> bool:
    """Was something decided here that the household has not been told in writing?"""
    return calls_for_a_letter(dossier, events, dossier.last_told_on)  # type: ignore[attr-defined]


def _related(dossier: Dossier, user: User) -> list[tuple[str, Dossier]]:
    """The dossier before this one, the one after, if the reader sees them; nothing is asked for most."""
    if dossier.predecessor_id is None and dossier.state != State.CLOS:
        return []
    around = Q(pk=dossier.predecessor_id) | Q(predecessor=dossier)
    found = Dossier.objects.visible_to(user).filter(around).order_by("created_at")
    return [("Dossier précédent" if each.pk == dossier.predecessor_id else "Dossier suivant", each) for each in found]


def _mended(dossier: Dossier, condition: Missing, action: str, url: str) -> Condition:
    """What is missing, with the link that mends it: a piece is asked for, or read, with the others."""
    piece = condition.piece
    if piece is None:
        return Condition(condition.missing, action=action, url=url)
    if piece.lack is Lack.UNCHECKED and piece.document is not None:
        read = reverse("dossiers:document", args=[dossier.pk, piece.document.pk])
        return Condition(condition.missing, action="Lire et vérifier", url=read)
    return Condition(
        condition.missing, action="Demander la pièce", url=reverse("dossiers:ask_pieces", args=[dossier.pk])
    )


def _as_act(dossier: Dossier, possible: Possible) -> tuple[Act, bool]:
    """A possible act as the component shows it, and whether it leads forward."""
    asks = possible.act.asks
    action, address = MENDS.get(possible.name, ("", ""))
    url = reverse(address, args=[dossier.pk]) if address else ""
    missing = [_mended(dossier, condition, action, url) for condition in possible.missing]
    if possible.name == "start_evaluation":  # the referent is named elsewhere
        missing = [
            shown if condition.of_people else Condition(condition.missing)
            for shown, condition in zip(missing, possible.missing, strict=True)
        ]
    if possible.name == "close":  # despite another hold one closes with a reason, which the act's page asks
        agenda = reverse("commission:dossier", args=[dossier.pk])
        firm = [condition for condition in possible.missing if condition.first]
        missing = [Condition(condition.missing, action="Voir l’ordre du jour", url=agenda) for condition in firm]
    shown = Act(
        label=possible.label,
        url=_page_of(possible.name, dossier),
        icon=possible.act.icon,
        method="get" if asks else "post",
        missing=missing,
        met=[Condition(condition.met) for condition in possible.conditions if condition.is_met],
        needs_motive=bool(asks),
        elsewhere=possible.act.elsewhere,
    )
    return shown, possible.act.leads


def _page_of(act: str, dossier: Dossier) -> str:
    """Where an act is done: a page of its own for two of them, which ask for more than a motive."""
    own = {"reopen": "dossiers:resume", "ask_for_pieces": "dossiers:ask_pieces"}
    return reverse(own[act], args=[dossier.pk]) if act in own else reverse("dossiers:act", args=[dossier.pk, act])
