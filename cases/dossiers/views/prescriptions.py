"""What who prescribed follows: where each of her prescriptions is, and what is expected of her. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Case, F, Q, Value, When
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from audit.reading import opened
from cases.dossiers import operations
from cases.dossiers.forms import CompleteForm, NameForm, WhoForm
from cases.dossiers.models import FIRST_SEEN, Dossier, Participant, Person, PersonRole, Prescription, State
from cases.dossiers.operations import MEET, NewName
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.conditions import conditions_of, known
from cases.dossiers.operations.pieces import pieces_asked_of_prescripteur
from cases.dossiers.views.frame import FOLLOW, actor, sees_status_alone, visible_dossier
from cases.dossiers.views.opening import answer_of, who_may_orient
from core.components import Condition, Entry
from core.forms import Page, form_page, posted
from core.http import needs

PER_PAGE = 25
ENTRY = ("prescription__organisation", "prescription__recorded_by", "prescription__commune")  # read with the dossier
SOON, IN_FULL = timedelta(days=3), timedelta(days=61)  # flash within 72 h, in full within two months (domaine § 2.1)
ENDED = (State.CLOS, State.NON_RETENU)
EXPECTED = {
    State.REPERE: "Dire si la personne est informée et d’accord.",
    State.A_COMPLETER: "Des pièces manquent : appelez le SIAO, il vous dit lesquelles.",
}
# where it is, and what comes next, in plain words: no motive, no séance, no dwelling
SAID = {
    State.REPERE: (
        "La personne est connue du SIAO.",
        "Informée et d’accord, elle peut être orientée.",
    ),
    State.PRESCRIT: ("Le SIAO a reçu la prescription.", "Il prend contact avec la personne, puis l’évalue avec elle."),
    State.EN_EVALUATION: ("Le SIAO évalue la situation avec la personne.", "Vous verrez ici quand ce sera fait."),
    State.A_COMPLETER: ("L’évaluation attend des pièces.", "Elle reprend dès que les pièces arrivent."),
    State.EVALUE: ("La situation est évaluée.", "Le SIAO décide de la suite."),
    State.AJOURNE: ("La situation est mise en attente.", "Le SIAO la réexamine. Il peut vous dire quand."),
    State.NON_RETENU: ("La situation n’est pas retenue.", "Le SIAO vous dit pourquoi, et ce qui reste possible."),
    State.PRET: ("La situation est prête à être présentée.", "La commission l’examine à l’une de ses séances."),
    State.EN_COMMISSION: ("La commission examine la situation.", "La suite vous est annoncée par courriel."),
    State.VALIDE: ("La commission soutient la demande.", "Le SIAO cherche un logement avec la personne."),
    State.EN_RECHERCHE: ("Un logement est recherché.", "Les bailleurs et le SIAO y travaillent."),
    State.LOGE: ("La personne est logée.", "L’accompagnement se met en place."),
    State.EN_SUIVI: ("La personne est logée et accompagnée.", "Le SIAO garde le lien."),
    State.CLOS: ("Le dossier est clos.", "Pour une nouvelle situation, faites une nouvelle prescription."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One prescription, as its author follows it."""

    dossier: Dossier
    entry: Prescription | None
    said: str
    expected: str


@needs(FOLLOW)
@require_safe
def prescriptions(request: HttpRequest) -> HttpResponse:
    """« Mes prescriptions »: those that are open to one’s team, what is expected first, then the newest."""
    user = actor(request)
    visible = Dossier.objects.visible_to(user)
    views = (
        ("", "Toutes", Q()),
        ("attendues", "Attendent une réponse de vous", Q(state__in=EXPECTED)),
        ("terminees", "Closes ou non retenues", Q(state__in=ENDED)),
    )
    asked = next((view for view in views if view[0] == request.GET.get("vue", "")), views[0])
    first = Case(When(state__in=EXPECTED, then=Value(0)), When(state__in=ENDED, then=Value(2)), default=Value(1))
    newest = F("oriented_on").desc(nulls_last=True)
    found = visible.filter(asked[2]).order_by(first, newest, "-created_at").select_related("referent")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    opened("dossiers.listed", target=user.pk)
    address = reverse("prescriptions:list")
    chips = [
        Entry(label, f"{address}?vue={code}" if code else address, "", code == asked[0], visible.filter(kept).count())
        for code, label, kept in views
    ]
    lines = _lines(list(page.object_list))
    return render(request, "dossiers/prescriptions.html", {"page": page, "lines": lines, "views": chips})


def status_page(request: HttpRequest, dossier: Dossier) -> HttpResponse:
    """Where one prescription is, what comes next and when, what is expected, whom to call."""
    user = actor(request)
    entry = entry_of(dossier)
    said, then = SAID[State(dossier.state)]
    person = _titulaire(dossier)
    missing = _missing(dossier) if dossier.state == State.REPERE else []
    context = {
        "dossier": dossier,
        "entry": entry,
        "said": said,
        "then": then,
        "dates": _dates(dossier),
        "missing": missing,
        "is_ready": dossier.state == State.REPERE and not missing,
        "expected": EXPECTED.get(State(dossier.state), ""),
        "pieces": pieces_asked_of_prescripteur(dossier, today=timezone.localdate()),
        "may_name": may_name(dossier, person, user),
        "may_meet": may_meet(dossier, entry, user),
        "phone": settings.CONTACT_PHONE,
        "above": [Entry("Mes prescriptions", reverse("prescriptions:list"))],
    }
    return render(request, "dossiers/status.html", context)


@needs(MEET)
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What an entry still lacks: who orients, that the person knows and agrees, or why not."""
    found, user = visible_dossier(request, pk, status_alone=True), actor(request)
    asks_who = found.prescripteur_id is None and user.has_perm(INSTRUCT)
    came = entry_of(found)
    if asks_who and came is not None and came.agreed_on is not None:
        return _who_orients(request, found, user)
    form = CompleteForm(posted(request), prescripteurs=who_may_orient() if asks_who else None)
    sends = found.state == State.REPERE and sees_status_alone(user)
    if sends and not _missing(found):
        return _transmit(request, found, user)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        answer = answer_of({**told, "agreed_on": told["agreed_on"] or (today if form.is_agreed else None)})
        operations.complete_entry(pk, answer, by=user, organisation=told.get("prescripteur"))
        if not sends:
            return "La réponse de la personne est inscrite.", found.get_absolute_url()
        operations.prescribe(pk, by=user, on=today)
        return f"La situation {found.reference} est transmise au SIAO.", found.get_absolute_url()

    today = timezone.localdate()
    page = Page(
        heading="L’information et l’accord de la personne",
        action="Transmettre au SIAO" if sends else "Enregistrer la réponse",
        icon="envelope-paper",
        back=found.get_absolute_url(),
        text="Une personne est informée avant que sa situation soit transmise. Sans son accord, dites pourquoi.",
        trail=_trail(found, user),
    )
    return form_page(request, form, page, do)


def _transmit(request: HttpRequest, found: Dossier, user: User) -> HttpResponse:
    """Whoever met the person in the street knows already that she agrees: nothing is asked again."""

    def do(_told: dict[str, Any]) -> tuple[str, str]:
        operations.prescribe(found.pk, by=user, on=timezone.localdate())
        return f"La situation {found.reference} est transmise au SIAO.", found.get_absolute_url()

    page = Page(
        heading="Transmettre la situation au SIAO",
        action="Transmettre au SIAO",
        icon="envelope-paper",
        back=found.get_absolute_url(),
        text="La réponse de la personne est déjà inscrite. Le SIAO prend contact avec elle, puis l’évalue avec elle.",
        trail=_trail(found, user),
    )
    return form_page(request, Form(posted(request)), page, do)


def _who_orients(request: HttpRequest, found: Dossier, user: User) -> HttpResponse:
    """The one thing that lacks when the person agreed in the street: whoever met her was of the SIAO."""

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.say_who_orients(found.pk, told["prescripteur"], by=user)
        return "L’organisme qui oriente le ménage est inscrit.", found.get_absolute_url()

    page = Page(
        heading="L’organisme qui oriente le ménage",
        action="Enregistrer la réponse",
        icon="envelope-paper",
        back=found.get_absolute_url(),
        text="La personne est informée et d’accord, c’est déjà inscrit. Il reste à dire qui l’oriente.",
        trail=_trail(found, user),
    )
    return form_page(request, WhoForm(posted(request), prescripteurs=who_may_orient()), page, do)


@needs(MEET)
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest, pk: UUID) -> HttpResponse:
    """« Donner un nom » to who had none."""
    found, user = visible_dossier(request, pk, status_alone=True), actor(request)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        new = NewName(told["last_name"], told["first_name"] or None, told["birth_date"], told["sex"] or None)
        operations.give_name(pk, new, by=user)
        return "Le nom est inscrit.", found.get_absolute_url()

    page = Page(
        heading="Donner un nom",
        action="Enregistrer le nom",
        icon="pencil-square",
        back=found.get_absolute_url(),
        text="Le nom tel que la personne le dit. Il peut être corrigé plus tard, avec une pièce d’identité.",
        trail=_trail(found, user),
    )
    return form_page(request, NameForm(posted(request)), page, do)


def entry_of(dossier: Dossier) -> Prescription | None:
    """How the dossier came in; nothing for what came from a register."""
    found: Prescription | None = getattr(dossier, "prescription", None)
    return found


def may_meet(dossier: Dossier, entry: Prescription | None, user: User) -> bool:
    """Whether one may write that the household was met again: who was met in the street, until she has a home."""
    has_home = dossier.state in (State.LOGE, State.EN_SUIVI, State.CLOS)
    return entry is not None and entry.channel in FIRST_SEEN and not has_home and user.has_perm(MEET)


def may_name(dossier: Dossier, person: Person | None, user: User) -> bool:
    """Whether one may write the name of `person`, the titulaire, who has none yet."""
    return person is not None and not person.is_named and dossier.state != State.CLOS and user.has_perm(MEET)


def _lines(dossiers: Sequence[Dossier]) -> list[Line]:
    entries = Prescription.objects.filter(dossier__in=[each.pk for each in dossiers]).select_related("recorded_by")
    by_dossier = {each.dossier_id: each for each in entries}
    return [
        Line(each, by_dossier.get(each.pk), SAID[State(each.state)][0], EXPECTED.get(State(each.state), ""))
        for each in dossiers
    ]


def _dates(dossier: Dossier) -> list[tuple[str, date]]:
    """Until when the SIAO is expected to have met the person, then to have evaluated her; nothing once it has."""
    on = dossier.oriented_on
    if on is None or dossier.state not in (State.PRESCRIT, State.EN_EVALUATION):
        return []
    first = [("Premier contact du SIAO avec la personne", on + SOON)] if dossier.state == State.PRESCRIT else []
    return [*first, ("Évaluation complète", on + IN_FULL)]


def _missing(dossier: Dossier) -> list[Condition]:
    lacks = [each for each in conditions_of("prescribe", known(dossier), today=timezone.localdate()) if not each.is_met]
    return [Condition(each.missing) for each in lacks]


def _titulaire(dossier: Dossier) -> Person:
    member = Participant.objects.select_related("person").get(dossier=dossier, role=PersonRole.TITULAIRE)
    return member.person


def _trail(dossier: Dossier, user: User) -> list[Entry]:
    above = ("Mes prescriptions", "prescriptions:list") if sees_status_alone(user) else ("Dossiers", "dossiers:list")
    return [Entry(above[0], reverse(above[1])), Entry(dossier.reference, dossier.get_absolute_url())]
