"""To whom a dossier is opened, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.models import Organisation, User
from cases.dossiers.forms.choices import listed
from cases.dossiers.models import BY_HAND, UrgencyReason
from core.forms import choice, day, words

UNKNOWN_READER = "Cette personne ou cette équipe n’est pas connue de Seuil : choisissez dans la liste."


class ShareForm(forms.Form):
    """To whom a dossier is opened by hand, why, and until which day."""

    to = forms.ChoiceField(
        label="À qui",
        help_text="Une équipe : ses membres du moment. Une personne : elle seule.",
        error_messages={"required": "Choisissez une personne ou une équipe.", "invalid_choice": UNKNOWN_READER},
    )
    reason = choice("Pourquoi", listed([(each.value, each.label) for each in BY_HAND]), nothing="Choisir")
    last_day = day("Jusqu’au", hint="Le dernier jour compris, dans un an au plus.")

    def __init__(self, *args: Any, people: Sequence[User], teams: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known: dict[str, User | Organisation] = {str(person.pk): person for person in people}
        self._known |= {str(team.pk): team for team in teams}
        to = self.fields["to"]
        assert isinstance(to, forms.ChoiceField)  # noqa: S101  as declared above
        named = [(str(person.pk), str(person)) for person in people]
        bodies = [(str(team.pk), team.name) for team in teams]
        to.choices = [("", "Choisir"), ("Personnes", named), ("Équipes", bodies)]

    def clean_to(self) -> User | Organisation:
        """The person or the organisation itself."""
        return self._known[self.cleaned_data["to"]]


class PersonForm(forms.Form):
    """One person, among those whose role sees dossiers."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        label="Personne",
        empty_label="Choisir",
        error_messages={"required": "Choisissez une personne.", "invalid_choice": UNKNOWN_READER},
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  as declared above
        field.queryset = people


class ProtectForm(forms.Form):
    """The persons who alone will see the dossier."""

    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Qui verra ce dossier",
        widget=forms.CheckboxSelectMultiple,
        help_text="Deux personnes au moins, dont vous.",
        error_messages={
            "required": "Nommez au moins deux personnes, dont vous.",
            "invalid_choice": UNKNOWN_READER,
            "invalid_pk_value": UNKNOWN_READER,
        },
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  as declared above
        field.queryset = people


class UrgencyForm(forms.Form):
    """The whole reference, and why it cannot wait."""

    reference = words(
        "Référence du dossier, en entier", most=40, needed="Écrivez la référence, telle qu’on vous l’a dite."
    )
    reason = choice(
        "Pourquoi maintenant", listed([(each.value, each.label) for each in UrgencyReason]), nothing="Choisir"
    )
    note = forms.CharField(
        label="Ce qui ne peut pas attendre",
        max_length=500,
        help_text="Des faits, en une ou deux phrases, sans nom. Le délégué à la protection des données les lira.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Dites en quelques mots, sans nom, ce qui ne peut pas attendre.",
            "max_length": "Ce texte est trop long : 500 caractères au plus.",
        },
    )
