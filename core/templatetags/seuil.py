"""`{% load seuil %}`: icons in a sprite, French typography, the pieces that templates alone cannot make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django import template
from django.core.paginator import Page
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeData, SafeString, mark_safe

from core import typography
from core.components import Entry
from core.sprite import Sprite, drawing

register = template.Library()
SPRITE = "core.sprite"
TABS = 4  # places of the tab bar of a phone, before « Plus »
UNKNOWN_DATE = "non renseignée"


# Icons
@register.simple_tag(takes_context=True)
def icon(context: Context, name: str, label: str = "", kind: str = "ico") -> SafeString:
    """Draw the icon `name` of Bootstrap Icons.

    Hidden from screen readers when a word stands beside it (no `label`), an image with a name when alone.
    Inside `{% with_sprite %}` it points to the sprite; elsewhere (a partial, a mail) it brings its own shapes.
    Raises `UnknownIcon` when static/vendor/icons has no such file.
    """
    named = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    sprite = _sprite_of(context)
    if sprite is not None:
        reference = mark_safe(sprite.use(name))  # noqa: S308 - our own file, its name checked
        return format_html('<svg class="{}" {}>{}</svg>', kind, named, reference)
    box, shapes = drawing(name)
    own = mark_safe(shapes)  # noqa: S308 - our own file
    return format_html('<svg class="{}" viewBox="{}" {}>{}</svg>', kind, box, named, own)


class SpriteNode(template.Node):
    """Renders its body, then puts before it the symbols that the body used."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        if _sprite_of(context) is not None:
            return self.nodelist.render(context)
        sprite = Sprite()
        context.render_context[SPRITE] = sprite
        try:
            body = self.nodelist.render(context)
        finally:
            del context.render_context[SPRITE]
        return mark_safe(sprite.render() + body)  # noqa: S308 - our own files and an already rendered body


@register.tag
def with_sprite(parser: Parser, token: Token) -> SpriteNode:
    """`{% with_sprite %} … {% endwith_sprite %}`: the icons inside share one sprite, written before them."""
    nodelist = parser.parse(("endwith_sprite",))
    parser.delete_first_token()
    return SpriteNode(nodelist)


def _sprite_of(context: Context) -> Sprite | None:
    """The sprite of the page, also from an included template (which gets a layer of its own)."""
    for layer in reversed(context.render_context.dicts):
        if SPRITE in layer:
            return cast(Sprite, layer[SPRITE])
    return None


# French typography
@register.filter(is_safe=True)
def typo(value: object) -> str:
    """French spaces and apostrophes. On HTML (`{% filter typo %}`), tags, attributes and text areas are kept."""
    text = str(value)
    if isinstance(value, SafeData):
        return mark_safe(typography.typeset_html(text))  # noqa: S308 - only spaces and apostrophes change
    return typography.typeset(text)


@register.filter
def date_fr(value: date | datetime | None) -> str:
    """« jeudi 3 décembre 2026 », without the year when it is the current one; « non renseignée » for None."""
    if value is None:
        return UNKNOWN_DATE
    return typography.long_date(typography.as_local_date(value), today=timezone.localdate())


@register.filter
def date_jour(value: date | datetime | None) -> str:
    """« 3 décembre », with its year when it is not the current one; « non renseignée » for None."""
    if value is None:
        return UNKNOWN_DATE
    return typography.day_and_month(typography.as_local_date(value), today=timezone.localdate())


@register.filter
def dernier_jour(value: datetime | None) -> str:
    """The last day before an end kept as an instant: « 3 décembre » for the midnight that follows it."""
    return UNKNOWN_DATE if value is None else date_jour(value - timedelta(microseconds=1))


@register.filter
def date_court(value: date | datetime | None) -> str:
    """« 03/12/2026 », for tables and fields; « – » for None."""
    return "–" if value is None else f"{typography.as_local_date(value):%d/%m/%Y}"


@register.filter
def heure(value: datetime) -> str:
    """« 14 h 30 », in the time zone of the settings."""
    return typography.hour(value)


@register.filter
def date_heure(value: datetime | None) -> str:
    """« 3 décembre à 14 h 30 »; « non renseignée » for None."""
    return UNKNOWN_DATE if value is None else f"{date_jour(value)} à {heure(value)}"


@register.filter
def euros(value: int | Decimal | None, decimals: int = 2) -> str:
    """« 1 412,60 € »; `|euros:0` for yearly budgets; « 0 € » for zero, « non renseigné » for None."""
    return typography.UNKNOWN if value is None else typography.euros(value, decimals)


@register.filter
def nombre(value: int | Decimal | None, decimals: int | None = None) -> str:
    """« 12 480,5 »; `|nombre:1` rounds to one decimal; « non renseigné » for None."""
    return typography.UNKNOWN if value is None else typography.number(value, decimals)


@register.filter
def ecart(value: int | Decimal, decimals: int | None = None) -> str:
    """A difference with its sign: « +1 », « −2 », « aucun »."""
    return typography.gap(value, decimals)


@register.filter
def pluriel(value: int | Decimal, forms: str) -> str:
    """The word that agrees: `{{ n|pluriel:"ménage" }}` adds an s from two on, `"cheval,chevaux"` gives both."""
    return typography.agree(value, forms)


@register.filter
def compte(value: int, forms: str) -> str:
    """The number and its word: « 12 ménages », « 0 ménage »."""
    return f"{typography.number(value)}{typography.NBSP}{typography.agree(value, forms)}"


@register.filter
def en_lettres(value: int, gender: str = "m") -> str:
    """« deux », and « une » with `|en_lettres:"f"`; figures beyond sixteen."""
    return typography.in_words(value, feminine=gender == "f")


# Pieces of components
@register.simple_tag
def page_range(page: Page[Any]) -> Iterator[str | int]:
    """Numbers of pages to show around `page`, with « … » where some are left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.filter
def entries(navigation: list[list[Entry]]) -> list[Entry]:
    """The groups of the side bar as one list."""
    return [entry for group in navigation for entry in group]


@register.filter
def tab_entries(navigation: list[list[Entry]]) -> list[Entry]:
    """What the tab bar of a phone shows: the first four entries (« Plus » is the fifth place)."""
    return entries(navigation)[:TABS]


@register.filter
def more_entries(navigation: list[list[Entry]]) -> list[Entry]:
    """What stands behind « Plus »."""
    return entries(navigation)[len(tab_entries(navigation)) :]


@register.filter
def or_dash(value: object) -> object:
    """« – » for what is absent (None or an empty text), the value itself otherwise, zero included."""
    return "–" if value is None or value == "" else value
