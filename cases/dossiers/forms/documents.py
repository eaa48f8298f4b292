"""Joining pieces, asking for them, noting those that were seen, removing one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from cases.dossiers.forms.choices import listed
from cases.dossiers.models import Asked, PieceKind, Removal
from cases.dossiers.operations import AskedPiece, NewDocument, SeenPiece, inspect
from cases.dossiers.operations.documents import usual_end
from core.errors import OperationRefused
from core.forms import choice, day

FORMATS = "application/pdf,image/jpeg,image/png"
UNTIL = "Laissez vide si la pièce ne le dit pas."
NOTHING = "Choisissez au moins un fichier, ou prenez une photo."
BOTH = "Un fichier, ou une photo : pas les deux pour la même pièce."
AGAIN = "Choisissez de nouveau les fichiers : votre navigateur ne les garde pas."
OTHER = "autre"


@dataclass(frozen=True, slots=True)
class Place:
    """A piece that one may join on the page: its kind, whose it is, what it replaces; its name in words."""

    label: str
    kind: PieceKind
    person: UUID | None = None
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one piece, for the page."""

    label: str
    fields: Sequence[forms.BoundField]


class JoinForm(forms.Form):
    """A file for each piece that is expected, and one for any other; `pieces` holds those that were given."""

    def __init__(
        self,
        *args: Any,
        places: Sequence[Place],
        kinds: Sequence[PieceKind],
        people: Sequence[tuple[str, str]],
        checks: Callable[[str], bool],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places, self.kinds, self.checks = places, {kind.code: kind for kind in kinds}, checks
        self.pieces: list[NewDocument] = []
        self.fields["received_on"] = day("Reçues le", past=True)
        self.fields["received_on"].initial = timezone.localdate()
        if any(checks(place.kind.klass) for place in places) or any(checks(kind.klass) for kind in kinds):
            self.fields["is_checked"] = forms.BooleanField(
                label="Je les ai lues : elles sont lisibles, de la bonne personne et en cours de validité",
                required=False,
                initial=True,
            )
        for number in range(len(places)):
            self._piece(str(number))
        if kinds:
            choices = [(kind.code, f"{kind.label[:1].upper()}{kind.label[1:]}") for kind in kinds]
            self.fields[f"{OTHER}-kind"] = choice("Nature de la pièce", choices, nothing="Choisir", required=False)
            self.fields[f"{OTHER}-person"] = choice("De qui", people, nothing="Le ménage", required=False)
            self._piece(OTHER)

    def _piece(self, name: str) -> None:
        self.fields[f"{name}-file"] = _file("Fichier PDF, JPEG ou PNG", "20 Mo au plus.")
        self.fields[f"{name}-photo"] = _file("Ou une photo", "", capture="environment", accept="image/*")
        self.fields[f"{name}-until"] = day("Valable jusqu’au (facultatif)", required=False, hint=UNTIL)

    def rows(self) -> Iterator[Row]:
        """The expected pieces, then the other one."""
        for number, place in enumerate(self.places):
            yield Row(place.label, [self[f"{number}-{name}"] for name in ("file", "photo", "until")])
        if self.kinds:
            fields = [self[f"{OTHER}-{name}"] for name in ("kind", "person", "file", "photo", "until")]
            yield Row("Une autre pièce" if self.places else "La pièce", fields)

    def common(self) -> list[forms.BoundField]:
        """What is said once for all."""
        return [self[name] for name in ("received_on", "is_checked") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        """Look into each file; what is refused says so beside it."""
        told = super().clean() or {}
        for number, place in enumerate(self.places):
            self._take(str(number), place.kind, place.person, place.replaces)
        if self.kinds:
            self._take_other(told)
        if not self.pieces and not self.errors:
            raise forms.ValidationError(NOTHING)
        if self.pieces and self.errors:
            self.add_error(None, AGAIN)
        return told

    def _take_other(self, told: dict[str, Any]) -> None:
        kind = self.kinds.get(told.get(f"{OTHER}-kind") or "")
        given = told.get(f"{OTHER}-file") or told.get(f"{OTHER}-photo")
        if kind is None:
            if given:
                self.add_error(f"{OTHER}-kind", "Choisissez la nature de la pièce.")
            return
        if not given and f"{OTHER}-file" not in self.errors:
            self.add_error(f"{OTHER}-file", NOTHING)
        person = told.get(f"{OTHER}-person")
        self._take(OTHER, kind, UUID(person) if person else None, None)

    def _take(self, name: str, kind: PieceKind, person: UUID | None, replaces: UUID | None) -> None:
        told = self.cleaned_data
        file: UploadedFile | None = told.get(f"{name}-file")
        photo: UploadedFile | None = told.get(f"{name}-photo")
        if file and photo:
            self.add_error(f"{name}-file", BOTH)
            return
        given, field = (file, f"{name}-file") if file else (photo, f"{name}-photo")
        received: date | None = told.get("received_on")
        if not given:
            return
        try:
            content = inspect(given)
        except OperationRefused as refusal:
            self.add_error(field, str(refusal))
            return
        if received is not None:
            until = told.get(f"{name}-until") or usual_end(kind, received)
            checked = bool(told.get("is_checked")) and self.checks(kind.klass)
            self.pieces.append(NewDocument(kind.code, content, received, person, until, checked, replaces))


class PiecesForm(forms.Form):
    """Several pieces of a list, each by the code of its kind and whose it is."""

    pieces = forms.MultipleChoiceField(
        label="Pièces",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins une pièce.",
            "invalid_choice": "Choisissez les pièces dans la liste.",
        },
    )

    def __init__(self, *args: Any, places: Sequence[Place], chosen: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {code_of(place): place for place in places}
        field = self.fields["pieces"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  as declared above
        field.choices = [(code, place.label) for code, place in self.places.items()]
        field.initial = list(chosen)

    def chosen(self) -> list[Place]:
        """Those that were chosen."""
        return [self.places[code] for code in self.cleaned_data["pieces"]]


class AskForm(PiecesForm):
    """Which pieces, of whom, for when."""

    whom = choice("Demandées à", listed(Asked.choices))
    due_on = day("Attendues le", hint="Jour, mois, année. La pièce est en retard le lendemain.")
    remind_on = day("Relancer le (facultatif)", required=False, hint="Ce jour-là, la demande revient dans « À faire ».")

    def clean(self) -> dict[str, Any]:
        """Dates to come, in order."""
        told = super().clean() or {}
        due, remind, today = told.get("due_on"), told.get("remind_on"), timezone.localdate()
        if due is not None and due < today:
            self.add_error("due_on", "Donnez une date à venir.")
        if remind is not None and (remind < today or (due is not None and remind > due)):
            self.add_error("remind_on", "La relance vient entre aujourd’hui et l’échéance.")
        return told

    def asked(self) -> list[AskedPiece]:
        """As the operation wants them."""
        return [AskedPiece(place.kind.code, place.person) for place in self.chosen()]


class SeenForm(PiecesForm):
    """Which pieces were seen, and when."""

    on = day("Vues le", past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()

    def seen(self) -> list[SeenPiece]:
        """As the operation wants them."""
        on = self.cleaned_data["on"]
        return [SeenPiece(place.kind.code, place.person, usual_end(place.kind, on)) for place in self.chosen()]


class RemovalForm(forms.Form):
    """Why a piece is removed."""

    reason = choice("Pourquoi", listed(Removal.choices), nothing="Choisir")


def code_of(place: Place) -> str:
    """A piece of a list in an answer: the code of its kind, whose it is."""
    return f"{place.kind.code}|{place.person or ''}"


def _file(label: str, hint: str, *, accept: str = FORMATS, **attrs: str) -> forms.FileField:
    return forms.FileField(
        label=label,
        required=False,
        allow_empty_file=True,
        help_text=hint,
        widget=forms.FileInput(attrs={"accept": accept, **attrs}),
        error_messages={
            "invalid": "Choisissez un fichier.",
            "missing": "Choisissez un fichier.",
        },
    )
