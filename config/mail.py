"""Mail as the environment says it: under which address Seuil is known, who writes, through which server."""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from config.environment import Environment, Refused, environment, port

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SENDER = "Seuil <ne-pas-repondre@seuil.example>"  # outside production, where nothing leaves
_SENDER = re.compile(r'(?:"?(?P<name>[^<>@"\\\x00-\x1f]+?)"? *<(?=.*>$))?(?P<address>[^\s<>@,;"]+@[A-Za-z0-9.-]+)>?')


class MailServer(NamedTuple):
    """How to reach the mail server, in the terms of Django's EMAIL_… settings."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


def public_url() -> str:
    """The address that links in mails begin with: `SEUIL_PUBLIC_URL`, without its last slash; outside production,
    this machine's own. Raises `Refused` when it is no address, and in production when it is missing or not https.
    """
    said = os.environ.get("SEUIL_PUBLIC_URL", "").rstrip("/")
    if not said:
        if environment() is Environment.PRODUCTION:
            raise Refused("SEUIL_PUBLIC_URL manque : donnez l’adresse publique de Seuil (https://…).")
        return f"http://127.0.0.1:{port()}"
    schemes = {"https"} if environment() is Environment.PRODUCTION else {"http", "https"}
    parts = _split(said)
    if parts is None or parts.scheme not in schemes or parts.query or parts.fragment or "@" in parts.netloc:
        raise Refused("SEUIL_PUBLIC_URL n’est pas une adresse publique : il faut https://machine, et rien de plus.")
    return said


def sender() -> str:
    """Who writes: `SEUIL_MAIL_FROM`, an address, alone or as « Name <address> ».

    Raises `Refused` when it is no address, or when production does not say it.
    """
    said = os.environ.get("SEUIL_MAIL_FROM", "").strip()
    if not said:
        if environment() is Environment.PRODUCTION:
            raise Refused("SEUIL_MAIL_FROM manque : donnez l’adresse qui envoie les courriels de Seuil.")
        return SENDER
    found = _SENDER.fullmatch(said)
    if not found or said.endswith(">") != ("<" in said):
        raise Refused("SEUIL_MAIL_FROM n’est pas une adresse : il faut « adresse » ou « Nom <adresse> ».")
    name, address = found["name"], found["address"]
    return f'"{name}" <{address}>' if name else address  # quoted: a comma would make two addresses


def mail_server() -> MailServer:
    """The server that takes production's mails: `SEUIL_SMTP_URL` (smtp, smtp+starttls or smtps), else this machine's.

    Raises `Refused` when it is no such address; its text is not repeated, it may hold a password.
    """
    said = os.environ.get("SEUIL_SMTP_URL", "") or "smtp://localhost"
    parts = _split(said)
    if parts is None or parts.scheme not in PORTS or parts.path.strip("/") or parts.query:
        raise Refused("SEUIL_SMTP_URL n’est pas l’adresse d’un serveur : smtp+starttls://compte:mot@machine:587.")
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls",
        tls=parts.scheme == "smtps",
    )


def _split(address: str) -> SplitResult | None:
    """The parts of an address that names a machine; None when it is not one."""
    if re.search(r"[\s\x00-\x1f]", address):
        return None
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  raises on a port that is no number
    except ValueError:
        return None
    return parts if parts.hostname else None
