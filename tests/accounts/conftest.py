"""What the tests of sign-in share."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.models import User
from tests.accounts.signing_in import SECRET


@pytest.fixture
def louise(db: None) -> User:
    """Somebody with a password, and no second factor yet."""
    return User.objects.create_user("louise.arvan@essai.example", SECRET, first_name="Louise", last_name="Arvan")


@pytest.fixture
def enforced(settings: Settings) -> None:
    """Everyone needs a second factor, as in production; `tests.settings` puts it off for other tests."""
    settings.SECOND_FACTOR_REQUIRED = True
