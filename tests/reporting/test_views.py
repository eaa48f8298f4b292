"""The page of the figures: published, computed, gap; it counts nothing and opens nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from audit.models import Entry
from reporting.models import FigureResult
from tests.fixtures import Cast, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
READERS = ["siao", "animation", "ddetspp", "coordination", "habitat", "finances", "ordonnateur", "observatoire"]
OTHERS = ["prescripteur", "bailleur", "fol73", "sante", "comptable", "dpo", "admin", "etranger"]
AT = datetime(2026, 3, 4, 13, 30, tzinfo=UTC)


def computed(figure: str, period: str, value: Any) -> None:
    FigureResult.objects.create(figure=figure, period=period, value=value, computed_at=AT)


def cells(answer: Any, label: str) -> list[str]:
    """Published, computed and gap of the line that bears this label."""
    html = answer.content.decode()
    start = html.index(label, html.index("<tbody"))
    row = html[start : html.index("</tr>", start)]
    return [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)]


@pytest.mark.parametrize("account", READERS)
def test_who_reads_figures(browse: Browse, account: str) -> None:
    computed("F01", "2022", 8)
    answer = browse(account).get("/chiffres/")
    assert cells(answer, "Commissions tenues") == ["8", "8", "aucun"]
    assert "Recalculé le 4 mars à 14 h 30." in text_of(answer)
    assert "Séances tenues dans l’année, avec ou sans situation." in text_of(answer)


@pytest.mark.parametrize("account", OTHERS)
def test_it_does_not_exist_for_others(browse: Browse, account: str) -> None:
    assert browse(account).get("/chiffres/").status_code == 404


def test_a_visitor_is_led_to_the_door(browse: Browse) -> None:
    assert browse("").get("/chiffres/").headers["Location"] == "/connexion/?next=/chiffres/"


def test_the_gap_is_published_less_computed_with_its_sign(browse: Browse) -> None:
    computed("F01", "2022", 11)
    computed("F03", "2022", 10)
    computed("F09", "2023", 1053)
    answer = browse("observatoire").get("/chiffres/")
    assert cells(answer, "Commissions tenues") == ["8", "11", "−3"]
    assert cells(answer, "Situations validées") == ["12", "10", "+2"]
    assert cells(answer, "Ressources moyennes") == ["1 041 €", "1 053 €", "−12"]
    assert "A05" in text_of(answer)


def test_parts_stand_in_the_order_of_the_report(browse: Browse) -> None:
    """`jsonb` gives the shortest key first: nobody reads a table so."""
    motives = {"ajournée": 5, "incarcération": 1, "a quitté le département": 3, "relogement dans le parc public": 2}
    computed("F05", "2023", {"motifs": motives, "evaluees": 24, "presentees": 13, "non_retenues": 11})
    computed("F08", "2023", {"age_min": 24, "age_max": 72, "age_moyen": 44.9})
    answer = browse("siao").get("/chiffres/?annee=2023")
    said = text_of(answer)
    words = [
        "évaluées 23 24 −1",
        "présentées 13",
        "non retenues 10",
        "a quitté",
        "relogement",
        "incarcération",
        "ajournée 5",
    ]
    places = [said.index(word, said.index("F05.")) for word in words]
    assert places == sorted(places)
    assert cells(answer, "âge moyen") == ["44,9", "44,9", "aucun"]
    assert said.index("âge moyen") < said.index("le plus jeune") < said.index("le plus âgé")


def test_what_one_side_lacks_is_a_dash_and_every_code_has_its_words(browse: Browse) -> None:
    computed("F11", "2031", {"maintien_sans_dette": 2, "perdu_de_vue": 1, "expulsion": 1, "retour_emploi": 0})
    answer = browse("siao").get("/chiffres/?annee=2031")
    assert cells(answer, "perdu de vue") == ["–", "1", "–"]
    assert cells(answer, "retour à l’emploi") == ["–", "0", "–"]
    assert "_" not in text_of(answer)
    published = browse("siao").get("/chiffres/?annee=2022")
    assert cells(published, "Situations validées") == ["12", "–", "–"]
    assert "Pas encore recalculé" in text_of(published)


@pytest.mark.parametrize("year", ["1066", "", "2022'--", "deux mille", "2022\0", "9" * 400, "<script>"])
def test_a_year_that_nobody_counted_shows_every_year(browse: Browse, year: str) -> None:
    answer = browse("siao").get("/chiffres/", {"annee": year})
    assert answer.status_code == 200
    assert "2022" in text_of(answer)
    assert "2023" in text_of(answer)
    assert "<script>" not in answer.content.decode()


def test_a_year_alone(browse: Browse) -> None:
    answer = browse("siao").get("/chiffres/?annee=2022")
    assert "Situations étudiées" in text_of(answer)
    assert "Ressources moyennes" not in text_of(answer)
    assert '<a class="chip" href="/chiffres/?annee=2022" aria-current="true">' in answer.content.decode()


def test_it_counts_nothing_opens_nothing_and_writes_nothing(browse: Browse, cast: Cast) -> None:
    computed("F01", "2022", 8)
    browser = browse("observatoire")
    browser.get("/chiffres/")  # the session is seen once a minute
    with statements() as sent, statements("keystore") as keys:
        browser.get("/chiffres/")
    assert keys == []
    assert {sql.split(" ", 1)[0] for sql in sent} == {"SELECT"}
    assert not [sql for sql in sent if any(name in sql for name in ("dossiers_", "commission_", "reporting_fact"))]
    assert len(sent) <= 6
    assert not Entry.objects.filter(actor_id=cast["observatoire"].pk).exists()
