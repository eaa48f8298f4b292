from django.apps import AppConfig


class DossiersConfig(AppConfig):
    """Households, persons, dossiers: the heart of the house."""

    name = "cases.dossiers"
    label = "dossiers"
    verbose_name = "Dossiers"
