"""What one does to a household: each act on its page, with what will follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from cases.dossiers.forms.dates import as_typed
from cases.dossiers.forms.household import (
    AnimalsForm,
    BirthForm,
    ExpectForm,
    LeaveForm,
    MemberForm,
    SplitForm,
    TitulaireForm,
    UniteForm,
)
from cases.dossiers.models import (
    Dossier,
    ExpectedBirth,
    HouseholdAnimals,
    MemberDetail,
    Participant,
    PersonRole,
    Precision,
)
from cases.dossiers.operations import household as operations
from cases.dossiers.operations.acts import INSTRUCT
from cases.dossiers.operations.household.common import members_of
from cases.dossiers.views.frame import actor, visible_dossier
from cases.dossiers.views.household_page import household_trail
from core.errors import OperationRefused
from core.forms import Page, form_page, posted
from core.http import needs

NONE_SUCH = "Aucun dossier qui vous est ouvert ne porte cette référence. Vérifiez-la."
SPLIT_TEXT = (
    "Un autre dossier s’ouvre à son nom, qui suit celui-ci. Les équipes qui voient ce dossier voient l’autre ; celle "
    "qui l’accompagne ici le voit trois mois, le temps d’un relais. Ce qui est écrit de chacun reste à chacun."
)
UNITE_TEXT = (
    "Les personnes de l’autre dossier rejoignent ce ménage. L’autre dossier se ferme et se lit toujours. "
    "Si les ménages se séparent de nouveau, un dossier s’ouvrira pour qui part."
)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def add_member(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Somebody joins the household."""
    dossier = visible_dossier(request, pk)
    form = MemberForm(posted(request))

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.enter_household(dossier.pk, form.identity(), form.place(), on=told["joined_on"], by=actor(request))
        return "La personne est inscrite dans le ménage.", _back(dossier)

    return form_page(request, form, _page(dossier, "Ajouter une personne", "Ajouter cette personne", "plus-lg"), do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def correct_member(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """Who she is, told better."""
    dossier, stay = _found(request, pk, member)
    titulaire = stay.role == PersonRole.TITULAIRE
    form = MemberForm(posted(request), titulaire=titulaire, initial=_known(stay))

    def do(told: dict[str, Any]) -> tuple[str, str]:
        place = form.place()
        operations.correct_member(dossier.pk, stay.pk, form.identity(), place, on=told["joined_on"], by=actor(request))
        return "Ces informations sont corrigées.", _back(dossier)

    page = _page(dossier, "Corriger ces informations", "Enregistrer", "pencil-square", lead=stay.person.name)
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """She is no longer of the household; when she was titulaire, somebody takes her place."""
    dossier, stay = _found(request, pk, member)
    heirs = _others(dossier, stay) if stay.role == PersonRole.TITULAIRE else {}
    form = LeaveForm(posted(request), heirs=[(str(key), name) for key, name in heirs.items()])

    def do(told: dict[str, Any]) -> tuple[str, str]:
        heir = told.get("successor")
        operations.leave_household(
            dossier.pk,
            stay.pk,
            told["leaving"],
            on=told["on"],
            by=actor(request),
            successor=UUID(heir) if heir else None,
        )
        said = "Le départ est inscrit. Vérifiez la demande de logement social du nouveau titulaire."
        return said if heir else "Le départ est inscrit.", _back(dossier)

    text = "La personne reste lisible dans ce dossier, avec la date de son départ."
    page = _page(dossier, "Quitter le ménage", "Inscrire le départ", "box-arrow-right", text, lead=stay.person.name)
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def titulaire(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """Another member becomes titulaire, who was stays."""
    dossier, stay = _found(request, pk, member)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.make_titulaire(dossier.pk, stay.pk, on=told["on"], by=actor(request), former=told["former"])
        return "Le titulaire a changé. Vérifiez sa demande de logement social.", _back(dossier)

    text = "Le dossier et le bail continuent. La personne qui était titulaire reste dans le ménage."
    page = _page(
        dossier, "Changer de titulaire", "Changer de titulaire", "arrow-left-right", text, lead=stay.person.name
    )
    return form_page(request, TitulaireForm(posted(request)), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, pk: UUID, member: UUID) -> HttpResponse:
    """She leaves for a dossier of her own; each other member is asked where she goes."""
    dossier, stay = _found(request, pk, member)
    members = {key: each for key, each in members_of(dossier).items() if key != stay.pk}
    asked = [(str(key), each.person.name, each.role == PersonRole.ENFANT) for key, each in members.items()]
    adults = [(str(key), each.person.name) for key, each in members.items() if each.role != PersonRole.ENFANT]
    heirs = adults or [(key, name) for key, name, _ in asked]
    form = SplitForm(posted(request), asked=asked, heirs=heirs if stay.role == PersonRole.TITULAIRE else [])

    def do(told: dict[str, Any]) -> tuple[str, str]:
        heir = told.get("successor")
        goes = {UUID(key): where for key, where in form.goes().items()}
        wanted = operations.Split(stay.pk, told["on"], goes, UUID(heir) if heir else None)
        made = operations.split_household(dossier.pk, wanted, by=actor(request))
        return f"Le dossier {made.reference} est ouvert. Il suit {dossier.reference}.", made.get_absolute_url()

    page = _page(
        dossier, "Ouvrir un dossier à son nom", "Ouvrir ce dossier", "people", SPLIT_TEXT, lead=stay.person.name
    )
    return form_page(request, form, page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def unite(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another household joins this one. Its reference is posted: it stands in no address."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        found = Dossier.objects.visible_to(actor(request)).named(told["reference"]).first()
        if found is None:
            raise OperationRefused(NONE_SUCH)
        heads = [stay for stay in members_of(found).values() if stay.role == PersonRole.TITULAIRE]
        places = {stay.pk: told["place"] for stay in heads}
        operations.unite_households(dossier.pk, found.pk, on=told["on"], by=actor(request), places=places)
        return f"Les deux ménages sont réunis. Le dossier {found.reference} est clos.", _back(dossier)

    page = _page(dossier, "Réunir avec un autre ménage", "Réunir les deux ménages", "people", UNITE_TEXT)
    return form_page(request, UniteForm(posted(request)), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def expect(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A child will be born."""
    dossier = visible_dossier(request, pk)

    def do(told: dict[str, Any]) -> tuple[str, str]:
        operations.expect_birth(dossier.pk, told["expected_on"], by=actor(request))
        return "La naissance attendue est inscrite. Elle compte pour la taille du logement.", _back(dossier)

    page = _page(dossier, "Inscrire une naissance attendue", "Inscrire", "calendar-event")
    return form_page(request, ExpectForm(posted(request)), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def born(request: HttpRequest, pk: UUID, birth: UUID) -> HttpResponse:
    """The child is born, and becomes a member."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(ExpectedBirth, pk=birth, dossier=dossier)
    form = BirthForm(posted(request))

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.record_birth(dossier.pk, found.pk, form.identity(), by=actor(request))
        return "La naissance est inscrite : l’enfant fait partie du ménage.", _back(dossier)

    return form_page(request, form, _page(dossier, "Inscrire la naissance", "Inscrire la naissance", "check-lg"), do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def close_birth(request: HttpRequest, pk: UUID, birth: UUID) -> HttpResponse:
    """No birth is expected any more: nothing else is asked."""
    dossier = visible_dossier(request, pk)
    found = get_object_or_404(ExpectedBirth, pk=birth, dossier=dossier)

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.close_expected_birth(dossier.pk, found.pk, by=actor(request))
        return "C’est inscrit.", _back(dossier)

    text = "La naissance ne sera plus comptée. Rien d’autre n’est demandé."
    page = _page(dossier, "Ne plus attendre de naissance", "Ne plus compter cette naissance", "x-lg", text)
    return form_page(request, forms.Form(posted(request)), page, do)


@needs(INSTRUCT)
@require_http_methods(["GET", "HEAD", "POST"])
def animals(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The animals that live with the household."""
    dossier = visible_dossier(request, pk)
    row = HouseholdAnimals.objects.filter(dossier=dossier).first()
    told_before: Mapping[str, Any] = (
        {"dogs": row.dogs, "dog_category": row.dog_category, "cats": row.cats, "others": row.others} if row else {}
    )
    form = AnimalsForm(posted(request), initial=dict(told_before))

    def do(_: dict[str, Any]) -> tuple[str, str]:
        operations.note_animals(dossier.pk, form.animals(), by=actor(request))
        return "Les animaux du ménage sont inscrits.", _back(dossier)

    text = "Certains hébergements refusent les animaux : le dire évite une orientation qui échouera."
    return form_page(request, form, _page(dossier, "Animaux du ménage", "Enregistrer", "check-lg", text), do)


def _found(request: HttpRequest, pk: UUID, member: UUID) -> tuple[Dossier, Participant]:
    """The dossier and one of its stays, else 404."""
    dossier = visible_dossier(request, pk)
    return dossier, get_object_or_404(Participant.objects.select_related("person"), pk=member, dossier=dossier)


def _others(dossier: Dossier, stay: Participant) -> dict[UUID, str]:
    """Who may take her place: the grown-ups, else anybody."""
    others = {key: each for key, each in members_of(dossier).items() if key != stay.pk}
    adults = {key: each for key, each in others.items() if each.role != PersonRole.ENFANT}
    return {key: each.person.name for key, each in (adults or others).items()}


def _known(stay: Participant) -> dict[str, Any]:
    """What the form shows of a member; a name first told without saying which is taken for that of birth."""
    person, detail = stay.person, MemberDetail.objects.filter(participant=stay).first()
    first_told = person.birth_name is None and person.use_name is None
    return {
        "first_name": person.first_name,
        "birth_name": person.last_name if first_told else person.birth_name,
        "use_name": person.use_name,
        "civility": person.civility,
        "sex": person.sex,
        "born": as_typed(person.birth_date, Precision.YEAR if person.is_born_in_a_year else ""),
        "role": stay.role,
        "relation": detail.relation if detail else None,
        "custody": detail.custody if detail else None,
        "joined_on": stay.joined_on,
    }


def _page(dossier: Dossier, heading: str, action: str, icon: str, text: str = "", lead: str = "") -> Page:
    return Page(heading, action, _back(dossier), icon=icon, text=text, lead=lead, trail=household_trail(dossier))


def _back(dossier: Dossier) -> str:
    return reverse("dossiers:household", args=[dossier.pk])
