"""`{% load seuil_forms %}`: Django's fields with our classes. The page shape is in components/field.html."""

from __future__ import annotations

from django import template
from django.forms import BoundField, widgets
from django.forms.boundfield import BoundWidget
from django.utils.safestring import SafeString

register = template.Library()
CHOICES = (widgets.RadioSelect, widgets.CheckboxSelectMultiple)


@register.filter
def kind(field: BoundField) -> str:
    """How the field is laid out: `choices` (a fieldset), `checkbox` (box before its label), else `line`."""
    widget = field.field.widget
    if isinstance(widget, CHOICES):
        return "choices"
    return "checkbox" if isinstance(widget, widgets.CheckboxInput) else "line"


@register.filter
def takes_hints(field: BoundField) -> bool:
    """A long text about people: hints stand under it. A text of the settings says `data-hints="off"`."""
    control = field.field.widget
    return isinstance(control, widgets.Textarea) and control.attrs.get("data-hints") != "off"


@register.simple_tag
def widget(field: BoundField) -> SafeString:
    """The control of `field` with its class; Django adds `aria-describedby` (hint, error) and `aria-invalid`."""
    own = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{_css(field.field.widget)} {own}".strip()})


@register.simple_tag
def choices(field: BoundField) -> list[BoundWidget]:
    """The boxes or rounds of a field of choices, each with `.tag`, `.choice_label` and `.id_for_label`."""
    field.field.widget.attrs["class"] = "form-check-input"
    return list(field.subwidgets)


def _css(control: widgets.Widget) -> str:
    if isinstance(control, widgets.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(control, widgets.Select) else "form-control"
