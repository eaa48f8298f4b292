"""What letters need: the law's text, and a decision to tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.operations import LetterText, rewrite_letter
from cases.dossiers import operations
from cases.dossiers.models import Dossier, State
from cases.dossiers.operations.letters import LEGAL
from tests.dossiers.acts import prepared
from tests.dossiers.letters import RECOURS
from tests.fixtures import Cast


@pytest.fixture
def lawful(cast: Cast) -> None:
    """The territory has written its legal text."""
    text = LetterText("Vos droits et vos recours", f"{RECOURS}\n\nVous pouvez saisir le tribunal administratif.", "")
    rewrite_letter(LEGAL, text, seen=1, by=cast["coordination"])


@pytest.fixture
def put_off(siao: User) -> Dossier:
    """Put off by the SIAO today, oriented by a body of prescripteurs."""
    dossier = prepared(State.EVALUE, referent=siao)
    today = timezone.localdate()
    later = today + timedelta(days=90)
    return operations.adjourn(dossier.pk, by=siao, on=today, motive="AJOURNE_DETTE_LOCATIVE", review_on=later)
