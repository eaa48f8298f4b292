"""The organisations and referents that a population names: found, or made (they are invented, like the cast)."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts import demo
from accounts.models import Organisation, User
from accounts.operations import create_organisation, siao
from exchange.population import words


@dataclass(frozen=True, slots=True)
class Bodies:
    """Organisations by name, referents by account, the SIAO with its team."""

    siao: Organisation
    organisations: dict[str, Organisation]
    referents: dict[str, User]

    def named(self, name: str) -> Organisation | None:
        """The organisation, `None` for an empty name."""
        return self.organisations[name] if name else None


def find_bodies() -> Bodies:
    """Every body of the population; idempotent. Accounts made here open no sign-in outside the demonstration."""
    addresses = {account: f"{account}@{demo.DOMAIN}" for account in words.REFERENTS}
    if User.objects.filter(email__in=addresses.values()).count() < len(addresses):
        demo.install_cast(password=demo.PASSWORD if settings.IN_DEMO else None)
    organisations = {name: _organisation(name) for name in words.BODIES}
    referents = {account: User.objects.get(email=address) for account, address in addresses.items()}
    territory = siao()
    return Bodies(territory, organisations | {words.SIAO: territory}, referents)


def _organisation(name: str) -> Organisation:
    found = Organisation.objects.known_as(name).select_related("team").first()
    return found or create_organisation(name, words.BODIES[name], by=None)
