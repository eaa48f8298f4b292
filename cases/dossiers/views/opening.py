"""Opening a dossier: the prescripteur orients a household, or the SIAO hears of one by another way."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Membership, Organisation, OrganisationKind, User
from accounts.roles import Code
from cases.dossiers import operations
from cases.dossiers.forms import ETHOS_OF_IML, OpenForm
from cases.dossiers.models import Channel, Dossier, Likeness
from cases.dossiers.operations import MEET, Answer, NewDossier, NewEntry
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.views.frame import actor, sees_status_alone
from core.components import Entry
from core.forms import Page, form_page, posted
from core.http import needs

BY_CHANNEL = {
    Channel.PRESCRIPTION: "Un organisme l’oriente",
    Channel.MARAUDE: "Rencontre en maraude",
    Channel.VEILLE_115: "Appel au 115",
    Channel.SI_SIAO: "SI-SIAO",
    Channel.COMMISSION_3C: "Commission 3C",
    Channel.IML: "Déjà en intermédiation locative",
}
TOLD = (
    "Le SIAO reçoit cette prescription, prend contact avec la personne dans les trois jours, l’évalue avec elle dans "
    "les deux mois. Vous verrez ici où elle en est, et rien d’autre."
)


@needs("dossiers.open_dossier")
@require_http_methods(["GET", "HEAD", "POST"])
def open_dossier(request: HttpRequest) -> HttpResponse:
    """One page: who, how she comes in, what she knows and wants; for the SIAO, by each way in."""
    user = actor(request)
    instructs = user.has_perm(INSTRUCT)
    ours = None if instructs else _prescripteur_of(user)
    if not instructs and ours is None:
        return redirect("desk:home")
    channel = _channel(request) if instructs else Channel.PRESCRIPTION
    if channel is Channel.MARAUDE:
        return redirect("meeting:new")
    form = OpenForm(posted(request), channel=channel, prescripteurs=who_may_orient() if instructs else None)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        body = told.get("prescripteur") if instructs else ours
        dossier = operations.open_dossier(_new(told, channel, body), by=user, on=told["on"])
        said = f"Le dossier {dossier.reference} est ouvert."
        if not instructs:
            said = f"Votre prescription est transmise au SIAO, sous la référence {dossier.reference}. Notez-la."
        if instructs and Likeness.objects.open().of_dossier(dossier).exists():
            return f"{said} Cette personne en a peut-être déjà un.", reverse("dossiers:of_dossier", args=[dossier.pk])
        return said, dossier.get_absolute_url()

    back = reverse("prescriptions:list" if sees_status_alone(user) else "dossiers:list")
    page = Page(
        heading="Ouvrir un dossier" if instructs else "Nouvelle prescription",
        action="Ouvrir le dossier" if instructs else "Transmettre au SIAO",
        icon="envelope-paper",
        back=back,
        text="" if instructs else TOLD,
        trail=[Entry("Mes prescriptions" if sees_status_alone(user) else "Dossiers", back)],
    )
    ways = _ways(channel, user) if instructs else []
    return form_page(request, form, page, do, template="dossiers/open.html", more={"ways": ways})


def who_may_orient() -> QuerySet[Organisation]:
    """Prescribing bodies, the SIAO itself, and those of any kind that have oriented somebody already."""
    did = Exists(Dossier.objects.filter(prescripteur=OuterRef("pk")))
    kinds = [OrganisationKind.PRESCRIPTEUR, OrganisationKind.SIAO]
    return Organisation.objects.open().filter(did | Q(kind__in=kinds))


def answer_of(told: dict[str, Any]) -> Answer:
    """What a form says of the person’s information and agreement."""
    return Answer(told["informed"] or "NOT_YET", told.get("agreed_on"), told.get("no_agreement") or None, told["note"])


def _new(told: dict[str, Any], channel: Channel, body: Organisation | None) -> NewDossier:
    entry = NewEntry(
        channel,
        needs=told["needs"].strip() or None,
        urgency=told["urgency"] or "USUAL",
        si_siao_number=told.get("si_siao_number") or None,
        ethos=ETHOS_OF_IML if channel is Channel.IML else None,
        housed_since=told.get("housed_since"),
        answer=answer_of(told),
    )
    return NewDossier(
        last_name=told["last_name"] or None,
        first_name=told["first_name"] or None,
        sex=told["sex"] or None,
        birth_date=told["birth_date"],
        prescripteur=body,
        known_as=told.get("known_as") or None,
        entry=entry,
    )


def _channel(request: HttpRequest) -> Channel:
    """The way in that the address asks for: a code, an organisation’s prescription when it is none."""
    asked = request.GET.get("voie", "")
    return Channel(asked) if asked in Channel.values else Channel.PRESCRIPTION


def _ways(current: Channel, user: User) -> list[Entry]:
    """The ways in, as links: the form of each asks what it knows."""
    address, meeting = reverse("dossiers:open"), reverse("meeting:new")
    return [
        Entry(
            label,
            meeting if channel is Channel.MARAUDE else f"{address}?voie={channel.value}",
            current=channel is current,
        )
        for channel, label in BY_CHANNEL.items()
        if channel is not Channel.MARAUDE or user.has_perm(MEET)
    ]


def _prescripteur_of(user: User) -> Organisation | None:
    """The organisation for which she prescribes: the first, when there are several."""
    held = Membership.objects.live().filter(user=user, role=Code.PRESCRIPTEUR).select_related("organisation")
    first = held.order_by("valid_from", "pk").first()
    return first.organisation if first else None
