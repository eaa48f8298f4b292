"""Addresses of the « Logement » tab of a dossier."""

from __future__ import annotations

from django.urls import path

from cases.housing import views

app_name = "housing"
urlpatterns = [
    path("<uuid:pk>/logement/", views.dossier_tab, name="dossier"),
    path("<uuid:pk>/logement/bail/", views.sign, name="sign"),
    path("<uuid:pk>/logement/<uuid:lease>/entree/", views.enter, name="enter"),
    path("<uuid:pk>/logement/<uuid:lease>/suivi/", views.outcome, name="outcome"),
]
