from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People who work with Seuil: accounts, organisations, roles, grants, sign-in."""

    name = "accounts"
    verbose_name = "Comptes"
