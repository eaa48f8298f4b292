"""What ends, in « À faire »: pieces, permits, places, incomes; of the dossiers that one follows, never the unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.models import Answer, Dossier, Evaluation, HousingRequest, PieceKind, ResourceLine, State
from core.db import acting_as
from core.typography import day_and_month
from desk.dated import Kind, dated_for
from tests.dossiers.answering import under_evaluation
from tests.dossiers.files import joined
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of
from vault import keys
from vault.asking import ask
from vault.models import KeyClass

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()
ENDINGS = {Kind.EXPIRY, Kind.PERMIT, Kind.PLACE, Kind.INCOME}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, settings: Settings) -> None:
    settings.DOCUMENTS_DIR = tmp_path / "documents"


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def said(day: date) -> str:
    return day_and_month(day, today=TODAY)


def told(user: User) -> list[str]:
    """Why each thing that ends is told to this person, the first first."""
    with acting_as(user):
        lines, _ = ask(dated_for(user, TODAY))
        return [line.why for line in lines if line.kind in ENDINGS]


def answer(dossier: Dossier, key: str, on: date | None, **facts: Any) -> None:
    evaluation = Evaluation.objects.filter(dossier=dossier).latest("version")
    of = {
        "subject_id": dossier.household_id,
        "evaluation": evaluation,
        "dossier": dossier,
        "written_at": timezone.now(),
    }
    told_as = {"value": on.isoformat()} if on else {"empty_reason": "UNKNOWN"}
    Answer(**of, key=key, revision=1, **told_as, **facts).save(force_insert=True)


def income(dossier: Dossier, until: date | None, rank: int = 1) -> None:
    evaluation = Evaluation.objects.filter(dossier=dossier).latest("version")
    of = {"subject_id": dossier.household_id, "evaluation": evaluation, "dossier": dossier}
    ResourceLine(**of, rank=rank, nature="AAH", amount=Decimal(900), until=until).save(force_insert=True)


@pytest.fixture
def dossier(siao: User) -> Dossier:
    return under_evaluation(referent=siao)


class TestPieces:
    def test_one_that_expired_and_one_that_soon_will(self, siao: User, dossier: Dossier, browse: Browse) -> None:
        joined(dossier, siao, "AVIS_IMPOSITION", valid_until=in_days(-3))
        joined(dossier, siao, "RESSOURCES", valid_until=in_days(20))
        late, soon = told(siao)
        assert late.startswith(f"Pièce périmée depuis le {said(in_days(-3))}")
        assert "avis d’imposition" in late
        assert soon.startswith(f"Pièce valable jusqu’au {said(in_days(20))}")
        page = browse("siao").get("/a-faire/")
        assert f'href="/dossiers/{dossier.pk}/documents/demander/"' in page.content.decode()
        assert "Demander la pièce" in text_of(page)

    def test_neither_the_unknown_nor_the_far(self, siao: User, dossier: Dossier) -> None:
        joined(dossier, siao, "AVIS_IMPOSITION")
        joined(dossier, siao, "RESSOURCES", valid_until=in_days(31))
        assert told(siao) == []

    def test_one_that_another_covers_or_that_is_asked_for_already(self, siao: User, dossier: Dossier) -> None:
        joined(dossier, siao, "AVIS_IMPOSITION", valid_until=in_days(-40))
        joined(dossier, siao, "AVIS_IMPOSITION", valid_until=in_days(300))
        joined(dossier, siao, "RESSOURCES", valid_until=in_days(5))
        with acting_as(siao):
            asked = [operations.AskedPiece("RESSOURCES")]
            operations.ask_pieces(dossier.pk, asked, whom="PERSON", due_on=in_days(14), by=siao, on=TODAY)
        assert told(siao) == []

    @pytest.mark.parametrize("state", [State.LOGE, State.NON_RETENU])
    def test_not_once_the_household_needs_it_no_more(self, siao: User, state: State) -> None:
        joined(make_dossier(state=state, referent=siao), siao, "AVIS_IMPOSITION", valid_until=in_days(5))
        assert told(siao) == []

    @pytest.mark.parametrize("klass", [KeyClass.HEALTH, KeyClass.JUSTICE, KeyClass.BANK])
    def test_no_name_of_a_piece_that_another_reads(self, siao: User, dossier: Dossier, klass: str) -> None:
        kind = PieceKind.objects.filter(klass=klass).first()
        if kind is not None:
            joined(dossier, None, kind.code, valid_until=in_days(5))
        assert told(siao) == []


class TestPermits:
    def test_from_four_months_before_and_pressing_from_two(self, siao: User, browse: Browse) -> None:
        for days in (-5, 50, 110, 130):
            answer(under_evaluation(referent=siao), "residence_until", in_days(days))
        past, pressing, ahead = told(siao)
        assert past == f"Titre de séjour ou récépissé fini le {said(in_days(-5))} : vérifiez s’il est renouvelé."
        assert pressing.startswith(f"Pressant : titre de séjour ou récépissé valable jusqu’au {said(in_days(50))}")
        assert ahead.startswith(f"Titre de séjour ou récépissé valable jusqu’au {said(in_days(110))}")
        html = browse("siao").get("/a-faire/").content.decode()
        assert html.count("is-pressing") == 1
        assert "/evaluation/administratif/" in html

    def test_what_is_not_known_or_long_over_says_nothing(self, siao: User) -> None:
        answer(under_evaluation(referent=siao), "residence_until", None)
        answer(under_evaluation(referent=siao), "residence_until", in_days(-31))
        assert told(siao) == []

    def test_the_last_version_alone(self, siao: User) -> None:
        dossier = make_dossier("presented", state=State.VALIDE, referent=siao)
        last = Evaluation.objects.filter(dossier=dossier).latest("version")
        later = Evaluation(
            subject_id=dossier.household_id,
            dossier=dossier,
            version=last.version + 1,
            source=last.source,
            recorded_at=timezone.now(),
        )
        later.save(force_insert=True)
        answer(dossier, "residence_until", in_days(30))
        assert len(told(siao)) == 1
        newest = Evaluation(
            subject_id=dossier.household_id,
            dossier=dossier,
            version=last.version + 2,
            source=last.source,
            recorded_at=timezone.now(),
        )
        newest.save(force_insert=True)
        assert told(siao) == []


class TestPlacesAndIncomes:
    def test_a_place_to_leave(self, siao: User, dossier: Dossier, browse: Browse) -> None:
        answer(dossier, "leave_by", in_days(9))
        assert told(siao) == [f"Le ménage doit partir de là où il est avant le {said(in_days(9))}."]
        assert f"/dossiers/{dossier.pk}/evaluation/logement/" in browse("siao").get("/a-faire/").content.decode()

    def test_an_income_that_ends_without_its_nature(self, siao: User, dossier: Dossier) -> None:
        income(dossier, in_days(12))
        income(dossier, in_days(12), rank=2)
        income(dossier, None, rank=3)
        income(dossier, in_days(200), rank=4)
        assert told(siao) == [f"Une ressource du ménage finit le {said(in_days(12))}."]

    def test_one_that_has_just_ended(self, siao: User, dossier: Dossier) -> None:
        income(dossier, in_days(-2))
        answer(dossier, "leave_by", in_days(-4))
        assert told(siao) == [
            f"Le ménage devait partir de là où il était le {said(in_days(-4))} : vérifiez où il est.",
            f"Une ressource du ménage a fini le {said(in_days(-2))} : vérifiez ce qui suit.",
        ]


class TestForWhom:
    @pytest.fixture
    def everything(self, siao: User, dossier: Dossier) -> Dossier:
        joined(dossier, siao, "AVIS_IMPOSITION", valid_until=in_days(2))
        answer(dossier, "residence_until", in_days(3))
        answer(dossier, "leave_by", in_days(4))
        income(dossier, in_days(5))
        return dossier

    def test_who_follows_the_dossier_and_nobody_else(self, everything: Dossier, cast: Cast) -> None:
        assert len(told(cast["siao"])) == 4
        for account in ("siao2", "animation", "fol73", "sante", "prescripteur", "dpo", "comptable"):
            assert told(cast[account]) == [], account

    def test_in_as_many_statements_for_many(self, everything: Dossier, siao: User, browse: Browse) -> None:
        browser, sent = browse("siao"), []
        for _ in range(2):
            browser.get("/a-faire/")
            with statements() as each:
                browser.get("/a-faire/")
            sent.append(len(each))
            for _ in range(3):
                more = under_evaluation(referent=siao)
                joined(more, siao, "AVIS_IMPOSITION", valid_until=in_days(2))
                answer(more, "residence_until", in_days(3))
                answer(more, "leave_by", in_days(4))
                income(more, in_days(5))
        assert sent[0] == sent[1] <= 12

    def test_the_home_tells_all_at_once_in_twelve_statements(
        self, everything: Dossier, siao: User, browse: Browse
    ) -> None:
        """Whatever awaits: what ends, a piece asked for, a reminder, a request, a term, a letter, a review."""
        HousingRequest.objects.update(renewed_on=in_days(-370))
        with acting_as(siao):
            asked = [operations.AskedPiece("RESSOURCES")]
            operations.ask_pieces(everything.pk, asked, whom="PERSON", due_on=TODAY, remind_on=TODAY, by=siao, on=TODAY)
            operations.remind(everything.pk, text="Rappeler la CAF.", due_on=TODAY, by=siao)
        refused = make_dossier("adjourned", referent=siao)
        Dossier.objects.filter(pk=refused.pk).update(review_on=TODAY)
        make_dossier("presented", referent=siao)
        browser = browse("siao")
        browser.get("/")
        keys.forget_all()
        with statements() as sent, statements("keystore") as brought:
            page = text_of(browser.get("/"))
        for words in ("Rappeler la CAF.", "Pièce valable", "demande de logement social", "À réexaminer"):
            assert words in page
        assert len(sent) + len(brought) <= 12
