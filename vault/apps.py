from django.apps import AppConfig
from django.core.checks import register
from django.core.exceptions import ImproperlyConfigured

from vault.checks import kek_is_usable
from vault.errors import KekMissing


class VaultConfig(AppConfig):
    name = "vault"
    verbose_name = "Coffre"

    def ready(self) -> None:
        """Refuse to start where a master key must be there and is not (production)."""
        from django.conf import settings

        from vault import kek

        register(kek_is_usable)
        if not settings.IN_PRODUCTION:
            return
        try:
            kek.reload()
        except KekMissing as missing:
            raise ImproperlyConfigured(str(missing)) from missing
