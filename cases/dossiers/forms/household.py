"""What is asked of the members of a household, and of what happens to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from cases.dossiers.forms.choices import UNKNOWN, listed
from cases.dossiers.forms.dates import ApproximateField
from cases.dossiers.forms.path import begun
from cases.dossiers.models import LEAVING_BY_HAND, Civility, Custody, PersonRole, Precision, Relation, Sex
from cases.dossiers.operations.household import Goes, Identity, Place
from cases.dossiers.operations.household.births import NewAnimals
from cases.dossiers.operations.household.members import PLACES
from core.forms import choice, day, words

BORN = "04/05/1984, ou 1984 quand on ne connaît que l’année."
GOES = (
    (Goes.STAYS.value, "reste dans ce ménage"),
    (Goes.FOLLOWS.value, "part avec cette personne"),
)
SHARED = (Goes.SHARED.value, "partage son temps entre les deux (garde alternée)")


class IdentityForm(forms.Form):
    """Names and birth: one name at least."""

    first_name = words("Prénom (facultatif)", required=False)
    birth_name = words("Nom de naissance", required=False)
    use_name = words(
        "Nom d’usage (facultatif)",
        required=False,
        hint="S’il est autre : c’est lui qui s’affiche.",
    )
    civility = choice("Civilité (facultatif)", listed(Civility.choices), nothing=UNKNOWN, required=False)
    sex = choice("Sexe (facultatif)", listed(Sex.choices), nothing=UNKNOWN, required=False)
    born = ApproximateField(label="Date de naissance (facultatif)", help_text=BORN)

    def clean_born(self) -> Any:
        """A day or a year, past."""
        told = begun(self.cleaned_data["born"])
        if told is not None and told.precision is Precision.MONTH:
            raise forms.ValidationError("Écrivez le jour, par exemple 04/05/1984, ou seulement l’année : 1984.")
        return told

    def clean(self) -> dict[str, Any]:
        """One name at least, whichever."""
        told = super().clean() or {}
        if not told.get("birth_name") and not told.get("use_name"):
            self.add_error("birth_name", "Écrivez au moins un nom : celui que la personne donne.")
        return told

    def identity(self) -> Identity:
        """What was told; a year is its first of January."""
        told = self.cleaned_data
        born = told["born"]
        return Identity(
            birth_name=told["birth_name"] or None,
            use_name=told["use_name"] or None,
            first_name=told["first_name"] or None,
            sex=told["sex"] or None,
            civility=told["civility"] or None,
            birth_date=born.first if born else None,
            birth_precision=born.precision.value if born and born.precision is Precision.YEAR else None,
        )


class MemberForm(IdentityForm):
    """A member: who, in which place, since when. The titulaire’s place is not asked: another act changes it."""

    role = choice("Place dans le ménage", listed([(each.value, each.label) for each in PLACES]), nothing="Choisir")
    relation = choice("Lien avec le titulaire (facultatif)", listed(Relation.choices), nothing=UNKNOWN, required=False)
    custody = choice(
        "Garde (facultatif)",
        listed(Custody.choices),
        nothing="Vit ici tout le temps",
        required=False,
        hint="Pour un enfant. Une garde alternée compte pour la taille du logement ; un droit de visite, pour moitié.",
    )
    joined_on = day(
        "Dans le ménage depuis (facultatif)",
        required=False,
        past=True,
        hint="Vide si c’est depuis le début.",
    )

    def __init__(self, *args: Any, titulaire: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if titulaire:
            for name in ("role", "relation", "custody"):
                del self.fields[name]

    def place(self) -> Place:
        """The place that was told."""
        told = self.cleaned_data
        if "role" not in self.fields:
            return Place(PersonRole.TITULAIRE)
        return Place(told["role"], told["relation"] or None, told["custody"] or None)


class BirthForm(IdentityForm):
    """A child who is born."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["civility"], self.fields["use_name"]
        self.fields["born"] = ApproximateField(label="Née ou né le", required=True, help_text="Par exemple 04/05/2026.")
        self.fields["birth_name"].label = "Nom"

    def clean_born(self) -> Any:
        """A day."""
        told = begun(self.cleaned_data["born"])
        if told is not None and told.precision is not Precision.DAY:
            raise forms.ValidationError("Écrivez le jour de la naissance, par exemple 04/05/2026.")
        return told

    def clean(self) -> dict[str, Any]:
        return {"use_name": "", "civility": "", **super().clean()}


class ExpectForm(forms.Form):
    """When a birth is expected."""

    expected_on = day("Naissance prévue le", hint="Une date approximative suffit, par exemple 15/05/2027.")


class LeaveForm(forms.Form):
    """Why and when somebody left; who becomes titulaire when she was."""

    leaving = choice("Pourquoi", listed([(each.value, each.label) for each in LEAVING_BY_HAND]), nothing="Choisir")
    on = day("Le", past=True)

    def __init__(self, *args: Any, heirs: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if heirs:
            self.fields["successor"] = choice(
                "Qui devient titulaire", heirs, nothing="Choisir", hint="Le dossier et le bail continuent à son nom."
            )


class TitulaireForm(forms.Form):
    """From when another is titulaire, and what the former one is then."""

    on = day("À partir du", past=True)
    former = choice("Place de la personne qui était titulaire", listed([(each.value, each.label) for each in PLACES]))


class SplitForm(forms.Form):
    """When she leaves, and where each other member goes; `asked` gives the key of each, her name, whether a child."""

    on = day("Séparés depuis le", past=True)

    def __init__(
        self, *args: Any, asked: Sequence[tuple[str, str, bool]], heirs: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = [key for key, _, _ in asked]
        for key, name, is_child in asked:
            self.fields[f"goes_{key}"] = choice(name, [*GOES, SHARED] if is_child else GOES)
        if heirs:
            self.fields["successor"] = choice("Qui devient titulaire du ménage qui reste", heirs, nothing="Choisir")

    def goes(self) -> dict[str, Goes]:
        """Where each goes, by her key."""
        return {key: Goes(self.cleaned_data[f"goes_{key}"]) for key in self.asked}


class UniteForm(forms.Form):
    """Which dossier joins this one, when, and the place of who was titulaire there."""

    reference = words("Référence de l’autre dossier", most=40, needed="Écrivez la référence de l’autre dossier.")
    on = day("Réunis depuis le", past=True)
    place = choice("Place de son titulaire dans le ménage réuni", listed([(each.value, each.label) for each in PLACES]))


def reference_in(sent: QueryDict | None) -> str:
    """The reference that a form of this page was sent with, when it may be one; else nothing."""
    try:
        return str(CompareForm.base_fields["reference"].clean(sent["reference"])) if sent is not None else ""
    except (KeyError, forms.ValidationError):
        return ""


class CompareForm(forms.Form):
    """Which person of this dossier, and which one of another, whose names are known once its reference is."""

    reference = words("Référence de l’autre dossier", most=40, needed="Écrivez la référence de l’autre dossier.")

    def __init__(self, data: Any = None, *, here: Mapping[str, str], there: Mapping[str, str]) -> None:
        super().__init__(data)
        self._only = {name: next(iter(who)) for name, who in (("person", here), ("other", there)) if len(who) == 1}
        if len(here) > 1:
            self.fields["person"] = choice("Qui, dans ce dossier", list(here.items()), nothing="Choisir")
        if len(there) > 1:
            self.fields["other"] = choice("Qui, dans l’autre dossier", list(there.items()), nothing="Choisir")
        self.order_fields(["person", "reference", "other"])

    def clean(self) -> dict[str, Any]:
        """The one person of a household is not asked for."""
        return {"other": "", **(super().clean() or {}), **self._only}


class AnimalsForm(forms.Form):
    """The animals that live with the household."""

    dogs = forms.IntegerField(
        label="Chiens",
        required=False,
        min_value=0,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Écrivez un nombre de 0 à 99."),
    )
    dog_category = choice(
        "Chien de catégorie",
        [("1", "Catégorie 1, chien d’attaque"), ("2", "Catégorie 2, chien de garde ou de défense")],
        nothing="Non, ou pas de chien",
        required=False,
        hint="Un permis de détention est demandé pour ces chiens.",
    )
    cats = forms.IntegerField(
        label="Chats",
        required=False,
        min_value=0,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Écrivez un nombre de 0 à 99."),
    )
    others = words("Autres animaux (facultatif)", required=False)

    def animals(self) -> NewAnimals:
        """What was told; nothing is none."""
        told = self.cleaned_data
        return NewAnimals(told["dogs"] or 0, told["dog_category"], told["cats"] or 0, told["others"])
