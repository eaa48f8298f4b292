"""Address of the home page."""

from __future__ import annotations

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [path("", views.home, name="home")]
