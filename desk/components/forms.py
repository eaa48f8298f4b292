"""Fields, steps and tiles of the page of the components: invented questions and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from core.components import FormStep, Tile, TwoTexts


class AnswersForm(forms.Form):
    """Each kind of field, with its hint."""

    born_on = forms.CharField(label="Date de naissance", help_text="Par exemple 14/03/1992. L’année suffit.")
    rent = forms.CharField(label="Loyer ou redevance actuelle", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    kind = forms.ChoiceField(
        label="Type de ménage", choices=[("", "Choisir"), ("seul", "Personne seule"), ("couple", "Couple")]
    )
    adhesion = forms.ChoiceField(
        label="Adhésion au projet", widget=forms.RadioSelect, choices=[("oui", "Oui"), ("non", "Pas encore")]
    )
    needs = forms.MultipleChoiceField(
        label="Besoins", widget=forms.CheckboxSelectMultiple, choices=[("s", "Santé"), ("e", "Emploi")], required=False
    )
    agreed = forms.BooleanField(label="La personne accepte que le dossier soit partagé avec les bailleurs")
    words = forms.CharField(
        label="Ce que Mme Diallo en dit",
        help_text="Ses mots, des faits. Pas de diagnostic : cette note peut être lue par elle.",
        widget=forms.Textarea(attrs={"rows": 3, "aria-describedby": "conseil-mots"}),
    )


class WrongForm(forms.Form):
    """Two answers that are refused, in words that begin with what to do."""

    entered_on = forms.CharField(label="Date d’entrée", help_text="Celle de l’état des lieux.")
    rent = forms.CharField(label="Loyer ou redevance actuelle", widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def clean_entered_on(self) -> str:
        raise forms.ValidationError("Vérifiez la date : l’entrée ne peut pas précéder la signature du 4 mai.")

    def clean_rent(self) -> str:
        raise forms.ValidationError("Écrivez un montant, par exemple 212,50.")


class ReviewForm(forms.Form):
    """What an adjournment asks."""

    review_on = forms.CharField(label="Réexaminer le", help_text="Par exemple 11/01/2027.")


def fields() -> dict[str, Any]:
    answers = {"born_on": "14/03/1992", "rent": "212,50", "kind": "seul", "adhesion": "oui", "needs": ["e"]}
    wrong = WrongForm({"faux-entered_on": "02/05/2026", "faux-rent": "212 e"}, prefix="faux")
    wrong.is_valid()
    return {
        "form": AnswersForm(prefix="vide"),
        "filled": AnswersForm(initial={**answers, "agreed": True, "words": "« Je m’en sors. »"}, prefix="rempli"),
        "wrong": wrong,
        "review": ReviewForm(initial={"review_on": "11/01/2027"}, prefix="revoir"),
        "saved_at": at(10, 42),
        "form_steps": [
            FormStep("Ménage et personnes", "#etapes", 6, 6),
            FormStep("Situation administrative", "#etapes", 4, 5),
            FormStep("Ressources et charges", "#etapes", 5, 8, current=True),
            FormStep("Besoins d’accompagnement", "#etapes", 0, 5),
            FormStep("Santé", "#etapes", 0, 0),
        ],
        "two_texts": TwoTexts(
            "exemple",
            "Ce que Mme Diallo en dit",
            "Nadia Berthet, à 10 h 40",
            ["« Je m’en sors avec mes heures à l’école. »"],
            "Votre texte",
            ["« Je ne sais pas comment je ferai après janvier. »"],
            both=True,
        ),
        "people_tiles": [
            Tile("1", "Aïssatou Diallo", hint="Vue mardi"),
            Tile("2", "Samira Benali", hint="Entrée le 9 novembre", chosen=True),
        ],
        "kind_tiles": [
            Tile("v", "Visite", "house-door", chosen=True),
            Tile("b", "En binôme", "people"),
            Tile("t", "Téléphone", "telephone"),
        ],
        "time_tiles": [Tile("15", "15 min"), Tile("30", "30 min"), Tile("60", "1 h", chosen=True)],
        "income_lines": [("RSA", "785,52", ""), ("Salaire", "478,56", "31/01/2027")],
        "columns": ["Nature", "Par mois", "Jusqu’au"],
    }


def at(hour: int, minute: int) -> datetime:
    """That hour of the day of the examples."""
    return timezone.make_aware(datetime(2026, 11, 23, hour, minute))  # noqa: DTZ001
