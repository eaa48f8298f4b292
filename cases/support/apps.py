from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "cases.support"
    label = "support"
    verbose_name = "Accompagnement"
