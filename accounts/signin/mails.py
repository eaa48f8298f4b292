"""The three mails of an account: a link to a new password, a link to come back, « quelque chose a changé »."""

from __future__ import annotations

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from accounts.models import User
from accounts.signin.dormancy import RETURN_LINK
from core.mail import send_notice


def send_reset(person: str, ask: str) -> None:
    """The link to choose another password; `ask` names the request, so that a second one is a second mail."""
    user = _active(person)
    if user is None:
        return
    link = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    _send(
        user,
        subject="Renouveler votre mot de passe Seuil",
        sentence="Quelqu’un, sans doute vous, a demandé un nouveau mot de passe. Le lien sert une heure. "
        "Si ce n’est pas vous, ne faites rien : rien ne change.",
        action="Choisir un mot de passe",
        path=reverse("account_reset_password_from_key", kwargs=link),
        key=f"account.reset:{ask}",
    )


def send_return(person: str, ask: str) -> None:
    """The link that reopens an account dormant for six months."""
    user = _active(person)
    if user is None:
        return
    _send(
        user,
        subject="Rouvrir votre compte Seuil",
        sentence="Votre compte n’a pas servi depuis six mois, et vous venez de vouloir entrer. Le lien sert une heure. "
        "Si ce n’est pas vous, appelez-nous : quelqu’un connaît votre mot de passe.",
        action="Rouvrir mon compte",
        path=reverse("accounts:come_back", args=[user.pk, RETURN_LINK.make_token(user)]),
        key=f"account.return:{ask}",
    )


def send_change(person: str, ask: str) -> None:
    """The password or a second factor has changed."""
    user = _active(person)
    if user is None:
        return
    _send(
        user,
        subject="Votre compte Seuil a changé",
        sentence="Le mot de passe ou un second facteur de votre compte vient de changer. "
        "Si ce n’est pas vous, appelez-nous sans attendre.",
        action="Voir mon compte",
        path=reverse("accounts:me"),
        key=f"account.change:{ask}",
    )


def _active(person: str) -> User | None:
    return User.objects.filter(pk=person, is_active=True).first()


def _send(user: User, *, subject: str, sentence: str, action: str, path: str, key: str) -> None:
    send_notice(
        to=[user.email],
        subject=subject,
        sentence=sentence,
        action=action,
        path=path,
        phone=settings.CONTACT_PHONE,
        key=key,
    )
