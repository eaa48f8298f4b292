"""Addresses of the home page, agendas, jobs, the lists and texts, the components, the demonstration’s mails."""

from __future__ import annotations

from django.urls import path

from desk import calendar_feed, exporting, jobs, journal, mails, rights, todo, views
from desk import reference_lists as lists
from desk.components.views import components

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("a-faire/", todo.todo, name="todo"),
    path("a-faire/exporter/", exporting.export_todo, name="export_todo"),
    path("agenda/<slug:token>.ics", calendar_feed.calendar, name="calendar"),
    path("travaux/<uuid:pk>/", jobs.job, name="job"),
    path("travaux/<uuid:pk>/arreter/", jobs.stop, name="stop_job"),
    path("journal/", journal.journal, name="journal"),
    path("qui-peut-quoi/", rights.rights, name="rights"),
    path("reglages/", lists.index, name="lists"),
    path("reglages/communes/", lists.communes, name="communes"),
    path("reglages/communes/nouvelle/", lists.new_commune, name="new_commune"),
    path("reglages/communes/<slug:code>/", lists.commune, name="commune"),
    path("reglages/motifs/", lists.motives, name="motives"),
    path("reglages/motifs/nouveau/", lists.new_motive, name="new_motive"),
    path("reglages/motifs/<slug:code>/", lists.motive, name="motive"),
    path("reglages/organisations/", lists.organisations, name="organisations"),
    path("reglages/organisations/nouvelle/", lists.new_organisation, name="new_organisation"),
    path("reglages/organisations/<uuid:pk>/", lists.organisation, name="organisation"),
    path("reglages/pieces/", lists.piece_kinds, name="piece_kinds"),
    path("reglages/pieces/nouvelle/", lists.new_piece_kind, name="new_piece_kind"),
    path("reglages/pieces/<slug:code>/", lists.piece_kind, name="piece_kind"),
    path("reglages/textes/", lists.letters, name="letters"),
    path("reglages/textes/<str:code>/", lists.letter, name="letter"),
    path("reglages/conseils/", lists.hints, name="hints"),
    path("reglages/conseils/<slug:code>/", lists.hint, name="hint"),
    path("conseils.json", lists.text_hints, name="text_hints"),
    path("composants/", components, name="components"),
    path("demo/courriels/", mails.mails, name="mails"),
    path("demo/courriels/<slug:name>/", mails.mail, name="mail"),
    path("demo/courriels/<slug:name>/html/", mails.mail_drawn, name="mail_drawn"),
]
