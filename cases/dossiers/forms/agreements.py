"""What is asked of an agreement that the household gives, or takes back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Organisation
from cases.dossiers.forms.choices import listed
from cases.dossiers.models import Purpose
from core.forms import choice, day


class AgreementForm(forms.Form):
    """For what, with whom, since when."""

    purpose = choice("Le ménage est d’accord pour", listed(Purpose.choices))
    on = day("Accord donné le", past=True)

    def __init__(self, *args: Any, partners: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
        self.fields["partner"] = forms.ModelChoiceField(
            partners,
            label="Avec qui",
            required=False,
            empty_label="Tous ceux que cela concerne",
            error_messages={"invalid_choice": "Prenez un organisme de la liste."},
        )


class WithdrawalForm(forms.Form):
    """Since when the household no longer agrees."""

    on = day("Accord retiré le", past=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate()
