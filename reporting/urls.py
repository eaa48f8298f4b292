"""Addresses of the figures."""

from __future__ import annotations

from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.figures, name="figures"),
    path("exporter/", views.export, name="export"),
]
