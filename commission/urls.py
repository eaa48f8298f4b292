"""Addresses of the séances, and of the dossier's « Commission » tab."""

from __future__ import annotations

from django.urls import path

from commission import views

app_name = "commission"
urlpatterns = [
    path("seances/", views.seances, name="seances"),
    path("seances/nouvelle/", views.plan, name="plan"),
    path("seances/<uuid:pk>/", views.seance, name="seance"),
    path("seances/<uuid:pk>/convocation/", views.convene, name="convene"),
    path("seances/<uuid:pk>/membres/", views.members, name="members"),
    path("seances/<uuid:pk>/date/", views.postpone, name="postpone"),
    path("seances/<uuid:pk>/fiches.csv", views.fiches_csv, name="fiches_csv"),
    path("seances/<uuid:pk>/fiches/<uuid:examen>/", views.fiche, name="fiche"),
    path("seances/<uuid:pk>/fiches/<uuid:examen>/pdf/", views.fiche, {"paper": True}, name="fiche_pdf"),
    path("seances/<uuid:pk>/lectures/", views.readings, name="readings"),
    path("seances/<uuid:pk>/ordre-du-jour/", views.settle, name="settle"),
    path("seances/<uuid:pk>/ouverture/", views.opening, name="opening"),
    path("seances/<uuid:pk>/cloture/", views.close, name="close"),
    path("seances/<uuid:pk>/annulation/", views.cancel, name="cancel"),
    path("seances/<uuid:pk>/inscription/<uuid:dossier>/", views.enrol, name="enrol"),
    path("seances/<uuid:pk>/situations/<uuid:examen>/presentation/", views.present, name="present"),
    path("seances/<uuid:pk>/situations/<uuid:examen>/retrait/", views.withdraw, name="withdraw"),
    path("seances/<uuid:pk>/situations/<uuid:examen>/decision/", views.decide, name="decide"),
    path("dossiers/<uuid:pk>/commission/", views.dossier_tab, name="dossier"),
    path("dossiers/<uuid:pk>/commission/fiche/", views.preview, name="preview"),
    path("dossiers/<uuid:pk>/commission/fiche/pdf/", views.preview, {"paper": True}, name="preview_pdf"),
    path("dossiers/<uuid:pk>/commission/<uuid:examen>/fiche/", views.told, name="told"),
    path("dossiers/<uuid:pk>/commission/<uuid:examen>/fiche/pdf/", views.told, {"paper": True}, name="told_pdf"),
    path("dossiers/<uuid:pk>/commission/<uuid:examen>/prolongation/", views.extend, name="extend"),
    path("dossiers/<uuid:pk>/commission/inscription/", views.enrol_dossier, name="enrol_dossier"),
    path("dossiers/<uuid:pk>/commission/<uuid:examen>/retrait/", views.withdraw_dossier, name="withdraw_dossier"),
]
