"""Being on an agenda: it keeps the dossier open, one at a time, until the decision or the withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier, Hold, HoldCode, Outcome, Source, State
from commission import operations
from commission.models import Examen, ExamenState, Seance, SeanceState
from commission.operations import Decision, PastExamen
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.http import sentence_of
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, execute, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()
SOON, LATER, AGO = TODAY + timedelta(days=9), TODAY + timedelta(days=30), TODAY - timedelta(days=40)
FIRST = "retirez-le d’abord, onglet « Commission »"
DECIDED = [
    Decision(ExamenState.VALIDEE),
    Decision(ExamenState.VALIDEE_SOUS_RESERVE, note="Une attestation avant la fin du mois."),
    Decision(ExamenState.AJOURNEE_SEANCE, motive="AJOURNE_DETTE_LOCATIVE", review_on=LATER),
    Decision(ExamenState.NON_VALIDEE, motive="DEPART_DEPARTEMENT"),
]


@pytest.fixture
def seance(cast: Cast) -> Seance:
    return operations.plan_seance(TODAY, "Salle des Glycines", by=None)


@pytest.fixture
def examen(seance: Seance) -> Examen:
    """On the agenda of a séance that has not begun."""
    dossier = make_dossier(state=State.PRET)
    complete(dossier)
    return operations.enrol(dossier.pk, seance.pk, by=None)


def begin(seance: Seance) -> None:
    there = [the_siao(), *(Organisation.objects.known_as(name).get() for name in ("Habitat des Bauges", "DDETSPP"))]
    operations.convene(seance.pk, by=None)
    operations.settle_agenda(seance.pk, by=None)
    operations.open_seance(seance.pk, there, by=None)


def holders(dossier: Dossier) -> list[object]:
    open_holds = Hold.objects.filter(dossier=dossier, code=HoldCode.COMMISSION, released_at=None)
    return list(open_holds.values_list("holder_id", flat=True))


def close(dossier: Dossier, note: str = "") -> Dossier:
    return dossiers.close(dossier.pk, by=None, on=TODAY, outcome=Outcome.PERDU_DE_VUE, note=note)


class TestHold:
    @pytest.mark.parametrize("note", ["", "Le ménage est parti sans laisser d’adresse."])
    def test_it_does_not_close_and_one_is_told_what_to_do_first(self, examen: Examen, note: str) -> None:
        assert holders(examen.dossier) == [examen.pk]
        with pytest.raises(OperationRefused, match=FIRST):
            close(examen.dossier, note)
        operations.withdraw_examen(examen.pk, by=None)
        assert holders(examen.dossier) == []
        assert close(examen.dossier).state == State.CLOS
        told = Entry.objects.filter(event__in=["dossier.held", "dossier.released"]).order_by("recorded_at")
        assert [(each.event, each.codes) for each in told] == [
            ("dossier.held", {"code": "COMMISSION"}),
            ("dossier.released", {"code": "COMMISSION"}),
        ]

    @pytest.mark.parametrize("decision", DECIDED, ids=lambda decision: decision.state)
    def test_until_the_decision(self, examen: Examen, decision: Decision) -> None:
        begin(examen.seance)
        operations.present_examen(examen.pk, by=None)
        with pytest.raises(OperationRefused, match=FIRST):
            close(examen.dossier, "Une raison.")
        operations.decide(examen.pk, decision, by=None)
        assert holders(examen.dossier) == []
        assert close(examen.dossier).state == State.CLOS

    def test_until_it_is_withdrawn_in_session(self, examen: Examen) -> None:
        begin(examen.seance)
        operations.present_examen(examen.pk, by=None)
        operations.withdraw_examen(examen.pk, by=None)
        assert holders(examen.dossier) == []
        assert Dossier.objects.get(pk=examen.dossier_id).state == State.PRET

    def test_until_the_seance_is_cancelled(self, examen: Examen) -> None:
        operations.cancel_seance(examen.seance_id, by=None)
        assert (Examen.objects.get().state, holders(examen.dossier)) == (ExamenState.RETIREE, [])

    def test_by_each_person_s_own_rights(self, cast: Cast, examen: Examen) -> None:
        operations.withdraw_examen(examen.pk, by=None)
        with acting_as(cast["siao"]):
            again = operations.enrol(examen.dossier_id, examen.seance_id, by=cast["siao"])
        assert holders(examen.dossier) == [again.pk]
        begin(examen.seance)
        with acting_as(cast["animation"]):
            operations.present_examen(again.pk, by=cast["animation"])
            operations.decide(again.pk, Decision(ExamenState.VALIDEE), by=cast["animation"])
        assert holders(examen.dossier) == []


class TestRegister:
    def test_a_seance_to_come_holds_and_one_that_is_over_does_not(self, dossier: Dossier) -> None:
        past = operations.record_past_seance(AGO, "Aix", [], by=None)
        operations.record_past_examen(dossier, PastExamen(past, ExamenState.PRESENTEE), by=None)
        assert holders(dossier) == []
        coming = operations.record_past_seance(SOON, "Aix", [], by=None)
        told = operations.record_past_examen(dossier, PastExamen(coming, ExamenState.INSCRITE), by=None)
        assert holders(dossier) == [told.pk]
        assert list(Examen.objects.active()) == [told]

    @pytest.mark.parametrize("state", [ExamenState.VALIDEE, ExamenState.RETIREE])
    def test_its_decision_lets_go(self, dossier: Dossier, state: ExamenState) -> None:
        coming = operations.record_past_seance(SOON, "Aix", [], by=None)
        told = operations.record_past_examen(dossier, PastExamen(coming, ExamenState.INSCRITE), by=None)
        operations.decide_past_examen(told, state, by=None)
        assert holders(dossier) == []

    @pytest.mark.parametrize(("held_on", "state"), [(LATER, ExamenState.INSCRITE), (AGO, ExamenState.VALIDEE)])
    def test_another_date_takes_it_off_the_former_agenda(self, dossier: Dossier, held_on: object, state: str) -> None:
        coming = operations.record_past_seance(SOON, "Aix", [], by=None)
        former = operations.record_past_examen(dossier, PastExamen(coming, ExamenState.INSCRITE), by=None)
        another = operations.record_past_seance(held_on, "Aix", [], by=None)  # type: ignore[arg-type]
        told = operations.record_past_examen(dossier, PastExamen(another, ExamenState(state)), by=None)
        assert Examen.objects.get(pk=former.pk).state == ExamenState.RETIREE
        assert holders(dossier) == ([told.pk] if told.is_active else [])

    def test_an_agenda_settled_here_is_not_left_by_an_import(self, examen: Examen) -> None:
        coming = operations.record_past_seance(LATER, "Aix", [], by=None)
        told = PastExamen(coming, ExamenState.INSCRITE)
        with pytest.raises(
            OperationRefused, match=f"{TODAY:%d/%m/%Y} dans Seuil.*{LATER:%d/%m/%Y}.*Retirez-le d’abord"
        ):
            operations.record_past_examen(examen.dossier, told, by=None)
        past = operations.record_past_seance(AGO, "Aix", [], by=None)
        operations.record_past_examen(examen.dossier, PastExamen(past, ExamenState.AJOURNEE_SEANCE), by=None)
        assert holders(examen.dossier) == [examen.pk], "what is over stands beside"


class TestOneActive:
    @pytest.mark.parametrize("state", [ExamenState.INSCRITE, ExamenState.CONFIRMEE, ExamenState.PRESENTEE])
    def test_postgresql_refuses_a_second_one_and_it_is_said(self, examen: Examen, state: ExamenState) -> None:
        other = operations.plan_seance(SOON, "Aix", by=None)
        now = timezone.now()
        second = Examen(dossier=examen.dossier, seance=other, state=state, source=Source.ACT, created_at=now)
        assert refusal(partial(second.save, force_insert=True)).diag.constraint_name == "examen_one_active"

    def test_in_plain_french(self, examen: Examen) -> None:
        from django.db import IntegrityError, transaction

        other = operations.plan_seance(SOON, "Aix", by=None)
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            Examen.objects.create(dossier=examen.dossier, seance=other, created_at=timezone.now())
        assert "retirez-le d’abord de celui-là" in sentence_of(caught.value)

    def test_presentations_that_a_register_leaves_undecided_stand_side_by_side(self, dossier: Dossier) -> None:
        for day in (AGO, AGO + timedelta(days=7)):
            seance = operations.record_past_seance(day, "Aix", [], by=None)
            operations.record_past_examen(dossier, PastExamen(seance, ExamenState.PRESENTEE), by=None)
        assert Examen.objects.presented().count() == 2


class TestMigration:
    """Rows from before the rule: `0004_one_active_examen_holds_its_dossier`."""

    sql = import_module("commission.migrations.0004_one_active_examen_holds_its_dossier")

    def test_what_is_on_an_agenda_holds_once_and_a_closed_dossier_stays_as_it_is(self, examen: Examen) -> None:
        execute("DELETE FROM dossiers_hold")
        closed = make_dossier(state=State.PRET)
        complete(closed)
        operations.enrol(closed.pk, examen.seance_id, by=None)
        execute("DELETE FROM dossiers_hold")
        execute("UPDATE dossiers_dossier SET state = 'CLOS', closed_on = now() WHERE id = %s", closed.pk)
        past = operations.record_past_seance(AGO, "Aix", [], by=None)
        operations.record_past_examen(make_dossier(), PastExamen(past, ExamenState.PRESENTEE), by=None)
        for _ in range(2):
            execute(self.sql.HOLD)
        assert list(Hold.objects.values_list("holder_id", "code")) == [(examen.pk, HoldCode.COMMISSION)]
        operations.withdraw_examen(examen.pk, by=None)
        execute(self.sql.LET_GO)
        assert not Hold.objects.exists()

    def test_of_two_agendas_the_last_one_stands(self, examen: Examen) -> None:
        execute("DROP INDEX examen_one_active")
        other = operations.plan_seance(SOON, "Aix", by=None)
        later = Examen.objects.create(dossier=examen.dossier, seance=other, created_at=timezone.now())
        execute(self.sql.SETTLE)
        assert dict(Examen.objects.values_list("pk", "state")) == {examen.pk: "RETIREE", later.pk: "INSCRITE"}

    def test_a_dossier_closed_before_the_rule_does_not_hold_its_seance(self, examen: Examen) -> None:
        begin(examen.seance)
        operations.present_examen(examen.pk, by=None)
        execute("UPDATE dossiers_dossier SET state = 'CLOS', closed_on = now() WHERE id = %s", examen.dossier_id)
        operations.withdraw_examen(examen.pk, by=None)
        assert operations.close_seance(examen.seance_id, by=None).state == SeanceState.CLOTUREE
        assert Dossier.objects.get(pk=examen.dossier_id).state == State.CLOS


class TestWithdrawal:
    @pytest.mark.parametrize("page", ["dossier", "seance"])
    def test_the_siao_takes_it_off_and_stays_where_she_was(self, browse: Browse, examen: Examen, page: str) -> None:
        browser, dossier = browse("siao"), examen.dossier
        here = examen.seance.get_absolute_url() if page == "seance" else f"/dossiers/{dossier.pk}/commission/"
        act = f"/dossiers/{dossier.pk}/commission/{examen.pk}/retrait/"
        assert act in browser.get(here).content.decode()
        answer = browser.post(act, headers={"referer": f"http://testserver{here}"}, follow=True)
        assert answer.redirect_chain == [(f"http://testserver{here}", 302)]
        said = text_of(answer)
        assert f"{dossier.reference} est retiré de l’ordre du jour de la séance du {TODAY:%d/%m/%Y}." in said
        assert act not in answer.content.decode()
        assert Examen.objects.get().state == ExamenState.RETIREE

    def test_from_nowhere_one_comes_to_the_dossier(self, browse: Browse, examen: Examen) -> None:
        answer = browse("siao").post(f"/dossiers/{examen.dossier_id}/commission/{examen.pk}/retrait/")
        assert answer.headers["Location"] == f"/dossiers/{examen.dossier_id}/commission/"

    def test_once_presented_only_by_who_runs_the_seance(self, cast: Cast, browse: Browse, examen: Examen) -> None:
        begin(examen.seance)
        operations.present_examen(examen.pk, by=None)
        here, tab = examen.seance.get_absolute_url(), f"/dossiers/{examen.dossier_id}/commission/"
        for page in (here, tab):
            assert "retrait/" not in browse("siao").get(page).content.decode()
            assert f"{here}situations/{examen.pk}/retrait/" in browse("animation").get(page).content.decode()
        with acting_as(cast["siao"]), pytest.raises(NotAllowed):
            operations.withdraw_examen(examen.pk, by=cast["siao"])
        assert Examen.objects.get().state == ExamenState.PRESENTEE

    def test_what_is_offered_is_what_is_accepted(self, cast: Cast, examen: Examen) -> None:
        def offered() -> set[str]:
            found = Examen.objects.select_related("seance").get()
            return {account for account, user in cast.items() if operations.may_withdraw(found, user)}

        def accepted() -> set[str]:
            return {account for account, user in cast.items() if self.is_accepted(examen, user)}

        for expected in ({"siao", "siao2", "animation"}, {"siao", "siao2", "animation"}, {"animation"}, set()):
            assert offered() == accepted() == expected
            self.forward(examen)

    def is_accepted(self, examen: Examen, user: User) -> bool:
        from django.db import transaction
        from django_fsm import TransitionNotAllowed

        class Undo(Exception):
            pass

        try:
            with transaction.atomic(), acting_as(user):
                operations.withdraw_examen(examen.pk, by=user)
                raise Undo
        except Undo:
            return True
        except (OperationRefused, TransitionNotAllowed, Examen.DoesNotExist):
            return False

    def forward(self, examen: Examen) -> None:
        """On the agenda, in session, presented, decided."""
        state = Examen.objects.get().state
        if state == ExamenState.INSCRITE:
            begin(examen.seance)
        elif state == ExamenState.CONFIRMEE:
            operations.present_examen(examen.pk, by=None)
        elif state == ExamenState.PRESENTEE:
            operations.decide(examen.pk, Decision(ExamenState.VALIDEE), by=None)

    def test_not_of_a_hidden_dossier_nor_under_another_one(self, browse: Browse, examen: Examen) -> None:
        another = make_dossier()
        browser = browse("siao")
        assert browser.post(f"/dossiers/{another.pk}/commission/{examen.pk}/retrait/").status_code == 404
        assert browse("fol73").post(f"/dossiers/{examen.dossier_id}/commission/{examen.pk}/retrait/").status_code == 404
        assert Examen.objects.get().state == ExamenState.INSCRITE


class TestClosingPage:
    def test_it_says_what_to_do_first_and_leads_there(self, browse: Browse, examen: Examen) -> None:
        browser, here = browse("siao"), examen.dossier.get_absolute_url()
        said = text_of(browser.get(here))
        assert "La commission doit encore l’examiner." in said
        assert "Clore le dossier : il manque une chose" in said
        assert "Le dossier est à l’ordre du jour d’une séance" in said
        assert "Inscrivez le dossier à l’une d’elles" not in said
        page = browser.get(f"{here}actes/close/")
        assert FIRST in text_of(page)
        assert f"{here}commission/" in page.content.decode()
        assert "<textarea" not in page.content.decode()
        answer = browser.post(f"{here}actes/close/", {"outcome": "PERDU_DE_VUE", "note": "Une raison."})
        assert (answer.status_code, FIRST in text_of(answer)) == (422, True)
        assert Dossier.objects.get(pk=examen.dossier_id).state == State.PRET
