"""Addresses of the import."""

from __future__ import annotations

from django.urls import path

from exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.upload, name="import"),
    path("<uuid:pk>/", views.preview, name="preview"),
    path("<uuid:pk>/importer/", views.confirm, name="confirm"),
    path("<uuid:pk>/renoncer/", views.give_up, name="give_up"),
]
