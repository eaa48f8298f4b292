"""What a reminder asks."""

from __future__ import annotations

from django import forms

from core.forms import day, words


class LaterForm(forms.Form):
    """Until when."""

    due_on = day("Me le rappeler le")


class ReminderForm(LaterForm):
    """A day, and what to remember."""

    text = words("Quoi", most=200, hint="Une phrase courte : « Rappeler la CAF », « Vérifier l’avis d’imposition ».")
    field_order = ("text", "due_on")
