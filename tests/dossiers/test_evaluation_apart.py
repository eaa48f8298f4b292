"""Health and justice: their own keys, their own readers; for the others they do not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import grants
from accounts.models import Organisation
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import AnswerDraft, Dossier, HealthAnswer, JusticeAnswer, Participant, Removal
from cases.dossiers.models.questions import JUSTICE, SANTE
from cases.dossiers.operations import Keep, Told, household, settle, stop_sharing_health, write_answers
from cases.dossiers.operations.answers import drafts_of, held_apart
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.access.pages import masked as without_clocks
from tests.dossiers.answering import fill, under_evaluation
from tests.dossiers.files import joined
from tests.fixtures import Cast, execute, refusal, text_of
from vault import keys

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
NOTE = "Un suivi à la Combe, le mardi."
PLACE = "Pas à Valcombe."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_DIR = tmp_path / "documents"


@pytest.fixture
def dossier(cast: Cast) -> Dossier:
    """Open to the SIAO and to FOL 73."""
    found = under_evaluation(referent=cast["siao"])
    grants.grant(found, to=Organisation.objects.known_as("FOL 73").get().team, reason="test", by=None)
    return found


def health(dossier: Dossier, cast: Cast, *, shared: bool) -> None:
    with acting_as(cast["sante"]):
        write_answers(dossier.pk, {"health_notes": Told(NOTE, shared=shared)}, by=cast["sante"])


def paper(dossier: Dossier, cast: Cast) -> None:
    """Joined, verified, removed, by who cares."""
    with acting_as(cast["sante"]):
        made = joined(dossier, cast["sante"], "MEDICAL")
        operations.check_document(made.pk, by=cast["sante"])
        operations.remove_document(made.pk, Removal.MISTAKE, by=cast["sante"])


def page(dossier: Dossier, name: str) -> str:
    return reverse(f"dossiers:evaluation_{name}", args=[dossier.pk])


class TestHealth:
    def test_it_is_the_persons_under_the_key_of_health(self, cast: Cast, dossier: Dossier) -> None:
        health(dossier, cast, shared=False)
        row = HealthAnswer.objects.get()
        assert row.subject_id == Participant.objects.get(dossier=dossier).person_id
        assert (row.value, row.shared_on) == (NOTE, None)

    def test_postgresql_shows_it_to_who_cares_and_what_is_shared_to_the_social_worker(
        self, cast: Cast, dossier: Dossier
    ) -> None:
        health(dossier, cast, shared=False)
        assert readers(cast, HealthAnswer) == {"sante"}
        health(dossier, cast, shared=True)
        assert readers(cast, HealthAnswer) == {"sante", "fol73"}
        grants.revoke(dossier, of=Organisation.objects.known_as("FOL 73").get().team)
        assert readers(cast, HealthAnswer) == set()

    @pytest.mark.parametrize("account", ["siao", "animation", "fol73", "toit", "dpo", "etranger"])
    def test_nobody_else_writes(self, cast: Cast, dossier: Dossier, account: str) -> None:
        with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
            write_answers(dossier.pk, {"health_notes": Told(NOTE)}, by=cast[account])
        evaluation = fill(dossier, cast["siao"])
        with acting_as(cast[account]):
            assert execute("UPDATE dossiers_healthanswer SET revision = 2 RETURNING id") == []
            new = HealthAnswer(
                subject_id=dossier.pk,
                evaluation_id=evaluation.pk,
                dossier_id=dossier.pk,
                key="health_followed",
                revision=1,
                written_at=timezone.now(),
            )
            assert "row-level security" in str(refusal(lambda: new.save(force_insert=True)))

    def test_a_text_that_changes_is_no_longer_the_one_that_was_agreed_upon(self, cast: Cast, dossier: Dossier) -> None:
        health(dossier, cast, shared=True)
        since = date(2023, 5, 4)
        HealthAnswer.objects.update(shared_on=since)
        health(dossier, cast, shared=True)
        assert HealthAnswer.objects.get().shared_on == since, "the same text, the same day"
        write_answers(dossier.pk, {"health_notes": Told("Autre chose.")}, by=cast["sante"])
        assert HealthAnswer.objects.get().shared_on is None

    def test_an_agreement_taken_back_closes_at_once_even_what_is_frozen(self, cast: Cast, dossier: Dossier) -> None:
        health(dossier, cast, shared=True)
        operations.freeze_evaluation(dossier)
        with acting_as(cast["sante"]):
            assert stop_sharing_health(dossier.pk, by=cast["sante"]) == 1
        assert readers(cast, HealthAnswer) == {"sante"}
        error = refusal(lambda: execute("UPDATE dossiers_healthanswer SET revision = 9"))
        assert "figée" in str(error.diag.message_primary)

    def test_frozen_it_waits_for_another_version_and_is_found_again_from_it(self, cast: Cast, dossier: Dossier) -> None:
        health(dossier, cast, shared=False)
        operations.freeze_evaluation(dossier)
        with pytest.raises(OperationRefused, match="figée"):
            write_answers(dossier.pk, {"health_needs": Told("Un ascenseur.")}, by=cast["sante"])
        with acting_as(cast["siao"]):  # who makes the next version reads nothing of it
            write_answers(dossier.pk, {"language": Told("peul")}, by=cast["siao"])
        assert held_apart(dossier, SANTE, cast["sante"])["health_notes"].value == NOTE

    def test_the_pages(self, browse: Browse, cast: Cast, dossier: Dossier) -> None:
        nurse, worker = browse("sante"), browse("fol73")
        data = {"health_notes": NOTE, "health_notes-vu": held_apart(dossier, SANTE, None)["health_notes"].token}
        assert nurse.post(page(dossier, "health"), data).status_code == 302
        assert NOTE in nurse.get(page(dossier, "health")).content.decode()
        said = text_of(worker.get(page(dossier, "health")))
        assert NOTE not in said
        assert "Rien ici pour l’instant" in said
        token = held_apart(dossier, SANTE, None)["health_notes"].token
        data |= {"health_notes-partage": "on", "health_notes-vu": token}
        nurse.post(page(dossier, "health"), data)
        assert NOTE in text_of(worker.get(page(dossier, "health")))
        assert worker.post(page(dossier, "health"), data).status_code == 404
        assert "Ne plus rien partager" in text_of(nurse.get(page(dossier, "health")))
        assert nurse.post(page(dossier, "unshare")).status_code == 302
        assert NOTE not in text_of(worker.get(page(dossier, "health")))

    @pytest.mark.parametrize("account", ["siao", "siao2", "animation", "dpo", "prescripteur", "etranger"])
    def test_nothing_betrays_it_to_the_others(self, browse: Browse, cast: Cast, dossier: Dossier, account: str) -> None:
        reads = account in ("siao", "siao2", "animation")
        addresses = [dossier.get_absolute_url(), f"{dossier.get_absolute_url()}journal/"]
        before = [masked(browse(account).get(address)) for address in addresses] if reads else []
        health(dossier, cast, shared=True)
        paper(dossier, cast)
        assert browse(account).get(page(dossier, "health")).status_code == 404
        assert browse(account).post(page(dossier, "unshare")).status_code == 404
        if reads:
            after = [masked(browse(account).get(address)) for address in addresses]
            assert after == before
            assert "Santé" not in "".join(after)

    def test_its_journal_is_for_its_readers_and_for_the_dpo(self, cast: Cast, dossier: Dossier) -> None:
        health(dossier, cast, shared=True)
        assert Entry.objects.filter(event="health.written").get().codes == {"questions": ["health_notes"]}
        told = {name for name, user in cast.items() if _reads(user, "health.written")}
        assert told == {"sante", "dpo"}

    @pytest.mark.parametrize("event", ["document.added", "document.checked", "document.removed"])
    def test_what_is_done_of_its_pieces_is_known_as_they_are(self, cast: Cast, dossier: Dossier, event: str) -> None:
        paper(dossier, cast)
        assert {name for name, user in cast.items() if _reads(user, event)} == {"sante", "fol73", "dpo"}
        assert Entry.objects.get(event=event).codes["klass"] == "HEALTH"

    def test_a_piece_of_another_class_is_still_told(self, cast: Cast, dossier: Dossier) -> None:
        joined(dossier, cast["siao"])
        told = {name for name, user in cast.items() if _reads(user, "document.added")}
        assert told == {"siao", "siao2", "animation", "fol73", "dpo"}


class TestJustice:
    def test_the_siao_writes_the_social_worker_reads(self, browse: Browse, cast: Cast, dossier: Dossier) -> None:
        held = held_apart(dossier, JUSTICE, None)
        data = {"place_constraint": PLACE, "place_constraint-vu": held["place_constraint"].token}
        data |= {"release_on": "01/02/2027", "release_on-vu": held["release_on"].token}
        assert browse("siao").post(page(dossier, "justice"), data).status_code == 302
        assert readers(cast, JusticeAnswer) == {"siao", "siao2", "fol73"}
        assert PLACE in text_of(browse("fol73").get(page(dossier, "justice")))
        assert browse("fol73").post(page(dossier, "justice"), data).status_code == 404
        assert "Justice" in text_of(browse("siao").get(reverse("dossiers:evaluation", args=[dossier.pk])))

    @pytest.mark.parametrize("account", ["animation", "sante", "prescripteur", "dpo", "toit", "etranger"])
    def test_for_the_others_it_does_not_exist(self, browse: Browse, cast: Cast, dossier: Dossier, account: str) -> None:
        fill(dossier, cast["siao"])
        assert browse(account).get(page(dossier, "justice")).status_code == 404
        with acting_as(cast[account]):
            assert not JusticeAnswer.objects.exists()
        with acting_as(cast[account]), pytest.raises((NotAllowed, Dossier.DoesNotExist)):
            write_answers(dossier.pk, {"place_constraint": Told(PLACE)}, by=cast[account])

    def test_a_release_that_is_no_date(self, browse: Browse, dossier: Dossier) -> None:
        token = held_apart(dossier, JUSTICE, None)["release_on"].token
        answer = browse("siao").post(page(dossier, "justice"), {"release_on": "31/02/2027", "release_on-vu": token})
        assert answer.status_code == 422
        assert not JusticeAnswer.objects.exists()


class TestAnotherTitulaire:
    """Health and justice are a person's: who takes her place in the dossier takes over none of it."""

    NEXT = "Un suivi à Bissy, le jeudi."

    @pytest.fixture
    def told(self, cast: Cast, dossier: Dossier) -> Participant:
        """Another member of the household; the notes of its titulaire, and what the nurse has not settled."""
        found = household.enter_household(
            dossier.pk, household.Identity("Orsel"), household.Place("CONJOINT"), on=None, by=None
        )
        health(dossier, cast, shared=True)
        write_answers(dossier.pk, {"place_constraint": Told(PLACE)}, by=None)
        write_answers(dossier.pk, {"health_notes": Told("Autrement.", seen="0-")}, by=cast["sante"])
        assert list(drafts_of(dossier, cast["sante"], SANTE.questions)) == ["health_notes"]
        return found

    def replace(self, dossier: Dossier, how: str, heir: Participant) -> None:
        """The titulaire dies, parts from the household, or stays in it under another's name."""
        former = Participant.objects.get(dossier=dossier, role="TITULAIRE")
        today = timezone.localdate()
        if how == "death":
            household.leave_household(dossier.pk, former.pk, "DECES", on=today, by=None, successor=heir.pk)
        elif how == "split":
            household.split_household(dossier.pk, household.Split(former.pk, today, successor=heir.pk), by=None)
        else:
            household.make_titulaire(dossier.pk, heir.pk, on=today, by=None)

    @pytest.mark.parametrize("how", ["death", "split", "name"])
    def test_nothing_of_the_former_is_shown(
        self, browse: Browse, cast: Cast, dossier: Dossier, told: Participant, how: str
    ) -> None:
        assert NOTE in text_of(browse("fol73").get(page(dossier, "health")))
        self.replace(dossier, how, told)
        for account, name in [("sante", "health"), ("fol73", "health"), ("siao", "justice"), ("fol73", "justice")]:
            said = browse(account).get(page(dossier, name)).content.decode()
            assert not [words for words in (NOTE, PLACE, "Autrement.") if words in said], (account, name)
        assert drafts_of(dossier, cast["sante"], SANTE.questions) == {}

    @pytest.mark.parametrize("how", ["death", "split", "name"])
    def test_what_is_written_next_is_sealed_for_the_next(
        self, cast: Cast, dossier: Dossier, told: Participant, how: str
    ) -> None:
        former = Participant.objects.get(dossier=dossier, role="TITULAIRE").person_id
        self.replace(dossier, how, told)
        with acting_as(cast["sante"]):
            asked = {"health_notes": Told(self.NEXT, seen=held_apart(dossier, SANTE, None)["health_notes"].token)}
            assert write_answers(dossier.pk, asked, by=cast["sante"]).outcomes == {"health_notes": "written"}
        write_answers(dossier.pk, {"place_constraint": Told("Pas à Bissy.")}, by=None)
        notes = {row.subject_id: row.value for row in HealthAnswer.objects.all()}
        assert notes == {former: NOTE, told.person_id: self.NEXT}
        places = {row.subject_id: row.value for row in JusticeAnswer.objects.all()}
        assert places == {former: PLACE, told.person_id: "Pas à Bissy."}
        assert HealthAnswer.objects.get(subject_id=former).shared_on is not None, "her agreement was for her own"
        assert HealthAnswer.objects.get(subject_id=told.person_id).shared_on is None
        keys.destroy([told.person_id])
        assert HealthAnswer.objects.get(subject_id=former).value == NOTE, "one is erased without the other"

    def test_a_text_that_waits_is_kept_for_each(self, cast: Cast, dossier: Dossier, told: Participant) -> None:
        self.replace(dossier, "name", told)
        write_answers(dossier.pk, {"health_notes": Told(self.NEXT)}, by=None)
        write_answers(dossier.pk, {"health_notes": Told("Le sien.", seen="0-")}, by=cast["sante"])
        assert drafts_of(dossier, cast["sante"], SANTE.questions)["health_notes"].value == "Le sien."
        settle(
            dossier.pk,
            "health_notes",
            Keep.MINE,
            seen=held_apart(dossier, SANTE, None)["health_notes"].token,
            by=cast["sante"],
        )
        assert held_apart(dossier, SANTE, None)["health_notes"].value == "Le sien."
        assert AnswerDraft.objects.count() == 1, "the former's own waits still"

    def test_who_is_titulaire_again_finds_hers_and_takes_back_hers_alone(
        self, cast: Cast, dossier: Dossier, told: Participant
    ) -> None:
        former = Participant.objects.get(dossier=dossier, role="TITULAIRE")
        self.replace(dossier, "name", told)
        write_answers(dossier.pk, {"health_notes": Told(self.NEXT, shared=True)}, by=cast["sante"])
        assert stop_sharing_health(dossier.pk, by=cast["sante"]) == 1
        assert HealthAnswer.objects.get(shared_on__isnull=False).subject_id == former.person_id
        household.make_titulaire(dossier.pk, former.pk, on=timezone.localdate(), by=None)
        assert held_apart(dossier, SANTE, cast["fol73"])["health_notes"].value == NOTE
        assert held_apart(dossier, JUSTICE, cast["fol73"])["place_constraint"].value == PLACE

    def test_a_split_carries_none_of_them_along(
        self, browse: Browse, cast: Cast, dossier: Dossier, told: Participant
    ) -> None:
        """The dossier that is opened has its own evaluation: who cares asks again, in a place of hers."""
        self.replace(dossier, "split", told)
        made = Dossier.objects.get(predecessor=dossier)
        assert held_apart(made, SANTE, None)["health_notes"].revision == 0
        assert {row.dossier_id for row in HealthAnswer.objects.all()} == {dossier.pk}


def readers(cast: Cast, model: Any) -> set[str]:
    found = set()
    for name, user in cast.items():
        with acting_as(user):
            if model.objects.exists():
                found.add(name)
    return found


def _reads(user: Any, event: str) -> bool:
    with acting_as(user):
        return Entry.objects.filter(event=event).exists()


def masked(answer: Any) -> str:
    assert answer.status_code == 200
    return without_clocks(answer.content.decode())
