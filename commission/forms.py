"""What pages ask of a séance: its day, who is there, what is decided."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Organisation, OrganisationKind
from cases.dossiers.models import Motive, MotiveLevel
from commission.models import DECISIONS, ExamenState, Seance
from commission.operations import MEMBERS, SITS
from core.forms import choice, day, words

LEVELS = (MotiveLevel.AJOURNE, MotiveLevel.NON_PRESENTE, MotiveLevel.NON_RETENU)


class PlanForm(forms.Form):
    """A séance to come."""

    held_on = day("Date")
    place = words("Lieu", most=200, hint="Une adresse, ou « en visioconférence ».", needed="Écrivez où elle se tient.")


class PresenceForm(forms.Form):
    """The organisations that sit today."""

    present = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Organismes présents",
        help_text="Il faut au moins le SIAO, un bailleur, et l’État ou Grand Chambéry.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez les organismes présents."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.fields["present"]
        assert isinstance(present, forms.ModelMultipleChoiceField)  # noqa: S101  declared above
        present.queryset = Organisation.objects.open().filter(kind__in=SITS).order_by("kind", "sort_key")


class MembersForm(forms.Form):
    """The organisations called to a séance."""

    members = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Membres convoqués",
        help_text="Bailleurs, État, Grand Chambéry. Le SIAO tient la séance.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Cochez les membres à convoquer."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = self.fields["members"]
        assert isinstance(members, forms.ModelMultipleChoiceField)  # noqa: S101  declared above
        members.queryset = Organisation.objects.filter(kind__in=MEMBERS).order_by("kind", "sort_key")


class PostponeForm(forms.Form):
    """Another day."""

    held_on = day("Nouvelle date")


class DecisionForm(forms.Form):
    """What the commission decided of a situation; what the decision needs besides is said when it is missing."""

    state = forms.ChoiceField(
        label="Décision",
        choices=[(state.value, state.label) for state in ExamenState if state in DECISIONS],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la décision."},
    )
    landlord = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Bailleur qui se positionne (facultatif)",
        required=False,
        empty_label="Aucun pour l’instant",
        error_messages={"invalid_choice": "Prenez un bailleur de la liste."},
    )
    motive = choice("Motif, si la situation est ajournée ou non validée", [], nothing="Choisir", required=False)
    review_on = day("À revoir le, si elle est ajournée", required=False)
    note = forms.CharField(
        label="Réserve ou précision",
        required=False,
        max_length=2000,
        help_text="Des faits, en une ou deux phrases. Ni santé, ni justice. « Sous réserve » demande sa réserve.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Ce texte est trop long : 2 000 caractères au plus."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        landlord, motive = self.fields["landlord"], self.fields["motive"]
        assert isinstance(landlord, forms.ModelChoiceField)  # noqa: S101  declared above
        assert isinstance(motive, forms.ChoiceField)  # noqa: S101  declared above
        landlord.queryset = Organisation.objects.open().filter(kind=OrganisationKind.BAILLEUR).order_by("sort_key")
        listed = Motive.objects.filter(level__in=LEVELS, is_active=True)
        motive.choices = [("", "Choisir"), *((each.code, each.label.capitalize()) for each in listed)]


class EnrolForm(forms.Form):
    """The séance where a situation is to be presented."""

    seance = forms.ModelChoiceField(
        Seance.objects.none(),
        label="Séance",
        empty_label=None,
        error_messages={"required": "Choisissez une séance.", "invalid_choice": "Prenez une séance de la liste."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seance = self.fields["seance"]
        assert isinstance(seance, forms.ModelChoiceField)  # noqa: S101  declared above
        seance.queryset = Seance.objects.to_come()
