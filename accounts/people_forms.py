"""What is asked to invite, to answer an invitation, to change, end or replace a role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.db.models import QuerySet

from accounts.models import Membership, Organisation, User
from accounts.operations import kept_by, may_give
from accounts.roles import ROLES, Code
from audit.refusals import refused
from core.forms import day, words
from core.names import fold

FORBIDDEN_HERE = "Prenez une valeur de la liste."


def address() -> forms.EmailField:
    """Where the invitation goes."""
    return forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Écrivez une adresse, par exemple prenom.nom@organisation.fr.",
            "invalid": "Écrivez une adresse complète, par exemple prenom.nom@organisation.fr.",
        },
    )


def role_choices(codes: list[Code]) -> list[tuple[str, str]]:
    """Roles in words, in the order of the roles."""
    return [(code.value, ROLES[code].label.capitalize() if code != Code.DDETSPP else "DDETSPP") for code in codes]


class RoleField(forms.ChoiceField):
    """One of the roles that may be given here; a role that may not leaves an entry in the journal."""

    def __init__(self, label: str, *, hint: str = "") -> None:
        messages = {"required": "Choisissez dans la liste.", "invalid_choice": FORBIDDEN_HERE}
        super().__init__(label=label, help_text=hint, choices=[("", "Choisir")], error_messages=messages)

    def validate(self, value: Any) -> None:
        if value in list(Code) and not self.valid_value(value):
            refused("membership.refused", why="not_given_here")
        super().validate(value)


class InviteForm(forms.Form):
    """An address, an organisation, a role; perhaps an end, perhaps the charge of the access of the others."""

    email = address()
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Organisation",
        empty_label="Choisir",
        error_messages={"required": "Choisissez une organisation.", "invalid_choice": FORBIDDEN_HERE},
    )
    role = RoleField("Rôle", hint="Il dit ce que la personne pourra faire.")
    ends_on = day("Jusqu’au", required=False, hint="Pour un remplacement ou un stage. Sans date, le rôle dure.")
    in_charge = forms.BooleanField(
        label="Responsable des accès : invite et tient les rôles de son organisation", required=False
    )

    def __init__(self, *args: Any, by: User, all_of_them: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = kept_by(by).open()  # type: ignore[attr-defined]
        organisation, role = self.fields["organisation"], self.fields["role"]
        assert isinstance(organisation, forms.ModelChoiceField)  # noqa: S101  declared above
        assert isinstance(role, forms.ChoiceField)  # noqa: S101  declared above
        organisation.queryset = kept
        given = {code for each in kept for code in may_give(by, each)}
        role.choices = [("", "Choisir"), *role_choices([code for code in Code if code in given])]
        if not all_of_them:
            del self.fields["in_charge"]


class SubstituteInviteForm(forms.Form):
    """Somebody who has no account yet, for as long as another is away."""

    email = address()
    ends_on = day("Jusqu’au", hint="Ce jour compris.")


class AnswerForm(forms.Form):
    """Who answers an invitation: a name, a password twice."""

    first_name = words("Prénom", needed="Écrivez votre prénom.")
    last_name = words("Nom", needed="Écrivez votre nom.")
    password = forms.CharField(
        label="Mot de passe",
        strip=False,
        max_length=128,
        error_messages={"required": "Choisissez un mot de passe.", "max_length": "128 caractères au plus."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Le même mot de passe, encore une fois",
        strip=False,
        max_length=128,
        error_messages={"required": "Écrivez-le une seconde fois.", "max_length": "128 caractères au plus."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = " ".join(password_validators_help_texts())
        self.fields["first_name"].widget.attrs["autocomplete"] = "given-name"
        self.fields["last_name"].widget.attrs["autocomplete"] = "family-name"

    def clean_first_name(self) -> str:
        """Letters, not signs alone."""
        return self._in_letters("first_name")

    def clean_last_name(self) -> str:
        """The same."""
        return self._in_letters("last_name")

    def clean(self) -> None:
        """Typed twice alike: nobody reads it while typing."""
        super().clean()
        one, other = self.cleaned_data.get("password"), self.cleaned_data.get("again")
        if one and other and one != other:
            self.add_error("again", "Les deux mots de passe diffèrent : écrivez deux fois le même.")

    def _in_letters(self, field: str) -> str:
        name = " ".join(str(self.cleaned_data[field]).split())
        if not fold(name):
            raise forms.ValidationError("Écrivez ce nom en lettres.")
        return name


class RoleForm(forms.Form):
    """Another role in the same organisation."""

    role = RoleField("Nouveau rôle")

    def __init__(self, *args: Any, codes: list[Code], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101  declared above
        role.choices = [("", "Choisir"), *role_choices(codes)]


class EndForm(forms.Form):
    """When a role ends."""

    on = day("Dernier jour", required=False, hint="Ce jour compris. Sans date, le rôle prend fin maintenant.")


class ReplaceForm(forms.Form):
    """Who holds a role meanwhile, from a day to another."""

    substitute = forms.ModelChoiceField(
        User.objects.none(),
        label="Remplacée par",
        empty_label="Choisir",
        error_messages={"required": "Choisissez une personne.", "invalid_choice": FORBIDDEN_HERE},
    )
    since = day("Du", hint="Aujourd’hui ou plus tard.")
    until = day("Au", hint="Ce jour compris.")

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        substitute = self.fields["substitute"]
        assert isinstance(substitute, forms.ModelChoiceField)  # noqa: S101  declared above
        substitute.queryset = people


def colleagues(held: Membership, *, everybody: bool) -> QuerySet[User]:
    """Who may replace: for the administrator any account, else the people of the same organisation; never oneself."""
    found = User.objects.filter(is_active=True).exclude(pk=held.user_id)
    if not everybody:
        there = Membership.objects.lasting().filter(organisation=held.organisation_id).values("user")
        found = found.filter(pk__in=there)
    return found.order_by("last_name", "first_name")
