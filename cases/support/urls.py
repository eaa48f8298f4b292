"""Address of the dossier's tab."""

from __future__ import annotations

from django.urls import path

from cases.support import views

app_name = "support"
urlpatterns = [path("<uuid:pk>/accompagnement/", views.dossier_tab, name="dossier")]
