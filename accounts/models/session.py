"""What signing in keeps: open sessions, counters of attempts, the last sign of life of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from accounts.models.user import User

if TYPE_CHECKING:
    from accounts.signin.store import SessionStore


class Session(AbstractBaseSession):
    """One browser. Its data is sealed (`accounts.signin.store`); no address of a machine is kept, nor the browser's
    own words: `device` is « Firefox, Windows ». Deleting the row ends the session at once.
    """

    # names it in a page, which the key must not; not unique: a session that changes its key is two rows for an instant
    ticket = models.UUIDField("numéro", default=uuid4, db_index=True)
    user = models.ForeignKey(User, models.CASCADE, verbose_name="personne", null=True, related_name="sessions")
    device = models.CharField("appareil", max_length=60)
    opened_at = models.DateTimeField("ouverte le")
    seen_at = models.DateTimeField("vue le")
    is_kept = models.BooleanField("gardée douze heures", default=False)

    class Meta:
        verbose_name = "session"
        verbose_name_plural = "sessions"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from accounts.signin.store import SessionStore  # it names this model

        return SessionStore


class SharedCount(models.Model):
    """A row of the cache that the processes share (`CACHES`, Django's database cache): counters of attempts.

    Keys are hashed with the secret key: neither addresses nor machines are read there.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = "compteur d’essais"
        verbose_name_plural = "compteurs d’essais"

    def __str__(self) -> str:
        return self.cache_key


class SignOfLife(models.Model):
    """When an account was last called upon, otherwise than by signing in (a convocation, for instance)."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="sign_of_life")
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "signe de vie"
        verbose_name_plural = "signes de vie"

    def __str__(self) -> str:
        return f"{self.at:%d/%m/%Y}"
