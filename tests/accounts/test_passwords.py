"""Passwords that are too easy to guess, here."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import OrganisationKind, User
from accounts.operations import create_organisation
from accounts.signin.passwords import without

pytestmark = pytest.mark.django_db


def refused(password: str, user: User | None = None) -> str:
    """Why it is refused; nothing when it is not."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "Chambery2024!Savoie",
        "chambéry2024!SAVOIE",
        "Ch4mb3ry-S4v01e-2025",
        "SIAO73-FOL73-2026!",
        "LogementDabord2026!",
        "GrandChambery73000!",
        "Albertville-Maurienne",
        "AzertyuiopSavoie1",
        "motdepasse2026!!",
        "LouiseArvan2026!",
        "arvan.louise.73",
        "janvierfévrier2026",
        "000000000000000",
        "Les Mésanges 2026!!",
    ],
)
def test_what_anybody_here_would_try_is_refused_with_advice(louise: User, password: str) -> None:
    create_organisation("Les Mésanges", OrganisationKind.ACCOMPAGNEMENT, by=None)
    said = refused(password, louise)
    assert "Ce mot de passe se devine" in said, password
    assert "quatre ou cinq mots sans rapport" in said
    assert "Ce mot de passe se devine" in refused(password, louise)


@pytest.mark.parametrize(
    "password",
    [
        "tricot lune bretelle chaussure 8",
        "v7#Qm2!zLp9@xR4t",
        "La tortue de Savoie tricote 9 parapluies",
        "ê" * 3 + "Zk8!wQpLx2vM",
    ],
)
def test_what_is_hard_is_accepted(louise: User, password: str) -> None:
    assert refused(password, louise) == ""


def test_twelve_characters_at_least(louise: User) -> None:
    assert "12" in refused("v7#Qm2!zLp9", louise)


@pytest.mark.parametrize("password", ["x" * 5000, "Zk8!wQpLx2vM" * 400, "é🎉中\u0301" * 40, "\u0130" * 80, "ﬀ" * 80])
def test_hostile_ones_break_nothing(louise: User, password: str) -> None:
    assert isinstance(refused(password, louise), str)


def test_what_is_left_without_the_words_of_the_place() -> None:
    assert without("Ch4mbéry2024!S4voie", {"chambery", "savoie"}) == "!"
