"""Work that must follow an act (the outbox), and work that a person watches (jobs)."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from core.workflow import StatefulModel, guarded_by_database


class OutboxMessage(models.Model):
    """One thing to do after an act. `payload` holds identifiers and codes, never a person's data."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    task = models.CharField("tâche", max_length=80)
    payload = models.JSONField("contenu", default=dict)
    created_at = models.DateTimeField("écrit le")
    due_at = models.DateTimeField("à faire à partir de")
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    last_error = models.CharField("dernière erreur (type)", max_length=120, default="", blank=True)
    done_at = models.DateTimeField("fait le", null=True)
    request_id = models.CharField("requête", max_length=64, default="", blank=True)

    class Meta:
        verbose_name = "message de la boîte d’envoi"
        verbose_name_plural = "boîte d’envoi"
        indexes = [models.Index(fields=["task", "due_at"], condition=Q(done_at=None), name="outbox_open")]

    def __str__(self) -> str:
        return f"{self.task} {self.pk}"


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "QUEUED", "En file d’attente"
    RUNNING = "RUNNING", "En cours"
    DONE = "DONE", "Terminé"
    STOPPED = "STOPPED", "Arrêté"
    FAILED = "FAILED", "Échoué"


LIVE = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    def live(self) -> Self:
        """Waiting or under way."""
        return self.filter(state__in=LIVE)


@guarded_by_database
class Job(StatefulModel):
    """Long work that its owner watches, and may stop. Its effects are written with its end, all or none.

    `target` is what it works on: one live job of a kind for each. `sentence` is French, for people, and holds counts,
    no person's data; `url` and `action` are the link beside it. `runs` counts its beginnings: a crash adds one.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField("genre", max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    target = models.UUIDField("sujet", null=True)
    state = FSMField("état", default=JobState.QUEUED, choices=JobState.choices, protected=True, editable=False)
    done = models.PositiveIntegerField("fait", default=0)
    total = models.PositiveIntegerField("à faire")
    runs = models.PositiveSmallIntegerField("départs", default=0)
    stop_asked = models.BooleanField("arrêt demandé", default=False)
    sentence = models.CharField("phrase", max_length=500, default="", blank=True)
    url = models.CharField("lien", max_length=200, default="", blank=True)
    action = models.CharField("mots du lien", max_length=80, default="", blank=True)
    request_id = models.CharField("requête", max_length=64, default="", blank=True)
    created_at = models.DateTimeField("demandé le")
    started_at = models.DateTimeField("commencé le", null=True)
    ended_at = models.DateTimeField("fini le", null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "travail"
        verbose_name_plural = "travaux"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state"),
            models.CheckConstraint(condition=Q(total__gt=0, done__lte=F("total")), name="job_progress"),
            models.CheckConstraint(
                condition=Q(state__in=LIVE, ended_at=None)
                | Q(~Q(state__in=LIVE), ~Q(sentence=""), ended_at__isnull=False),
                name="job_end",
            ),
            models.CheckConstraint(
                condition=Q(state=JobState.QUEUED, started_at=None, runs=0)
                | Q(~Q(state=JobState.QUEUED), started_at__isnull=False, runs__gt=0),
                name="job_begin",
            ),
            models.UniqueConstraint(
                fields=["kind", "target"],
                condition=Q(state__in=LIVE),
                name="job_once",
                violation_error_message="Ce travail est déjà en cours.",
            ),
        ]
        indexes = [models.Index(fields=["owner", "created_at"], name="job_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_live(self) -> bool:
        """Waiting or under way."""
        return self.state in LIVE

    @transition(state, source=LIVE, target=JobState.RUNNING, custom={"label": "Commencer"})
    def begin(self, *, at: datetime) -> None:
        """A worker takes it, from its first row: what an earlier run did was rolled back with it."""
        self.started_at, self.done, self.sentence = at, 0, ""
        self.runs += 1

    @transition(state, source=JobState.RUNNING, target=JobState.DONE, custom={"label": "Terminer"})
    def finish(self, sentence: str, *, url: str, action: str, at: datetime) -> None:
        """All of it is written."""
        self.done, self.sentence, self.url, self.action, self.ended_at = self.total, sentence, url, action, at

    @transition(state, source=JobState.RUNNING, target=JobState.STOPPED, custom={"label": "Arrêter"})
    def stop(self, sentence: str, *, at: datetime) -> None:
        """Its owner asked for it: nothing is written."""
        self.sentence, self.ended_at = sentence, at

    @transition(state, source=JobState.RUNNING, target=JobState.FAILED, custom={"label": "Échouer"})
    def fail(self, sentence: str, *, at: datetime) -> None:
        """It cannot be done: nothing is written."""
        self.sentence, self.ended_at = sentence, at
