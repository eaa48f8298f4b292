"""What is asked when a household is first heard of, by each way in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation
from cases.dossiers.forms.agreement import AgreementForm
from cases.dossiers.forms.choices import UNKNOWN, listed
from cases.dossiers.models import FIRST_SEEN, Channel, Sex, Urgency
from core.forms import choice, day, words

ETHOS_OF_IML = "7 logement accompagné"
PERSON = ("last_name", "first_name", "known_as", "birth_date", "sex")
COMING = ("prescripteur", "on", "si_siao_number", "housed_since")
DATES = {
    Channel.VEILLE_115: "Appel le",
    Channel.SI_SIAO: "Demande du",
    Channel.COMMISSION_3C: "Commission du",
}
BODIES = {
    Channel.SI_SIAO: "Organisme qui a fait la demande",
    Channel.COMMISSION_3C: "Organisme qui a porté la situation",
    Channel.IML: "Opérateur de l’intermédiation locative",
}
NO_BODY = "Choisissez l’organisme dans la liste. S’il n’y est pas, une personne chargée des réglages l’ajoute."


class OpenForm(AgreementForm):
    """A household as one first hears of it by `channel`. With `prescripteurs`, one says who orients it."""

    last_name = words("Nom", needed="Écrivez le nom de la personne, ou celui qu’elle donne.")
    first_name = words("Prénom (facultatif)", required=False)
    birth_date = day("Date de naissance (facultatif)", required=False, past=True, hint="Par exemple 04/05/1984.")
    sex = choice("Sexe (facultatif)", listed(Sex.choices), nothing=UNKNOWN, required=False)
    on = day("Date", past=True)
    needs = forms.CharField(
        label="Ce dont la personne a besoin (facultatif)",
        required=False,
        max_length=300,
        help_text="Deux lignes, avec ses mots si possible. Ni santé, ni justice.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Ce texte est trop long : 300 caractères au plus."},
    )
    urgency = choice("Urgence", listed(Urgency.choices), required=False)

    def __init__(
        self,
        *args: Any,
        channel: Channel = Channel.PRESCRIPTION,
        prescripteurs: QuerySet[Organisation] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, may_wait=channel in FIRST_SEEN, **kwargs)
        self.channel = channel
        self.fields["on"].initial = timezone.localdate()
        self.fields["on"].label = DATES.get(channel, "Orientation le")
        if channel in FIRST_SEEN:
            self._may_have_no_name()
        if channel == Channel.SI_SIAO:
            self.fields["si_siao_number"] = words("Identifiant dans le SI-SIAO (facultatif)", required=False, most=40)
        if channel == Channel.IML:
            self.fields["housed_since"] = day("Dans ce logement depuis", past=True)
        if prescripteurs is not None:
            self._asks_who_orients(prescripteurs, channel)

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their titles, in the order in which one answers."""
        parts = (
            ("La personne", PERSON),
            ("D’où vient la demande", COMING),
            ("Son information et son accord", tuple(AgreementForm.base_fields)),
            ("Ce qu’il lui faut", ("needs", "urgency")),
        )
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in parts]

    def clean(self) -> dict[str, Any]:
        """A name, or what one will recognise the person by; the agreement is given on the day of the orientation."""
        told = super().clean()
        if "known_as" in self.fields and not (told.get("last_name") or told.get("known_as") or self.errors):
            told["known_as"] = told.get("first_name") or ""
            if not told["known_as"]:
                self.add_error("known_as", "Écrivez un nom, ou ce qui permettra de la reconnaître.")
        if self.is_agreed and not told.get("agreed_on"):
            told["agreed_on"] = told.get("on")
        born, on = told.get("birth_date"), told.get("on")
        if born and on and born > on:
            self.add_error("birth_date", "La naissance vient avant la demande : vérifiez les deux dates.")
        return told

    def _may_have_no_name(self) -> None:
        self.fields["last_name"].required = False
        self.fields["last_name"].label = "Nom (vide si elle ne le donne pas)"
        self.fields["known_as"] = words(
            "Sans nom, à quoi la reconnaître", required=False, most=200, hint="Un surnom, ou une phrase."
        )

    def _asks_who_orients(self, prescripteurs: QuerySet[Organisation], channel: Channel) -> None:
        is_needed = channel not in FIRST_SEEN
        self.fields["prescripteur"] = forms.ModelChoiceField(
            prescripteurs,
            label=BODIES.get(channel, "Orienté par") if is_needed else "Signalé par (facultatif)",
            required=is_needed,
            empty_label="Choisir" if is_needed else "Personne : repéré par le SIAO",
            error_messages={"required": NO_BODY, "invalid_choice": "Prenez un organisme de la liste."},
        )
