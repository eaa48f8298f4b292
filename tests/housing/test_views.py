"""The « Logement » tab of a dossier."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts import grants
from accounts.models import OrganisationKind, User
from accounts.operations import recognise_organisation
from cases.dossiers.models import Dossier, Outcome
from cases.housing.models import LeaseKind, Parc
from cases.housing.operations import PastLease, record_past_lease, record_past_outcome
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def housed(dossier: Dossier) -> Dossier:
    """A household whose lease ended with an incarceration."""
    landlord = recognise_organisation("Foncière du Nivolet", OrganisationKind.BAILLEUR, by=None)
    record_past_lease(dossier, PastLease(LeaseKind.NOM_PROPRE, Parc.PUBLIC, date(2023, 6, 5), landlord), by=None)
    record_past_outcome(dossier, Outcome.INCARCERATION, on=date(2024, 2, 8), motive=None, by=None)
    return dossier


def tab(client: Client, user: User, dossier: Dossier) -> str:
    client.force_login(user)
    answer = client.get(reverse("housing:dossier", args=[dossier.pk]))
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def test_a_lease_and_its_end(client: Client, siao: User, housed: Dossier) -> None:
    said = tab(client, siao, housed)
    for words in ("Bail en nom propre", "Foncière du Nivolet", "05/06/2023", "08/02/2024", "Terminé", "Incarcération"):
        assert words in said
    assert "<dt>Entrée</dt><dd>date non connue</dd>" in said


@pytest.mark.parametrize("account", ["animation", "fol73", "sante", "dpo"])
def test_what_is_not_everyone_s_to_read(client: Client, cast: Cast, housed: Dossier, account: str) -> None:
    grants.grant(housed, to=cast[account], reason="essai", by=None)
    said = tab(client, cast[account], housed)
    assert "Bail en nom propre" in said
    assert "ncarcération" not in said


def test_without_a_lease(client: Client, siao: User, dossier: Dossier) -> None:
    assert "Pas encore de bail" in tab(client, siao, dossier)
