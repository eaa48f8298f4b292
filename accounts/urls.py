"""Addresses of sign-in, and of the organisations to verify."""

from __future__ import annotations

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("connexion/", views.SignIn.as_view(), name="sign_in"),
    path("deconnexion/", views.sign_out, name="sign_out"),
    path("organisations/<uuid:pk>/", views.organisation, name="organisation"),
]
