from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The journal: what was done and read, by whom, unforgeable."""

    name = "audit"
    verbose_name = "Journal"
