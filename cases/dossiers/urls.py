"""Addresses of the dossiers."""

from __future__ import annotations

from django.urls import path

from cases.dossiers import views
from cases.dossiers.urls_household import household

app_name = "dossiers"
urlpatterns = [
    path("", views.dossiers, name="list"),
    path("recherche/", views.search, name="search"),
    path("recherche/<uuid:pk>/", views.found, name="found"),
    path("doublons/", views.likenesses, name="likenesses"),
    path("doublons/<uuid:pk>/", views.likeness, name="likeness"),
    path("doublons/<uuid:pk>/repondre/", views.answer_likeness, name="answer_likeness"),
    path("<uuid:pk>/doublons/", views.dossier_likenesses, name="of_dossier"),
    path("<uuid:pk>/doublons/comparer/", views.compare, name="compare"),
    path("<uuid:pk>/doublons/<uuid:link>/defaire/", views.unlink, name="unlink"),
    path("exporter/", views.export, name="export"),
    path("vues/nouvelle/", views.keep_view, name="keep_view"),
    path("vues/<uuid:view>/retirer/", views.forget_view, name="forget_view"),
    path("nouveau/", views.open_dossier, name="open"),
    path("<uuid:pk>/", views.dossier, name="detail"),
    path("<uuid:pk>/journal/", views.journal_tab, name="journal"),
    path("<uuid:pk>/lectures/", views.readings, name="readings"),
    path("<uuid:pk>/acces/", views.access, name="access"),
    path("<uuid:pk>/acces/ouvrir/", views.share, name="share"),
    path("<uuid:pk>/acces/<uuid:grant>/fin/", views.end_share, name="end_share"),
    path("<uuid:pk>/acces/referent/", views.appoint, name="appoint"),
    path("<uuid:pk>/acces/proteger/", views.protect, name="protect"),
    path("<uuid:pk>/acces/lever/", views.unprotect, name="unprotect"),
    path("<uuid:pk>/entree/", views.entry, name="entry"),
    path("<uuid:pk>/nom/", views.name, name="name"),
    path("<uuid:pk>/documents/", views.documents_tab, name="documents"),
    path("<uuid:pk>/documents/joindre/", views.join, name="join"),
    path("<uuid:pk>/documents/demander/", views.ask_pieces, name="ask_pieces"),
    path("<uuid:pk>/documents/vues/", views.see_pieces, name="see_pieces"),
    path("<uuid:pk>/documents/demandes/<uuid:asked>/retirer/", views.withdraw_request, name="withdraw_request"),
    path("<uuid:pk>/documents/<uuid:document>/", views.document, name="document"),
    path("<uuid:pk>/documents/<uuid:document>/contenu/", views.content, name="content"),
    path("<uuid:pk>/documents/<uuid:document>/telecharger/", views.download, name="download"),
    path("<uuid:pk>/documents/<uuid:document>/verifier/", views.check, name="check"),
    path("<uuid:pk>/documents/<uuid:document>/retirer/", views.remove, name="remove"),
    path("<uuid:pk>/evaluation/", views.evaluation, name="evaluation"),
    path("<uuid:pk>/evaluation/versions/", views.evaluation_versions, name="evaluation_versions"),
    path("<uuid:pk>/evaluation/flash/", views.evaluation_flash, name="evaluation_flash"),
    path("<uuid:pk>/evaluation/sante/", views.evaluation_health, name="evaluation_health"),
    path("<uuid:pk>/evaluation/sante/fin-du-partage/", views.evaluation_unshare, name="evaluation_unshare"),
    path("<uuid:pk>/evaluation/justice/", views.evaluation_justice, name="evaluation_justice"),
    path("<uuid:pk>/evaluation/accords/", views.evaluation_agree, name="evaluation_agree"),
    path(
        "<uuid:pk>/evaluation/accords/<uuid:agreement>/retirer/", views.evaluation_withdraw, name="evaluation_withdraw"
    ),
    path("<uuid:pk>/evaluation/<slug:step>/", views.evaluation_step, name="evaluation_step"),
    path("<uuid:pk>/prendre/", views.take, name="take"),
    path("<uuid:pk>/courriers/", views.letters, name="letters"),
    path("<uuid:pk>/courriers/projet/<slug:kind>/", views.letter_draft, name="letter_draft"),
    path("<uuid:pk>/courriers/<uuid:letter>/", views.letter, name="letter"),
    path("<uuid:pk>/courriers/<uuid:letter>/pdf/", views.letter_pdf, name="letter_pdf"),
    path("<uuid:pk>/demande/renouveler/", views.renew, name="renew"),
    path("<uuid:pk>/rappels/nouveau/", views.remind, name="remind"),
    path("<uuid:pk>/rappels/<uuid:reminder>/reporter/", views.put_off, name="put_off"),
    path("<uuid:pk>/rappels/<uuid:reminder>/fait/", views.finish, name="finish_reminder"),
    path("<uuid:pk>/reprendre/", views.resume, name="resume"),
    path("<uuid:pk>/actes/<slug:name>/", views.act, name="act"),
    *household,
]
# outside the dossiers: « /urgence/ ». The reference is posted, it stands in no address
urgency = (
    [
        path("", views.ask_urgency, name="ask"),
        path("suivi/", views.urgencies, name="list"),
        path("suivi/<uuid:pk>/examiner/", views.examine_urgency, name="examine"),
    ],
    "urgency",
)
# « /prescriptions/ »: what who prescribed follows
prescriptions = ([path("", views.prescriptions, name="list")], "prescriptions")
# « /rencontre/ »: short, for a phone
meeting = (
    [
        path("", views.new_meeting, name="new"),
        path("<uuid:pk>/", views.saved_meeting, name="saved"),
        path("<uuid:pk>/de-nouveau/", views.met_again, name="again"),
    ],
    "meeting",
)
# « /notice/ »: without a dossier too
notice = ([path("", views.notice, name="full"), path("facile/", views.easy_notice, name="easy")], "notice")
