"""The « Accompagnement » tab of a dossier."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation, User
from cases.dossiers.models import Dossier
from cases.dossiers.operations import protect
from cases.support.models import MeasureKind
from cases.support.operations import record_past_measure
from tests.fixtures import Cast, text_of

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


def test_of_a_protected_dossier_the_team_sees_nothing_and_it_is_said(
    browse: Callable[[str], Client], cast: Cast, dossier: Dossier
) -> None:
    protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
    url = reverse("support:open", args=[dossier.pk])
    said = "tant qu’il l’est, l’équipe ne le voit pas"
    assert said in text_of(browse("siao").get(url))
    team = Organisation.objects.known_as("FOL 73").get()
    told = {"kind": "AVDL", "operator": str(team.pk), "started_on": f"{timezone.localdate():%d/%m/%Y}"}
    assert said in text_of(browse("siao").post(url, told, follow=True))
    assert browse("fol73").get(dossier.get_absolute_url()).status_code == 404
