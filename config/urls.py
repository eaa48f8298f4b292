"""Addresses of the site. Nothing personal stands in one: identifiers and codes only."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from cases.dossiers.urls import meeting, notice, prescriptions, urgency
from config.health import healthz
from config.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("desk.urls")),
    path("", include("accounts.urls")),
    path("", include("accounts.signin.urls")),
    path("dossiers/", include("cases.dossiers.urls")),
    path("urgence/", include(urgency)),
    path("prescriptions/", include(prescriptions)),
    path("rencontre/", include(meeting)),
    path("notice/", include(notice)),
    path("dossiers/", include("cases.housing.urls")),
    path("dossiers/", include("cases.support.urls")),
    path("", include("commission.urls")),
    path("chiffres/", include("reporting.urls")),
    path("import/", include("exchange.urls")),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
]
handler500 = "desk.views.broken"
