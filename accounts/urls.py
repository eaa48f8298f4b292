"""Addresses of sign-in (see `accounts.signin.urls` too), one's account, people, invitations, and their confirmation."""

from __future__ import annotations

from django.urls import path

from accounts import views
from accounts.signin.views import account, door, factors

app_name = "accounts"
urlpatterns = [
    path("connexion/", door.SignIn.as_view(), name="sign_in"),
    path("connexion/retour/<uuid:pk>/<slug:key>/", door.come_back, name="come_back"),
    path("deconnexion/", door.sign_out, name="sign_out"),
    path("mon-compte/", account.me, name="me"),
    path("mon-compte/second-facteur/", factors.protect, name="protect"),
    path("mon-compte/second-facteur/<int:factor>/retirer/", factors.remove_factor, name="remove_factor"),
    path("mon-compte/codes/refaire/", factors.renew_codes, name="renew_codes"),
    path("mon-compte/mot-de-passe/", account.password, name="password"),
    path("mon-compte/rester-connecte/", account.stay, name="stay"),
    path("mon-compte/continuer/", account.go_on, name="go_on"),
    path("mon-compte/sessions/fermer/", account.end_others, name="end_others"),
    path("mon-compte/sessions/<uuid:pk>/fermer/", account.end_session, name="end_session"),
    path("mon-compte/agenda/", views.calendar, name="calendar"),
    path("mon-compte/agenda/adresse/", views.open_calendar, name="open_calendar"),
    path("mon-compte/agenda/fin/", views.end_calendar, name="end_calendar"),
    path("organisations/<uuid:pk>/", views.organisation, name="organisation"),
    path("personnes/", views.people, name="people"),
    path("personnes/<uuid:pk>/", views.person, name="person"),
    path("personnes/<uuid:pk>/depart/<uuid:organisation>/", views.leave, name="leave"),
    path("roles/<uuid:pk>/changer/", views.change_role, name="change_role"),
    path("roles/<uuid:pk>/fin/", views.end, name="end"),
    path("roles/<uuid:pk>/remplacer/", views.replace, name="replace"),
    path("roles/<uuid:pk>/inviter-un-remplacant/", views.invite_substitute, name="invite_substitute"),
    path("roles/<uuid:pk>/responsable/", views.charge, name="charge"),
    path("roles/<uuid:pk>/confirmer/", views.confirm, name="confirm"),
    path("personnes/confirmer/<uuid:organisation>/", views.recertification, name="recertification"),
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/nouvelle/", views.invite, name="invite"),
    path("invitations/<uuid:pk>/renvoyer/", views.renew, name="renew"),
    path("invitations/<uuid:pk>/retirer/", views.withdraw, name="withdraw"),
    path("invitation/<slug:token>/", views.accept, name="accept"),
]
