"""Addresses of the site. Nothing personal stands in one: identifiers and codes only."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz
from config.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("desk.urls")),
    path("", include("accounts.urls")),
    path("dossiers/", include("cases.dossiers.urls")),
    path("dossiers/", include("cases.housing.urls")),
    path("dossiers/", include("cases.support.urls")),
    path("", include("commission.urls")),
    path("chiffres/", include("reporting.urls")),
    path("import/", include("exchange.urls")),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
handler500 = "desk.views.broken"
