"""A protected household before the commission: told orally; no member reads a word of it, ever (ADR 0028)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from cases.dossiers.models import State
from cases.dossiers.operations import protect, unprotect
from commission import operations
from commission.models import Examen, ExamenGroupGrant, ExamenState, Fiche, Seance
from commission.operations import Decision
from core import outbox
from core.db import acting_as
from core.errors import OperationRefused
from tests.commission.test_fiches import READERS, SOON, TODAY, body, hold, open_today, ready, told_to
from tests.fixtures import Cast, as_role, execute, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]


@pytest.fixture
def seance(cast: Cast) -> Seance:
    made = operations.plan_seance(SOON, "Salle des Glycines", by=None)
    return operations.convene(made.pk, by=None)


@pytest.fixture
def examen(seance: Seance) -> Examen:
    """Told to the members, and not protected yet."""
    return operations.enrol(ready().pk, seance.pk, by=None)


def hide(examen: Examen, cast: Cast) -> None:
    with acting_as(cast["siao"]):
        protect(examen.dossier_id, [cast["siao"], cast["animation"]], by=cast["siao"])


def readers(cast: Cast) -> set[str]:
    return {account for account in READERS if told_to(cast[account])}


class TestClosing:
    @pytest.mark.parametrize("account", READERS)
    def test_at_once_without_any_job(self, cast: Cast, browse: Browse, examen: Examen, account: str) -> None:
        browser, pages = browse(account), _pages(examen)
        assert [browser.get(page).status_code for page in pages] == [200, 200]
        hide(examen, cast)
        assert [browser.get(page).status_code for page in pages] == [404, 404]
        assert told_to(cast[account]) == []
        with acting_as(cast[account]):
            assert not ExamenGroupGrant.ever.exists()
        told = text_of(browser.get(reverse("commission:seance", args=[examen.seance_id])))
        assert (examen.dossier.reference in told, "Aucune fiche" in told) == (False, True)

    def test_the_grants_end_too(self, cast: Cast, examen: Examen) -> None:
        hide(examen, cast)
        assert ExamenGroupGrant.objects.exists()
        outbox.run_all()
        assert not ExamenGroupGrant.objects.exists()
        assert ExamenGroupGrant.ever.exists()

    def test_the_landlord_that_volunteered_too(self, cast: Cast) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges")))
        made = Examen.objects.get(pk=made.pk)
        assert told_to(cast["bailleur"])
        hide(made, cast)
        assert readers(cast) == set()
        outbox.run_all()
        with pytest.raises(OperationRefused, match="se présente à l’oral"), acting_as(cast["siao"]):
            operations.extend_positioned(made.pk, by=cast["siao"])
        assert readers(cast) == set()

    def test_others_go_on_being_read(self, cast: Cast, seance: Seance, examen: Examen) -> None:
        other = operations.enrol(ready().pk, seance.pk, by=None)
        hide(examen, cast)
        outbox.run_all()
        assert [fiche.examen_id for fiche in told_to(cast["bailleur"])] == [other.pk]


class TestNeverOpened:
    def test_enrolled_when_it_is_protected(self, cast: Cast, seance: Seance) -> None:
        dossier = ready()
        with acting_as(cast["siao"]):
            protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        with acting_as(cast["animation"]):
            operations.enrol(dossier.pk, seance.pk, by=cast["animation"])
        operations.call_members(seance.pk, [body("Habitat des Bauges"), body("DDETSPP")], by=None)
        with as_role("seuil_worker"):
            operations.follow_seances([seance.pk])
        outbox.run_all()
        assert not Fiche.objects.exists()
        assert not ExamenGroupGrant.ever.exists()

    def test_presented_and_decided_nothing_is_written_for_the_members(self, cast: Cast) -> None:
        seance, dossier = open_today(TODAY), ready()
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        made = operations.enrol(dossier.pk, seance.pk, by=cast["animation"])
        operations.settle_agenda(seance.pk, by=cast["animation"])
        there = [body("Habitat des Bauges"), body("DDETSPP"), body("SIAO")]
        operations.open_seance(seance.pk, there, by=cast["animation"])
        operations.present_examen(made.pk, by=cast["animation"])
        chosen = Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges"))
        done = operations.decide(made.pk, chosen, by=cast["animation"])
        assert (done.shown_version, done.state, done.dossier.is_protected) == (None, ExamenState.VALIDEE, True)
        assert Examen.objects.get(pk=made.pk).dossier.state == State.VALIDE
        assert not Fiche.objects.exists()
        assert not ExamenGroupGrant.ever.exists()

    def test_a_grant_written_behind_the_operations_opens_nothing(self, cast: Cast, examen: Examen) -> None:
        hide(examen, cast)
        execute("UPDATE commission_examengroupgrant SET valid_until = now() + interval '100 days'")
        assert readers(cast) == set()


class TestLifting:
    def test_before_the_seance_its_members_read_again(self, cast: Cast, examen: Examen) -> None:
        hide(examen, cast)
        outbox.run_all()
        with acting_as(cast["animation"]):
            unprotect(examen.dossier_id, by=cast["animation"])
        outbox.run_all()
        assert readers(cast) == set(READERS)

    def test_after_it_nobody_does(self, cast: Cast) -> None:
        made = hold(open_today(TODAY), Decision(ExamenState.VALIDEE, landlord=body("Habitat des Bauges")))
        made = Examen.objects.get(pk=made.pk)
        hide(made, cast)
        outbox.run_all()
        unprotect(made.dossier_id, by=cast["animation"])
        outbox.run_all()
        assert readers(cast) == set()


class TestPages:
    def test_who_runs_the_seance_is_told_to_say_it(self, cast: Cast, browse: Browse, examen: Examen) -> None:
        hide(examen, cast)
        seance = reverse("commission:seance", args=[examen.seance_id])
        assert "à présenter à l’oral" in text_of(browse("animation").get(seance))
        assert examen.dossier.reference not in text_of(browse("siao2").get(seance))
        for page in (
            reverse("commission:preview", args=[examen.dossier_id]),
            reverse("commission:told", args=[examen.dossier_id, examen.pk]),
        ):
            assert "Aucun membre ne lit cette fiche" in text_of(browse("siao").get(page))
            assert browse("siao2").get(page).status_code == 404
        tab = text_of(browse("siao").get(reverse("commission:dossier", args=[examen.dossier_id])))
        assert "Ce qui sera dit à l’oral" in tab
        assert "Ce que verra le bailleur" not in tab

    def test_the_list_of_windows_says_nothing_is_open(self, cast: Cast, browse: Browse, examen: Examen) -> None:
        readings = reverse("commission:readings", args=[examen.seance_id])
        assert "Habitat des Bauges" in text_of(browse("siao").get(readings))
        hide(examen, cast)
        assert "Habitat des Bauges" not in text_of(browse("siao").get(readings))

    def test_no_reading_is_journaled(self, cast: Cast, browse: Browse, examen: Examen) -> None:
        hide(examen, cast)
        for page in _pages(examen):
            browse("bailleur").get(page)
        assert not Entry.objects.filter(event__startswith="fiche.", kind="READ").exists()

    def test_the_first_page_of_a_member_counts_none(self, cast: Cast, browse: Browse, examen: Examen) -> None:
        assert told_count(cast["bailleur"]) == 1
        hide(examen, cast)
        assert told_count(cast["bailleur"]) == 0


def told_count(user: User) -> int:
    with acting_as(user):
        return sum(operations.open_fiches(user).values())


def _pages(examen: Examen) -> list[str]:
    return [
        reverse("commission:fiche", args=[examen.seance_id, examen.pk]),
        reverse("commission:fiches_csv", args=[examen.seance_id]),
    ]
