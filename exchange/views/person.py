"""Who imports."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User

IMPORT = "dossiers.import_register"


def person(request: HttpRequest) -> User:
    """The person signed in."""
    assert isinstance(request.user, User)  # noqa: S101  `needs` let in signed-in people alone
    return request.user
