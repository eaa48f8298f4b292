"""What is possible, and what is missing for it, in words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.models import Adhesion, Dossier, Evaluation, HoldCode, HousingRequest, Person, PieceKind, State
from cases.dossiers.operations import ACTS, Possible, possible_acts
from cases.dossiers.views.piece_words import named
from core.db import acting_as
from core.errors import OperationRefused
from core.workflow import moves
from tests.dossiers.acts import CASES, prepared
from tests.factories import answer_all, complete, make_dossier
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
THE = {case.name: case for case in CASES}
MISSING = {
    "prescribe": [
        "L’organisme qui oriente le ménage.",
        "L’information de la personne, et comment elle l’a reçue.",
        "L’accord de la personne, ou la raison pour laquelle il manque.",
    ],
    "start_evaluation": ["Un référent pour ce dossier."],
    "complete_evaluation": [
        "La date de l’évaluation.",
        "La composition du ménage.",
        "Le droit au séjour.",
        "Les ressources du mois.",
        "La dette de loyer, même à zéro.",
        "Les communes souhaitées.",
        "La taille de logement souhaitée.",
        "Les besoins d’accompagnement.",
        "Le numéro unique, ou la raison de son absence.",
    ],
    "declare_ready": [
        "L’adhésion du ménage au projet.",
        "Le numéro unique, ou la raison de son absence.",
        "La date de la demande de logement social, ou de son renouvellement.",
        "Pièce d’identité de Berthe Savarin.",
        "Justificatif de ressources.",
        "Avis d’imposition.",
        "Attestation de demande de logement social.",
    ],
    "house": ["Un bail signé, avec sa date d’entrée."],
    "hand_over": ["Un accompagnement en place, pour passer le relais."],
}


def act(dossier: Dossier, name: str, user: User) -> Possible:
    return next(found for found in possible_acts(dossier, user=user, today=timezone.localdate()) if found.name == name)


@pytest.mark.parametrize("said", ["de Hakim Orsel", "de Yannick Orsel", "d’Hortense Orsel", "d’Yves Orsel"])
def test_whose_piece_is_missing(siao: User, said: str) -> None:
    """In what an act lacks, and among the pieces."""
    first = said.removeprefix("de ").removeprefix("d’").split()[0]
    dossier = make_dossier("bare", state=THE["declare_ready"].source, first_name=first, last_name="Orsel")
    lacking = [condition.text for condition in act(dossier, "declare_ready", siao).missing]
    assert f"Pièce d’identité {said}." in lacking
    person = Person.objects.get(participations__dossier=dossier)
    assert named(PieceKind.objects.get(pk="IDENTITE"), person, siao) == f"Pièce d’identité {said}"


@pytest.mark.parametrize("name", MISSING)
def test_what_a_bare_dossier_lacks(siao: User, name: str) -> None:
    dossier = make_dossier("bare", state=THE[name].source, first_name="Berthe", last_name="Savarin")
    assert [condition.text for condition in act(dossier, name, siao).missing] == MISSING[name]
    assert not act(dossier, name, siao).is_ready
    first, *others = MISSING[name]
    with acting_as(siao), pytest.raises(OperationRefused) as refused:
        THE[name].do(dossier, siao)
    assert str(refused.value) == " ".join(["Il manque :", first[0].lower() + first[1:], *others])


@pytest.mark.parametrize("name", MISSING)
def test_a_complete_dossier_lacks_nothing_and_says_so(siao: User, name: str) -> None:
    dossier = prepared(THE[name].source, referent=siao, act=name)
    found = act(dossier, name, siao)
    assert found.missing == []
    assert all(condition.text and condition.text == condition.met for condition in found.conditions)


class TestHousingRequest:
    @pytest.mark.parametrize(
        ("days", "said"),
        [
            (0, None),
            (365, None),
            (367, "Une demande de logement social encore valable : la sienne a plus d’un an."),
            (None, "La date de la demande de logement social, ou de son renouvellement."),
        ],
    )
    def test_it_lasts_a_year(self, siao: User, dossier: Dossier, days: int | None, said: str | None) -> None:
        complete(dossier)
        renewed = None if days is None else timezone.localdate() - timedelta(days=days)
        HousingRequest.objects.update(renewed_on=renewed)
        assert [condition.text for condition in act(dossier, "declare_ready", siao).missing] == ([said] if said else [])

    def test_its_absence_may_be_explained(self, siao: User) -> None:
        dossier = make_dossier(state=State.EN_EVALUATION, unique_number=None)
        answer_all(dossier)
        assert "Le numéro unique, ou la raison de son absence." in [
            condition.text for condition in act(dossier, "complete_evaluation", siao).missing
        ]
        row = HousingRequest.objects.get()
        row.missing_reason = "SANS_PAPIERS"
        row.save(update_fields=["missing_reason"])
        found = act(dossier, "complete_evaluation", siao)
        assert found.is_ready
        assert "L’absence de numéro unique est expliquée." in [condition.text for condition in found.conditions]


@pytest.mark.parametrize("adhesion", [None, Adhesion.NON.value])
def test_a_household_that_does_not_want_the_project_is_not_presented(
    siao: User, dossier: Dossier, adhesion: str | None
) -> None:
    complete(dossier)
    evaluation = Evaluation.objects.get()
    evaluation.adhesion = adhesion
    evaluation.save(update_fields=["adhesion"])
    assert [c.text for c in act(dossier, "declare_ready", siao).missing] == ["L’adhésion du ménage au projet."]


def test_zero_is_a_debt_that_is_known(siao: User) -> None:
    dossier = make_dossier(state=State.EN_EVALUATION, rent_debt=0, resources=0)
    answer_all(dossier)
    assert act(dossier, "complete_evaluation", siao).is_ready


def test_the_last_version_counts(siao: User, dossier: Dossier) -> None:
    complete(dossier)
    Evaluation(
        dossier=dossier, subject_id=dossier.household_id, version=2, source="ACT", recorded_at=timezone.now()
    ).save()
    assert [c.text for c in act(dossier, "declare_ready", siao).missing] == ["L’adhésion du ménage au projet."]


class TestHolds:
    def test_each_one_is_said(self, siao: User, dossier: Dossier) -> None:
        for code in (HoldCode.MEASURE, HoldCode.MEASURE, HoldCode.PECULE):
            operations.hold(dossier, code, holder=uuid4(), by=None)
        assert [condition.text for condition in act(dossier, "close", siao).missing] == [
            "La fin de ce qui retient le dossier : un accompagnement est en cours.",
            "La fin de ce qui retient le dossier : un accompagnement est en cours.",
            "La fin de ce qui retient le dossier : un droit au pécule est ouvert.",
        ]

    def test_nothing_open(self, siao: User, dossier: Dossier) -> None:
        assert [condition.text for condition in act(dossier, "close", siao).conditions] == [
            "Rien n’est en cours : ni bail, ni accompagnement, ni pécule."
        ]


class TestPossibleActs:
    @pytest.mark.parametrize("state", State)
    def test_only_declared_ones_and_the_way_forward_first(self, siao: User, state: State) -> None:
        dossier = prepared(state, referent=siao)
        found = possible_acts(dossier, user=siao, today=TODAY)
        declared = {move.name for move in moves(Dossier) if move.source == state}
        assert {possible.name for possible in found} == declared & set(ACTS)
        leading = [possible.act.leads for possible in found]
        assert leading == sorted(leading, reverse=True)

    def test_the_role_says_which(self, cast: Cast, dossier: Dossier) -> None:
        for account in ("fol73", "animation", "prescripteur", "dpo", "etranger"):
            assert possible_acts(dossier, user=cast[account], today=TODAY) == []

    def test_what_is_done_in_session_has_no_button_here(self, siao: User) -> None:
        for name in ("present", "admit"):
            dossier = prepared(THE[name].source, referent=siao, act=name)
            found = act(dossier, name, siao)
            assert found.missing == []
            assert not found.is_ready
            assert "séance" in found.act.elsewhere

    def test_every_act_is_declared(self) -> None:
        assert set(ACTS) <= {move.name for move in moves(Dossier)}

    def test_a_few_queries_whatever_the_acts(self, siao: User) -> None:
        dossier = prepared(State.EN_COMMISSION, referent=siao)
        siao.get_all_permissions()
        with CaptureQueriesContext(connection) as queries:
            possible_acts(dossier, user=siao, today=TODAY)
        assert len(queries) == 3


@pytest.mark.parametrize("values", [{"motive": "x"}, {"note": "y"}, {"review_on": TODAY}])
def test_an_act_takes_nothing_that_it_does_not_ask(siao: User, dossier: Dossier, values: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        operations.declare_ready(dossier.pk, by=siao, on=TODAY, **values)
