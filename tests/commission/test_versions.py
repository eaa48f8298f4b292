"""What a fiche repeats is told again when it changes before the opening: answers one by one, and pieces (ADR 0017)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Document, Dossier, Removal
from cases.dossiers.models.questions import QUESTIONS, Place
from cases.dossiers.operations import Told, write_answers
from commission import operations
from commission.models import Examen, Fiche
from commission.operations.told import WISHES
from core import outbox
from core.db import acting_as
from core.models import OutboxMessage
from tests.commission.test_fiches import SOON, body, ready
from tests.dossiers.files import joined
from tests.factories import make_dossier, show_pieces
from tests.fixtures import Cast, as_role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path / "documents"


@pytest.fixture
def examen(cast: Cast) -> Examen:
    seance = operations.plan_seance(SOON, "Salle des Glycines", by=None)
    operations.convene(seance.pk, by=None, members=[body("Habitat des Bauges")])
    made = operations.enrol(ready().pk, seance.pk, by=None)
    outbox.run_all()
    return made


@pytest.fixture
def siao(cast: Cast) -> User:
    return cast["siao"]


def last() -> Fiche:
    """The last version, once the worker has done its work."""
    with as_role("seuil_worker"):
        outbox.run_all()
        return Fiche.objects.order_by("-version")[0]


@pytest.mark.parametrize(("key", "value"), [("animals", "CHIEN"), ("needs", "BUDGET"), ("wished_size", "T3")])
def test_an_answer(examen: Examen, siao: User, key: str, value: str) -> None:
    assert (QUESTIONS[key].place, key in WISHES) == (Place.ANSWER, True)
    before = getattr(last(), WISHES[key])
    with acting_as(siao):
        write_answers(examen.dossier_id, {key: Told(value)}, by=siao)
    now = last()
    assert (now.version, before != value, getattr(now, WISHES[key])) == (2, True, value)


def test_an_answer_that_no_fiche_repeats_makes_no_version(examen: Examen, siao: User) -> None:
    with acting_as(siao):
        write_answers(examen.dossier_id, {"mots_menage": Told("Un balcon, pour le linge.")}, by=siao)
    assert last().version == 1


def test_pieces_joined_verified_removed_seen(examen: Examen, siao: User) -> None:
    found = [(last().version, last().papers)]
    (needed,) = [each for each in Document.objects.filter(dossier=examen.dossier_id) if each.kind == "AVIS_IMPOSITION"]
    with acting_as(siao):
        dossiers.remove_document(needed.pk, Removal.MISTAKE, by=siao)
    found.append((last().version, last().papers))
    with acting_as(siao):
        piece = joined(examen.dossier, siao, person=needed.person_id, is_checked=True)
    found.append((last().version, last().papers))
    with acting_as(siao):
        dossiers.remove_document(piece.pk, Removal.MISTAKE, by=siao)
        piece = joined(examen.dossier, siao, person=needed.person_id)
    found.append((last().version, last().papers))
    with acting_as(siao):
        dossiers.check_document(piece.pk, by=siao)
    found.append((last().version, last().papers))
    with acting_as(siao):
        dossiers.remove_document(piece.pk, Removal.MISTAKE, by=siao)
    found.append((last().version, last().papers))
    show_pieces(examen.dossier)
    found.append((last().version, last().papers))
    assert found == [(1, "0"), (2, "1"), (3, "0"), (4, "1"), (5, "0"), (6, "1"), (7, "0")]


def test_of_a_dossier_that_is_not_ready_nothing_is_asked(cast: Cast, siao: User) -> None:
    dossier: Dossier = make_dossier(referent=siao)
    with acting_as(siao):
        joined(dossier, siao)
        write_answers(dossier.pk, {"animals": Told("CHIEN")}, by=siao)
    asked = set(OutboxMessage.objects.values_list("task", flat=True))
    assert (bool(asked), "fiche.follow" in asked) == (True, False)
