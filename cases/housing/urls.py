"""Address of the dossier's tab."""

from __future__ import annotations

from django.urls import path

from cases.housing import views

app_name = "housing"
urlpatterns = [path("<uuid:pk>/logement/", views.dossier_tab, name="dossier")]
