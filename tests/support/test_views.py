"""The « Accompagnement » tab of a dossier."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from cases.dossiers.models import Dossier
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure

pytestmark = pytest.mark.django_db


def tab(client: Client, user: User, dossier: Dossier) -> str:
    client.force_login(user)
    answer = client.get(reverse("support:dossier", args=[dossier.pk]))
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def test_a_measure_without_its_dates(client: Client, siao: User, dossier: Dossier) -> None:
    record_past_measure(dossier, MeasureKind.TOIT_DABORD, by=None)
    said = tab(client, siao, dossier)
    assert "<h3>Toi(t) d’abord</h3>" in said
    assert "Active" in said
    assert "<dt>Début</dt><dd>date non connue</dd>" in said


def test_without_a_measure(client: Client, siao: User, dossier: Dossier) -> None:
    assert "Pas d’accompagnement" in tab(client, siao, dossier)
