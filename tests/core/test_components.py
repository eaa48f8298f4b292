"""Components say what they must: missing before met, no button without its conditions, one sentence for two errors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.test import RequestFactory

from core.charts import Lane, Period, lanes_chart
from core.components import Account, Act, Condition, Entry, Happening, Step


def component(name: str, **context: Any) -> str:
    request = RequestFactory().get("/liste/", {"etat": "evalue", "tri": "-depuis", "page": "3"})
    layers = Context({**context, "csrf_token": "jeton"})
    layers.request = request  # type: ignore[attr-defined]
    return str(Engine.get_default().get_template(f"core/components/{name}.html").render(layers))


MISSING = Condition("L’avis d’imposition.", "Il date de 2024.", "Demander la pièce", "/piece/")
MET = Condition("L’évaluation est datée.")


def test_an_act_that_waits_says_what_it_waits_for_and_has_no_button() -> None:
    html = component("acts", act=Act("Déclarer prêt", "/pret/", "flag", "post", [MISSING], [MET]))
    assert "Il manque une chose." in html
    assert '<a href="/piece/">Demander la pièce</a>' in html
    assert html.index("avis d’imposition") < html.index("évaluation est datée")
    assert "<button" not in html


def test_an_act_whose_conditions_are_met_is_a_form_with_its_token() -> None:
    html = component("acts", act=Act("Déclarer prêt", "/pret/", "flag", "post", [], [MET]))
    assert '<form class="d-grid" method="post" action="/pret/">' in html
    assert 'value="jeton"' in html
    assert "Il manque" not in html


def test_other_decisions_that_wait_say_it_instead_of_a_button() -> None:
    others = [
        Act("Ajourner", "/ajourner/", "pause-circle", needs_motive=True),
        Act("Clore", "/c/", "archive", missing=[MISSING]),
    ]
    html = component("acts", act=None, others=others)
    assert "Ajourner…</a>" in html
    assert "Clore : il manque une chose" in html
    assert 'href="/c/"' not in html


def test_no_act_at_all_is_said() -> None:
    assert "Rien n’est à décider ici" in component("acts", act=None, others=[])


def test_a_path_marks_the_present_step_and_doubts_what_is_expected() -> None:
    steps = [
        Step("Prescrit", "done"),
        Step("Évalué", "now"),
        Step("Commission", "todo", date(2020, 12, 3), expected=True),
    ]
    html = component("path", steps=steps, label="Étapes")
    assert '<li class="now" aria-current="step">Évalué</li>' in html
    assert "3\u00a0décembre\u00a02020 ?</small>" in html


def test_a_timeline_escapes_what_people_wrote() -> None:
    html = component("timeline", entries=[Happening(date(2026, 1, 2), "<b>gras</b>", "Une personne", "send")])
    assert "&lt;b&gt;gras" in html
    assert '<time datetime="2026-01-02">' in html


def test_pages_and_sorting_keep_the_filters_of_the_address() -> None:
    html = component("pager", page=Paginator(range(480), 25).page(3))
    assert "51 à 75 sur 480" in html
    assert 'href="?etat=evalue&amp;tri=-depuis&amp;page=4"' in html
    head = component("sort_th", label="Depuis", key="depuis", sort="-depuis")
    assert 'aria-sort="descending"' in head
    assert 'href="?etat=evalue&amp;tri=depuis"' in head


def test_an_empty_list_has_no_pager() -> None:
    assert component("pager", page=Paginator([], 25).page(1)).strip() == ""


def test_the_gap_between_published_and_computed_has_its_sign_and_its_colour() -> None:
    html = component("figure_3", published=21, computed=20, gap=1)
    assert '<dd class="gap-x">+1</dd>' in html
    same = component("figure_3", published=Decimal("1041"), computed=Decimal("1041"), gap=0, unit="€", decimals=2)
    assert '<dd class="gap-0">aucun</dd>' in same
    assert "1\u00a0041,00 €" in same
    assert "non renseigné" in component("figure_3", published=None, computed=3, gap=None)


def test_lanes_stand_beside_their_table_without_inline_style() -> None:
    lane = Lane("Moi <1>", [Period(date(2024, 1, 1), None, "Chez un tiers", "precaire", ("8.1",))])
    chart = lanes_chart([lane], today=date(2026, 11, 23))
    html = component("lanes", chart=chart, title="Parcours", heading="Personne", headings=["ETHOS"], legend=[])
    assert "Moi &lt;1&gt;" in html
    assert '<td class="tnum">01/01/2024</td><td class="tnum">–</td>' in html
    assert "<td>8.1</td>" in html
    assert "style=" not in html
    assert 'width="82.75%"' in html


def test_a_note_of_refusal_carries_its_link() -> None:
    html = component(
        "note", level="stop", title="Non signé.", text="Une autre personne signe.", url="/x/", action="La prévenir"
    )
    assert 'class="note note-stop"' in html
    assert '<a href="/x/">La prévenir</a>' in html


def test_the_frame_shows_the_search_only_where_there_is_one() -> None:
    context = {
        "navigation": [
            [Entry("Accueil", "/", "house-door", current=True), Entry("À faire", "/a/", "check2-square", count=9)]
        ],
        "account": Account("Aude de Valserine", "Rôle", "Organisation", "/deconnexion/"),
        "messages": [],
    }
    page = render_to_string("core/base.html", context)
    assert 'role="search"' not in page
    assert page.count('aria-current="page"') == 2
    assert "Démonstration" not in page
    found = render_to_string("core/base.html", {**context, "search_url": "/chercher/", "demo": True})
    assert '<form class="searchbox" role="search" method="post" action="/chercher/">' in found
    assert "Démonstration" in found


@pytest.mark.parametrize("template", ["400.html", "403.html", "404.html", "403_csrf.html", "500.html"])
def test_error_pages_need_no_context(template: str) -> None:
    page = render_to_string(template)
    assert page.count("<h1>") == 1
    assert 'lang="fr"' in page


def test_absent_and_forbidden_cannot_be_told_apart() -> None:
    assert render_to_string("403.html") == render_to_string("404.html")
    assert "Cette page n’existe pas, ou vous n’y avez pas accès." in render_to_string("404.html")


def test_the_page_of_a_failure_gives_its_reference() -> None:
    assert "la référence <b>7F3A</b>" in render_to_string("500.html", {"reference": "7F3A"})
