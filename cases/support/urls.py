"""Addresses of the « Accompagnement » tab of a dossier."""

from __future__ import annotations

from django.urls import path

from cases.support import views

app_name = "support"
urlpatterns = [
    path("<uuid:pk>/accompagnement/", views.dossier_tab, name="dossier"),
    path("<uuid:pk>/accompagnement/ouvrir/", views.open_measure, name="open"),
    path("<uuid:pk>/accompagnement/<uuid:measure>/fin/", views.end_measure, name="end"),
]
