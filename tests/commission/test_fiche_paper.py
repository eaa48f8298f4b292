"""The fiche on paper: the words of the page, its reader's name all over, and nothing that must not be told."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Entry, Kind
from cases.dossiers.models import State
from commission import operations
from commission.models import Examen
from tests.factories import complete, make_dossier
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]


@pytest.fixture
def examen(cast: Cast) -> Examen:
    """A situation on the agenda of a convened séance."""
    seance = operations.plan_seance(timezone.localdate() + timedelta(days=9), "Salle des Glycines", by=None)
    dossier = make_dossier(
        state=State.PRET,
        referent=cast["siao"],
        last_name="Zzcanari",
        resource="AAH",
        resources=Decimal("1016.05"),
        rent_debt=Decimal("860.40"),
        ethos="6.1 zzcanari sortie de prison",
    )
    complete(dossier)
    operations.convene(seance.pk, by=None)
    return operations.enrol(dossier.pk, seance.pk, by=None)


def plain(text: str) -> str:
    return " ".join(text.split())


def printed(answer: Any) -> str:
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-store"
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return plain(" ".join(page.extract_text() for page in pages))


def told_on(page: str) -> list[str]:
    """Each label and value of the sheet of a page."""
    found = re.findall(r"<d[td]>(.*?)</d[td]>", page, re.DOTALL)
    return [plain(html.unescape(re.sub(r"<[^>]*>", "", each))) for each in found]


def test_it_says_what_the_page_says(browse: Browse, examen: Examen) -> None:
    browser, url = browse("bailleur"), f"/seances/{examen.seance_id}/fiches/{examen.pk}/"
    page = browser.get(url).content.decode()
    assert f'href="{url}pdf/"' in page
    paper = printed(browser.get(f"{url}pdf/"))
    told = told_on(page)
    assert len(told) == 28
    without_year = re.compile(r"^demande valable jusqu’au ")  # on paper a date always says its year
    assert [each for each in told if each not in paper and not without_year.match(each)] == []
    assert "Habitat des Bauges" in paper
    assert "Sans nom, sans santé, sans justice." in paper
    assert "Projet :" not in paper
    for unsaid in ("anari", "AAH", "1 016", "prison", "Vautrin"):
        assert unsaid not in paper


def test_taken_away_it_is_journaled_so_with_its_version(browse: Browse, examen: Examen) -> None:
    browse("bailleur").get(f"/seances/{examen.seance_id}/fiches/{examen.pk}/pdf/")
    entry = Entry.objects.get(kind=Kind.READ, event="fiche.exported")
    assert entry.codes["version"] == 1
    assert entry.dossier_id == examen.dossier_id


def test_who_is_not_called_has_none(browse: Browse, examen: Examen) -> None:
    for account in ("prescripteur", "fol73", "dpo", "etranger"):
        assert browse(account).get(f"/seances/{examen.seance_id}/fiches/{examen.pk}/pdf/").status_code == 404


def test_the_siao_sees_it_before_under_a_band(browse: Browse, examen: Examen, cast: Cast) -> None:
    before = make_dossier(state=State.PRET, referent=cast["siao"])
    assert "cette fiche n’est pas encore partagée" in printed(
        browse("siao").get(f"/dossiers/{before.pk}/commission/fiche/pdf/")
    )
    shared = browse("siao").get(f"/dossiers/{examen.dossier_id}/commission/{examen.pk}/fiche/pdf/")
    assert "n’est pas encore partagée" not in printed(shared)
    assert browse("fol73").get(f"/dossiers/{examen.dossier_id}/commission/fiche/pdf/").status_code == 404
