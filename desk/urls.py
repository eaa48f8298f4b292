"""Addresses of the home page and of the page of the components."""

from __future__ import annotations

from django.urls import path

from desk import views
from desk.components.views import components

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("composants/", components, name="components"),
]
