"""Hands of the tests of sign-in: the door, the codes of an application, a session where somebody has just proved."""

from __future__ import annotations

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.fixtures import text_of

DOOR = "/connexion/"
SECRET = "Un sésame de douze lettres"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(client: Client, email: str, password: str = SECRET, **more: str) -> str:
    """What the page says, or the address it leads to."""
    response = client.post(DOOR, {"username": email, "password": password, **more})
    return str(response.headers.get("Location") or text_of(response))


def enrol(user: User) -> str:
    """An application and ten codes, enrolled already; the secret of the application."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_of(secret: str, later: int = 0) -> str:
    """What the application shows, now or some steps of half a minute later."""
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later))
    return shown


def spare_codes(user: User) -> list[str]:
    """The recovery codes that have not served."""
    codes: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return codes


def forget_attempts() -> None:
    """Counters of attempts begin again."""
    cache.clear()
