"""The pages of django-allauth that Seuil uses, under our addresses; the others do not exist.

They bear allauth's own names, by which its flows lead from one to the next. Our own pages are in `accounts.urls`.
"""

from __future__ import annotations

from django.urls import path

from accounts.signin.views import door, factors, proving

RESET = "connexion/nouveau-mot-de-passe/<slug:uidb36>/<slug:key>/"

urlpatterns = [
    path("connexion/", door.SignIn.as_view(), name="account_login"),
    path("connexion/second-facteur/", door.SecondFactor.as_view(), name="mfa_authenticate"),
    path("connexion/cle/", door.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    path("connexion/mot-de-passe-oublie/", door.AskReset.as_view(), name="account_reset_password"),
    path(RESET, door.Reset.as_view(), name="account_reset_password_from_key"),
    path("connexion/prouver/", proving.ByPassword.as_view(), name="account_reauthenticate"),
    path("connexion/prouver/code/", proving.ByCode.as_view(), name="mfa_reauthenticate"),
    path("connexion/prouver/cle/", proving.ByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("mon-compte/application/", factors.AddApplication.as_view(), name="mfa_activate_totp"),
    path("mon-compte/cle/", factors.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("mon-compte/codes/", factors.see_codes, name="mfa_view_recovery_codes"),
]
