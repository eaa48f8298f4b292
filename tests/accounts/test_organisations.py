"""Organisations: recognised however they are written, one team each, one SIAO."""

from __future__ import annotations

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organisation, OrganisationAlias, OrganisationKind
from accounts.operations import create_organisation, install_siao, recognise_organisation, verify_organisation
from accounts.operations import siao as the_siao
from audit.models import Entry
from core.errors import NotAllowed, OperationRefused
from tests.fixtures import Cast, at_once, execute, refusal

pytestmark = pytest.mark.django_db
PRESCRIPTEUR, AUTRE, BAILLEUR = OrganisationKind.PRESCRIPTEUR, OrganisationKind.AUTRE, OrganisationKind.BAILLEUR


class TestNames:
    @pytest.mark.parametrize("written", ["l’Abri  des Bauges", "L'ABRI DES BAUGES", "L-Abri des bauges", "abri bauges"])
    def test_recognised_however_it_is_written(self, written: str) -> None:
        made = create_organisation("L’Abri des Bauges", PRESCRIPTEUR, by=None, aliases=("Abri Bauges",))
        assert recognise_organisation(written, PRESCRIPTEUR, by=None) == made
        assert Organisation.objects.known_as(written).get() == made

    def test_an_unknown_one_is_to_verify(self) -> None:
        made = recognise_organisation("  Maraude   du Nivolet ", PRESCRIPTEUR, by=None)
        assert (made.name, made.sort_key, made.is_to_verify) == ("Maraude du Nivolet", "maraude du nivolet", True)
        assert Entry.objects.get(event="organisation.created", target_id=made.pk).codes == {
            "kind": "PRESCRIPTEUR",
            "to_verify": True,
        }

    def test_two_never_share_a_name(self) -> None:
        create_organisation("Abri", PRESCRIPTEUR, by=None)
        for name, aliases in (("ABRI", ()), ("Autre maison", ("abri",))):
            with pytest.raises(IntegrityError), transaction.atomic():
                create_organisation(name, BAILLEUR, by=None, aliases=aliases)
        assert OrganisationAlias.objects.filter(key="abri").count() == 1

    @pytest.mark.parametrize("name", ["", "  ", "?", "–", "…", "***", "\u00a0"])
    def test_a_sign_is_not_a_name(self, name: str) -> None:
        """Otherwise « ? » and « – » would be one organisation, and every unreadable cell would name it."""
        with pytest.raises(OperationRefused, match="nom de l’organisme"):
            recognise_organisation(name, PRESCRIPTEUR, by=None)
        with pytest.raises(OperationRefused):
            create_organisation("Une maison", PRESCRIPTEUR, by=None, aliases=(name,))

    def test_its_nature_is_learnt_while_it_is_to_verify(self) -> None:
        recognise_organisation("Maison", AUTRE, by=None)
        assert recognise_organisation("Maison", BAILLEUR, by=None).kind == BAILLEUR
        assert recognise_organisation("Maison", PRESCRIPTEUR, by=None).kind == BAILLEUR

    @pytest.mark.django_db(transaction=True)
    def test_met_by_two_at_once(self) -> None:
        outcomes = at_once(*[partial(recognise_organisation, "Maison", PRESCRIPTEUR, by=None)] * 2)
        assert {type(error) for error in outcomes} <= {type(None), IntegrityError}
        assert Organisation.objects.known_as("maison").count() == 1


class TestVerifying:
    def test_it_keeps_answering_to_its_former_name(self, cast: Cast) -> None:
        met = recognise_organisation("Abri B.", AUTRE, by=None)
        verified = verify_organisation(met.pk, name="L’Abri des Bauges", kind=PRESCRIPTEUR, by=cast["admin"])
        assert (verified.is_to_verify, verified.kind, verified.sort_key) == (False, PRESCRIPTEUR, "l abri des bauges")
        for name in ("abri b", "L'abri des Bauges"):
            assert recognise_organisation(name, BAILLEUR, by=None) == met
        with pytest.raises(OperationRefused, match="déjà vérifiée"):
            verify_organisation(met.pk, name="Autre", kind=PRESCRIPTEUR, by=cast["admin"])

    def test_another_ones_name_is_refused(self, cast: Cast) -> None:
        met = recognise_organisation("Maison", AUTRE, by=None)
        with pytest.raises(OperationRefused, match="porte déjà ce nom"):
            verify_organisation(met.pk, name="fol 73", kind=PRESCRIPTEUR, by=cast["admin"])

    @pytest.mark.parametrize("account", ["siao", "dpo", "coordination", "etranger"])
    def test_not_by_everybody(self, cast: Cast, account: str) -> None:
        met = recognise_organisation("Maison", AUTRE, by=None)
        with pytest.raises(NotAllowed):
            verify_organisation(met.pk, name="Maison", kind=PRESCRIPTEUR, by=cast[account])


class TestTheSiao:
    def test_there_is_one_and_it_stays(self) -> None:
        before = the_siao()
        install_siao(connection)
        assert the_siao() == before
        assert Organisation.objects.known_as("siao 73").get() == before

    def test_there_is_only_one(self) -> None:
        error = refusal(lambda: create_organisation("Autre SIAO", OrganisationKind.SIAO, by=None))
        assert error.diag.constraint_name == "one_siao"

    def test_a_team_is_one_organisations(self) -> None:
        other = create_organisation("Maison", AUTRE, by=None)
        error = refusal(
            lambda: execute("UPDATE accounts_organisation SET team_id = %s WHERE id = %s", the_siao().team.pk, other.pk)
        )
        assert error.sqlstate == "23505"
