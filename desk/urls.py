"""Addresses of the home page, of jobs, of the page of the components, and of the demonstration's mails."""

from __future__ import annotations

from django.urls import path

from desk import jobs, mails, views
from desk.components.views import components

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("travaux/<uuid:pk>/", jobs.job, name="job"),
    path("travaux/<uuid:pk>/arreter/", jobs.stop, name="stop_job"),
    path("composants/", components, name="components"),
    path("demo/courriels/", mails.mails, name="mails"),
    path("demo/courriels/<slug:name>/", mails.mail, name="mail"),
    path("demo/courriels/<slug:name>/html/", mails.mail_drawn, name="mail_drawn"),
]
