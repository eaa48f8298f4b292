"""Addresses of the dossiers."""

from __future__ import annotations

from django.urls import path

from cases.dossiers import views

app_name = "dossiers"
urlpatterns = [
    path("", views.dossiers, name="list"),
    path("nouveau/", views.open_dossier, name="open"),
    path("<uuid:pk>/", views.dossier, name="detail"),
    path("<uuid:pk>/journal/", views.journal_tab, name="journal"),
    path("<uuid:pk>/evaluation/", views.evaluation_tab, name="evaluation"),
    path("<uuid:pk>/prendre/", views.take, name="take"),
    path("<uuid:pk>/actes/<slug:name>/", views.act, name="act"),
]
