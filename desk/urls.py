"""Addresses of the home page, of the page of the components, and of the demonstration's mails."""

from __future__ import annotations

from django.urls import path

from desk import mails, views
from desk.components.views import components

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("composants/", components, name="components"),
    path("demo/courriels/", mails.mails, name="mails"),
    path("demo/courriels/<slug:name>/", mails.mail, name="mail"),
    path("demo/courriels/<slug:name>/html/", mails.mail_drawn, name="mail_drawn"),
]
