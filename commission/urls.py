"""Addresses of the séances, and of the dossier's « Commission » tab."""

from __future__ import annotations

from django.urls import path

from commission import views

app_name = "commission"
urlpatterns = [
    path("seances/", views.seances, name="seances"),
    path("seances/<uuid:pk>/", views.seance, name="seance"),
    path("dossiers/<uuid:pk>/commission/", views.dossier_tab, name="dossier"),
]
