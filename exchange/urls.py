"""Addresses of the import."""

from __future__ import annotations

from django.urls import path

from exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.upload, name="import"),
    path("correspondances/", views.mappings, name="mappings"),
    path("correspondances/<uuid:mapping>/oublier/", views.forget, name="forget"),
    path("si-siao/", views.si_siao, name="si_siao"),
    path("si-siao/valeurs/", views.si_siao_values, name="si_siao_values"),
    path("si-siao/<uuid:pk>/", views.compare, name="si_siao_compare"),
    path("si-siao/<uuid:pk>/lignes/<int:row>/ouvrir/", views.open_row, name="si_siao_open"),
    path("si-siao/<uuid:pk>/dossiers/<uuid:dossier>/accepter/", views.accept, name="si_siao_accept"),
    path("si-siao/<uuid:pk>/dossiers/<uuid:dossier>/garder/", views.keep, name="si_siao_keep"),
    path("si-siao/<uuid:pk>/dossiers/<uuid:dossier>/reconnaitre/", views.recognise, name="si_siao_recognise"),
    path("<uuid:pk>/colonnes/", views.columns, name="columns"),
    path("<uuid:pk>/", views.preview, name="preview"),
    path("<uuid:pk>/importer/", views.confirm, name="confirm"),
    path("<uuid:pk>/defaire/", views.undo, name="undo"),
    path("<uuid:pk>/renoncer/", views.give_up, name="give_up"),
]
