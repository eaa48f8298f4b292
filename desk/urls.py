"""Addresses of the home page, and of the jobs that one follows."""

from __future__ import annotations

from django.urls import path

from desk import jobs, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("travaux/<uuid:pk>/", jobs.job, name="job"),
    path("travaux/<uuid:pk>/arreter/", jobs.stop, name="stop_job"),
]
