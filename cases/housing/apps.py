from django.apps import AppConfig


class HousingConfig(AppConfig):
    name = "cases.housing"
    label = "housing"
    verbose_name = "Logements"
