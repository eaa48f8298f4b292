"""What templates can do with `{% load seuil %}` and `{% load seuil_forms %}`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.utils.safestring import mark_safe

from core.components import Account, Entry
from core.sprite import UnknownIcon


def render(source: str, **context: object) -> str:
    return Template("{% load seuil seuil_forms %}" + source).render(Context(context))


# Icons
def test_an_icon_used_twice_stands_once_in_the_sprite_before_the_page() -> None:
    html = render('{% with_sprite %}{% icon "key" %}{% icon "key" %}{% icon "flag" %}{% endwith_sprite %}')
    assert html.count('<symbol id="i-key"') == 1
    assert html.count('<use href="#i-key"/>') == 2
    assert html.index("<symbol") < html.index("<use")
    assert 'id="hatch"' in html


@pytest.mark.parametrize("only", ["", " only"])
def test_the_icons_of_an_included_component_reach_the_sprite(only: str) -> None:
    html = render(
        '{% with_sprite %}{% include "core/components/state.html" with label="Logé" icon="key" kind="logement"'
        + only
        + " %}{% endwith_sprite %}"
    )
    assert '<symbol id="i-key"' in html
    assert '<svg class="ico" aria-hidden="true"><use href="#i-key"/></svg>Logé' in html


def test_a_partial_without_a_page_brings_its_own_drawing() -> None:
    html = render('{% icon "key" %}')
    assert "<use" not in html
    assert "<path" in html


def test_an_icon_alone_has_an_escaped_name() -> None:
    html = render('{% icon "key" label=name %}', name='"><script>')
    assert 'role="img" aria-label="&quot;&gt;&lt;script&gt;"' in html
    assert "aria-hidden" not in html


@pytest.mark.parametrize("name", ["nothing-like-this", "../icons/key", "", "LICENSE"])
def test_an_unknown_icon_fails_loudly(name: str) -> None:
    with pytest.raises(UnknownIcon):
        render("{% icon name %}", name=name)


# Typography
def test_typo_escapes_plain_text_and_keeps_markup() -> None:
    assert render("{{ text|typo }}", text="l'un <b> ?") == "l’un &lt;b&gt;\u202f?"
    assert render("{{ text|typo }}", text=mark_safe("<b>Bien ?</b>")) == "<b>Bien\u202f?</b>"
    assert render('{% filter typo %}<p id="a ?">Quoi ?</p>{% endfilter %}') == '<p id="a ?">Quoi\u202f?</p>'


def test_what_is_not_known_is_said() -> None:
    words = render("{{ x|euros }}, {{ x|nombre }}, {{ x|date_fr }}, {{ x|date_jour }}, {{ x|date_court }}", x=None)
    assert words == "non renseigné, non renseigné, non renseignée, non renseignée, –"


def test_filters_of_numbers_and_dates() -> None:
    assert render("{{ x|euros }} {{ x|euros:0 }}", x=Decimal("1412.60")) == "1\u00a0412,60\u00a0€ 1\u00a0413\u00a0€"
    assert render('{{ n|compte:"ménage" }}', n=12) == "12\u00a0ménages"
    assert render("{{ d|date_court }}", d=date(2026, 12, 3)) == "03/12/2026"
    assert render("{{ d|date_fr }}", d=date(1999, 5, 1)) == "samedi 1ᵉʳ\u00a0mai\u00a01999"
    assert render("{{ zero|or_dash }} {{ none|or_dash }} {{ bad|or_dash }}", zero=0, none=None, bad="<") == "0 – &lt;"


# Navigation
def _navigation(count: int) -> list[list[Entry]]:
    return [[Entry(f"Entrée {rank}", f"/{rank}/", "key") for rank in range(count)]]


def test_four_entries_fit_on_a_phone_and_five_need_plus() -> None:
    source = "{{ n|tab_entries|length }}+{{ n|more_entries|length }}"
    assert render(source, n=_navigation(4)) == "4+0"
    assert render(source, n=_navigation(5)) == "4+1"
    assert render(source, n=_navigation(7)) == "4+3"


@pytest.mark.parametrize(("name", "initials"), [("Aude de Valserine", "AV"), ("Odilon", "O"), ("", "")])
def test_initials(name: str, initials: str) -> None:
    assert Account(name, "Rôle", "Organisation", "/").initials == initials


def test_long_lists_of_pages_are_shortened() -> None:
    pages = Paginator(range(500), 25)
    html = render("{% page_range page as n %}{% for x in n %}{{ x }} {% endfor %}", page=pages.page(10))
    assert html == "1 … 9 10 11 … 20 "


# Fields
class Sample(forms.Form):
    entered_on = forms.DateField(label="Date d’entrée", help_text="Par exemple 04/05/2026.")
    adhesion = forms.ChoiceField(label="Adhésion", choices=[("o", "Oui")], widget=forms.RadioSelect, help_text="Dite.")
    motive = forms.ChoiceField(label="Motif", choices=[("a", "Dette")])
    read = forms.BooleanField(label="Relu")


def _field(name: str, **options: object) -> str:
    form = Sample({"entered_on": "hier"})
    return render('{% include "core/components/field.html" %}', field=form[name], **options)


def test_a_line_says_label_hint_error_control_in_this_order_and_links_them() -> None:
    html = _field("entered_on")
    places = [html.index(part) for part in ("<label", '_helptext">', '_error">', "<input")]
    assert places == sorted(places)
    assert 'aria-describedby="id_entered_on_helptext id_entered_on_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="form-control"' in html


def test_choices_stand_in_a_described_fieldset() -> None:
    html = _field("adhesion")
    assert '<fieldset id="id_adhesion" aria-describedby="id_adhesion_helptext id_adhesion_error"' in html
    assert '<legend class="form-label">Adhésion</legend>' in html
    assert 'class="form-check-input"' in html
    assert html.count('id="id_adhesion"') == 1


def test_selects_boxes_and_units() -> None:
    assert 'class="form-select"' in _field("motive")
    assert 'class="form-check-input"' in _field("read")
    assert '<div class="input-money">' in _field("entered_on", unit="€")


def test_the_summary_of_errors_leads_to_each_field() -> None:
    html = render('{% include "core/components/error_summary.html" %}', form=Sample({"entered_on": "hier"}))
    assert "quatre réponses à revoir" in html
    assert '<a href="#id_entered_on">Date d’entrée</a>' in html
    assert '<a href="#id_adhesion">Adhésion</a>' in html
    assert "autofocus" in html
    assert render('{% include "core/components/error_summary.html" %}', form=Sample()).strip() == ""
