"""Meeting somebody in the street: one screen, one thumb."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Membership, Organisation, User
from accounts.roles import ROLES
from cases.dossiers import operations
from cases.dossiers.forms import AGREES, AgainForm, MeetingForm
from cases.dossiers.models import Channel, Commune, Prescription
from cases.dossiers.operations import MEET, Answer, Meeting, NewDossier, NewEntry
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.frame import actor, visible_dossier
from core.components import Entry, Tile
from core.forms import Page, form_page, posted
from core.http import needs

CHAMBERY = "73065"  # proposed to who has met nobody yet
SHAPES = {"sex": "choice-row", "ethos": "people-grid", "knows": "kind-grid"}


@needs(MEET)
@require_http_methods(["GET", "HEAD", "POST"])
def new_meeting(request: HttpRequest) -> HttpResponse:
    """Where, when, who, what she needs, what she knows; then her dossier, « repéré »."""
    user = actor(request)
    form = MeetingForm(posted(request), communes=_communes(), initial={"commune": _usual_commune(user)})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        dossier = operations.open_dossier(_new(form, told, _team_of(user)), by=user, on=told["on"])
        return f"La rencontre est enregistrée, sous la référence {dossier.reference}.", reverse(
            "meeting:saved", args=[dossier.pk]
        )

    page = Page(heading="Rencontre", action="Enregistrer la rencontre", icon="binoculars", back="/")
    more = {
        "tiles": [(form[field], SHAPES[field], _tiles(form, field)) for field in SHAPES],
        "now": timezone.now(),
        "later": any(form.errors.get(field) for field in ("on", "at")) if form.is_bound else False,
    }
    return form_page(request, form, page, do, template="dossiers/meeting.html", more=more)


@needs(MEET)
@require_safe
def saved_meeting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It is written; what follows, and what to tell the person."""
    found = visible_dossier(request, pk, status_alone=True)
    entry = Prescription.objects.filter(dossier=found).first()
    return render(request, "dossiers/meeting_saved.html", {"dossier": found, "entry": entry})


@needs(MEET)
@require_http_methods(["GET", "HEAD", "POST"])
def met_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """« Nouvelle rencontre »: a time, a place, a few words."""
    found, user = visible_dossier(request, pk, status_alone=True), actor(request)
    form = AgainForm(posted(request), communes=_communes(), initial={"commune": _usual_commune(user)})

    def do(told: dict[str, Any]) -> tuple[str, str]:
        meeting = Meeting(told["met_at"], told["commune"], told["place"] or None, told["note"] or None)
        operations.meet_again(pk, meeting, by=user)
        return "La rencontre est inscrite.", found.get_absolute_url()

    page = Page(
        heading="Nouvelle rencontre",
        action="Enregistrer la rencontre",
        icon="binoculars",
        back=found.get_absolute_url(),
        trail=[Entry(found.reference, found.get_absolute_url())],
    )
    return form_page(request, form, page, do)


def _new(form: MeetingForm, told: dict[str, Any], team: Organisation | None) -> NewDossier:
    agreed_on = told["on"] if told["knows"] == AGREES else None
    entry = NewEntry(
        Channel.MARAUDE,
        met_at=told["met_at"],
        commune=told["commune"],
        place=told["place"] or None,
        people=told["people"],
        needs=told["needs"] or None,
        ethos=told["ethos"],
        answer=Answer(form.informed, agreed_on),
    )
    return NewDossier(
        last_name=told["last_name"] or None,
        first_name=told["first_name"] or None,
        sex=told["sex"] or None,
        prescripteur=team,
        known_as=told["known_as"] or None,
        entry=entry,
    )


def _tiles(form: MeetingForm, field: str) -> list[Tile]:
    """The answers of a field as tiles, the one given chosen."""
    chosen = form[field].value() or ""
    return [Tile(str(value), str(label), chosen=str(value) == chosen) for value, label in form[field].field.choices]  # type: ignore[attr-defined]


def _communes() -> Any:
    return Commune.objects.filter(is_active=True)


def _usual_commune(user: User) -> str:
    """Where she met somebody last, else the town where most are met."""
    last = Prescription.objects.filter(recorded_by=user, commune__isnull=False).order_by("-recorded_at").first()
    return str(last.commune_id) if last else CHAMBERY


def _team_of(user: User) -> Organisation | None:
    """The organisation in whose name she meets people; none for the SIAO, which is everywhere."""
    if user.has_perm(INSTRUCT):
        return None
    roles = [code.value for code, role in ROLES.items() if MEET in role.permissions]
    held = Membership.objects.live().filter(user=user, role__in=roles).select_related("organisation")
    first = held.order_by("valid_from", "pk").first()
    return first.organisation if first else None
