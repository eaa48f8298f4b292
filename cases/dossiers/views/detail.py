"""A dossier's page, and its journal."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.models import Entry, Kind
from cases.dossiers.models import Dossier, Hold, HoldCode, HousingRequest, ResidentialSituation
from cases.dossiers.operations import Possible, possible_acts
from cases.dossiers.operations.conditions import REQUEST_LASTS, known
from cases.dossiers.views.frame import actor, dossier_context, visible_dossier
from cases.dossiers.views.timeline import LEGEND, happenings, residential_chart, seen_words
from cases.dossiers.views.words import resource_words
from core.components import Act, Condition
from core.http import needs

PER_PAGE = 50
# where one mends what an act lacks: pages of this app and of those above
MENDS = {
    "complete_evaluation": ("Compléter l’évaluation", "dossiers:evaluation"),
    "declare_ready": ("Compléter l’évaluation", "dossiers:evaluation"),
    "house": ("Inscrire le bail", "housing:dossier"),
    "hand_over": ("Ouvrir un accompagnement", "support:dossier"),
}
WORDS = {
    "dossier.recorded": "Dossier créé depuis le registre",
    "dossier.corrected": "Informations corrigées depuis le registre",
    "dossier.opened": "Dossier ouvert",
    "dossier.member_added": "Une personne du ménage ajoutée",
    "dossier.referent_appointed": "Un référent nommé",
    "evaluation.written": "Évaluation écrite",
    "residence.noted": "Situation de logement inscrite",
    "fact.noted": "Évènement inscrit",
    "dossier.held": "Retenu ouvert",
    "dossier.released": "N’est plus retenu",
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
    "examen.withdrawn": "Retiré de l’ordre du jour",
    "snapshot.corrected": "Fiche de séance corrigée, nouvelle version",
    "lease.recorded": "Bail inscrit",
    "lease.corrected": "Bail corrigé",
    "outcome.recorded": "Suivi inscrit",
    "lease.signed": "Bail signé",
    "lease.entered": "Entrée dans le logement inscrite",
    "measure.opened": "Accompagnement ouvert",
    "measure.ended": "Accompagnement terminé",
    "measure.recorded": "Accompagnement inscrit",
    "vault.tampered": "Une donnée chiffrée ne s’ouvre pas",
    "vault.key_missing": "Une donnée n’a plus de clé",
}


@needs("dossiers.view_dossier")
@require_safe
def dossier(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the household is, what is possible now, what has happened."""
    found = visible_dossier(request, pk, also=_told_with_it())
    user = actor(request)
    context = dossier_context(request, found, "path")
    today = context["today"]
    about = known(found, evaluation=context["evaluation"], holds=found.open_holds)  # type: ignore[attr-defined]
    acts = [_as_act(found, possible) for possible in possible_acts(found, user=user, today=today, about=about)]
    leading = [act for act, possible_leads in acts if possible_leads]
    situations = list(ResidentialSituation.objects.filter(dossier=found).order_by("started_on", "seen_on"))
    first_name = context["person"].first_name if context["person"] else "Titulaire"
    may_instruct: bool = context["in_full"]
    return render(
        request,
        "dossiers/detail.html",
        {
            **context,
            "act": leading[0] if leading else None,
            "others": [act for act, _ in acts if not leading or act is not leading[0]],
            "timeline": happenings(found, context["events"], in_full=may_instruct),
            "chart": residential_chart(
                first_name or "Titulaire", situations, context["events"], today=today, in_full=may_instruct
            ),
            "resource": resource_words(context["evaluation"]),
            "seen": seen_words(situations, today=today, in_full=may_instruct),
            "legend": LEGEND,
            "lane_headings": ("ETHOS", "Source"),
            "request_row": about.request,
            "expires_on": _expiry(about.request),
            "holds": about.holds,
            "readings": {"times": found.times, "people": found.people} if may_instruct else None,  # type: ignore[attr-defined]
            "may_take": may_instruct and found.referent_id is None,
        },
    )


@needs("dossiers.view_dossier")
@require_safe
def journal_tab(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every act on the dossier, as the journal tells it: hour, act, author."""
    found = visible_dossier(request, pk)
    page = Paginator(Entry.objects.of_dossier(found.pk), PER_PAGE).get_page(request.GET.get("page"))
    entries = list(page.object_list)
    authors = User.objects.in_bulk({entry.actor_id for entry in entries if entry.actor_id})
    rows = [(entry.recorded_at, _told(entry), str(authors.get(entry.actor_id, "Seuil"))) for entry in entries]
    context = {**dossier_context(request, found, "journal"), "rows": rows, "page": page}
    return render(request, "dossiers/journal.html", context)


def _told(entry: Entry) -> str:
    """An entry in words, with what it holds or releases."""
    words = WORDS.get(entry.event, "Acte inscrit")
    code = entry.codes.get("code")
    return f"{words} : {HoldCode(code).label}" if code in HoldCode.values else words


def _told_with_it() -> dict[str, Any]:
    """What is read with the dossier, in its own query: what holds it, how many times it was opened and by how many."""
    holds = Hold.objects.filter(dossier=OuterRef("pk"), released_at=None).order_by("code", "placed_at").values("code")
    opened = Entry.objects.filter(dossier_id=OuterRef("pk"), kind=Kind.READ).order_by().values("dossier_id")
    return {
        "open_holds": ArraySubquery(holds),
        "times": Coalesce(Subquery(opened.annotate(told=Count("pk")).values("told")), 0),
        "people": Coalesce(Subquery(opened.annotate(told=Count("actor_id", distinct=True)).values("told")), 0),
    }


def _expiry(row: HousingRequest | None) -> date | None:
    """Until when the social-housing request is valid, if one knows when it was renewed."""
    return row.renewed_on + REQUEST_LASTS if row is not None and row.renewed_on is not None else None


def _as_act(dossier: Dossier, possible: Possible) -> tuple[Act, bool]:
    """A possible act as the component shows it, and whether it leads forward."""
    asks = possible.act.asks
    action, address = MENDS.get(possible.name, ("", ""))
    url = reverse(address, args=[dossier.pk]) if address else ""
    missing = [Condition(condition.missing, action=action, url=url) for condition in possible.missing]
    shown = Act(
        label=possible.label,
        url=reverse("dossiers:act", args=[dossier.pk, possible.name]),
        icon=possible.act.icon,
        method="get" if asks else "post",
        missing=[] if possible.name == "close" else missing,  # closing despite a hold asks for its reason
        met=[Condition(condition.met) for condition in possible.conditions if condition.is_met],
        needs_motive=bool(asks),
        elsewhere=possible.act.elsewhere,
    )
    return shown, possible.act.leads
