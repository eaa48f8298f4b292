"""The pieces that are asked for, those that are missing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Document, Dossier, PersonRole, PieceKind, PieceRequest, Removal, State
from cases.dossiers.operations import NewMember, SeenPiece
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.files import joined
from tests.factories import complete, make_dossier
from tests.fixtures import Cast
from vault.asking import ask

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_DIR = tmp_path / "documents"


class TestRequests:
    def asked(self, dossier: Dossier, siao: User, *kinds: str, **told: Any) -> list[PieceRequest]:
        pieces = [operations.AskedPiece(kind) for kind in kinds]
        given: dict[str, Any] = {"whom": "PERSON", "due_on": TODAY() + timedelta(days=14), "on": TODAY()} | told
        return operations.ask_pieces(dossier.pk, pieces, by=siao, **given)

    def test_several_in_one_act(self, siao: User) -> None:
        dossier = make_dossier(state=State.EN_EVALUATION, referent=siao)
        with acting_as(siao):
            made = self.asked(dossier, siao, "AVIS_IMPOSITION", "RESSOURCES")
        assert len(made) == 2
        dossier = Dossier.objects.get()
        assert dossier.state == State.A_COMPLETER
        event = dossier.events.latest("recorded_at")
        assert event.note == "Pièces demandées : avis d’imposition, justificatif de ressources."
        assert Entry.objects.get(event="pieces.asked").codes == {"count": 2, "whom": "PERSON"}

    def test_closed_by_the_piece_that_comes(self, dossier: Dossier, siao: User) -> None:
        self.asked(dossier, siao, "AVIS_IMPOSITION", "RESSOURCES")
        with acting_as(siao):
            made = joined(dossier, siao)
            assert set(operations.open_requests(dossier)) == {("RESSOURCES", None)}
            operations.see_pieces(dossier.pk, [SeenPiece("RESSOURCES")], by=siao, on=TODAY())
        assert operations.open_requests(dossier) == {}
        assert PieceRequest.objects.filter(document=made).count() == 1

    def test_asked_again_with_new_dates(self, dossier: Dossier, siao: User) -> None:
        self.asked(dossier, siao, "AVIS_IMPOSITION")
        later = TODAY() + timedelta(days=30)
        self.asked(dossier, siao, "AVIS_IMPOSITION", due_on=later)
        (request,) = operations.open_requests(dossier).values()
        assert request.due_on == later
        assert PieceRequest.objects.count() == 2

    @pytest.mark.parametrize(
        ("kinds", "told", "said"),
        [
            ((), {}, "au moins une pièce"),
            (("INCONNUE",), {}, "dans la liste"),
            (("MEDICAL",), {}, "dans la liste"),
            (("RESSOURCES",), {"whom": "VOISIN"}, "à qui"),
            (("RESSOURCES",), {"due_on": date(2020, 1, 1)}, "échéance"),
            (("RESSOURCES",), {"remind_on": date(2999, 1, 1)}, "relance"),
        ],
    )
    def test_refused(self, dossier: Dossier, siao: User, kinds: Any, told: dict[str, Any], said: str) -> None:
        with pytest.raises(OperationRefused, match=said):
            self.asked(dossier, siao, *kinds, **told)
        assert not PieceRequest.objects.exists()

    def test_withdrawn_once(self, dossier: Dossier, siao: User, cast: Cast) -> None:
        (request,) = self.asked(dossier, siao, "RESSOURCES")
        with pytest.raises(NotAllowed):
            operations.withdraw_request(request.pk, by=cast["animation"])
        operations.withdraw_request(request.pk, by=siao)
        with pytest.raises(OperationRefused, match="déjà close"):
            operations.withdraw_request(request.pk, by=siao)

    def test_what_is_awaited_from_whom(self, dossier: Dossier, siao: User, cast: Cast) -> None:
        today = TODAY()
        self.asked(dossier, siao, "RESSOURCES", remind_on=today + timedelta(days=3))
        self.asked(dossier, siao, "AVIS_IMPOSITION")
        assert ask(operations.pieces_awaited(siao, today)) == []
        (reminder,) = ask(operations.pieces_awaited(siao, today + timedelta(days=3)))
        assert (reminder.kind.pk, reminder.is_late, reminder.dossier) == ("RESSOURCES", False, dossier)
        late = ask(operations.pieces_awaited(siao, today + timedelta(days=15)))
        assert [each.is_late for each in late] == [True, True]
        for account in ("animation", "etranger", "fol73"):
            assert ask(operations.pieces_awaited(cast[account], today + timedelta(days=15))) == []


class TestWhatIsMissing:
    def lacks(self, dossier: Dossier, on: date | None = None) -> dict[str, str]:
        found = operations.missing_pieces(dossier, today=on or TODAY())
        return {each.kind.pk: each.lack.value for each in found}

    def test_the_four_pieces_of_the_start(self, dossier: Dossier) -> None:
        expected = dict.fromkeys(("IDENTITE", "RESSOURCES", "AVIS_IMPOSITION", "DEMANDE_LOGEMENT"), "absent")
        assert self.lacks(dossier) == expected

    def test_there_verified_and_in_force(self, dossier: Dossier, siao: User) -> None:
        last = TODAY() + timedelta(days=5)
        made = joined(dossier, siao, valid_until=last)
        assert self.lacks(dossier)["AVIS_IMPOSITION"] == "unchecked"
        operations.check_document(made.pk, by=siao)
        assert "AVIS_IMPOSITION" not in self.lacks(dossier, last)
        assert self.lacks(dossier, last + timedelta(days=1))["AVIS_IMPOSITION"] == "expired"
        operations.remove_document(made.pk, Removal.MISTAKE, by=siao)
        assert self.lacks(dossier)["AVIS_IMPOSITION"] == "absent"

    def test_of_each_adult_and_not_of_the_children(self, dossier: Dossier, siao: User) -> None:
        for name, role in (("Aurèle", PersonRole.CONJOINT), ("Basile", PersonRole.ENFANT)):
            operations.add_member(dossier.pk, NewMember("Orsel", name, None, None, role), by=siao)
        asked = [each for each in operations.missing_pieces(dossier, today=TODAY()) if each.kind.pk == "IDENTITE"]
        assert [each.person.first_name for each in asked if each.person][1:] == ["Aurèle"]
        first = asked[0].person
        assert first is not None
        joined(dossier, siao, "IDENTITE", person=first.pk, is_checked=True)
        asked = [each for each in operations.missing_pieces(dossier, today=TODAY()) if each.kind.pk == "IDENTITE"]
        assert [each.person.first_name for each in asked if each.person] == ["Aurèle"]

    def test_of_some_households_only(self, dossier: Dossier) -> None:
        PieceKind.objects.filter(pk="ATTESTATION_CAF").update(step="READY", household_types=["COUPLE_AVEC_ENFANT"])
        assert "ATTESTATION_CAF" not in self.lacks(dossier)
        PieceKind.objects.filter(pk="ATTESTATION_CAF").update(household_types=["FEMME_ISOLE_SANS_ENFANT"])
        assert "ATTESTATION_CAF" in self.lacks(dossier)

    def test_said_in_the_refusal_of_the_act(self, dossier: Dossier, siao: User) -> None:
        complete(dossier)
        made = Document.objects.filter(person__isnull=False).get()
        operations.remove_document(made.pk, Removal.MISTAKE, by=siao)
        with pytest.raises(OperationRefused, match=r"^Il manque : pièce d’identité d(e |’)"):
            operations.declare_ready(dossier.pk, by=siao, on=TODAY())
