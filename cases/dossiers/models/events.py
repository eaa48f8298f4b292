"""The dated facts of a dossier, and what keeps it open."""

from __future__ import annotations

from typing import Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Q, Subquery

from accounts.models import Membership
from cases.dossiers.models.choices import EventKind, HoldCode, MotiveLevel, Source
from cases.dossiers.models.dossier import Dossier
from core.constraints import in_order
from vault.fields import EncryptedText
from vault.models import KeyClass, Vaulted, VaultQuerySet


class Motive(models.Model):
    """One motive that may be given, with the register's wording (reference data; domaine § 1.4).

    `family` is what the published figures count: the label before « : ».
    """

    code = models.CharField("code", max_length=40, primary_key=True)
    level = models.CharField("niveau", max_length=12, choices=MotiveLevel.choices)
    label = models.CharField("libellé", max_length=120)
    in_sources = models.BooleanField("présent dans les sources", default=True)
    is_active = models.BooleanField("proposé", default=True)
    rank = models.PositiveSmallIntegerField("rang", default=100)

    class Meta:
        verbose_name = "motif"
        ordering = ["level", "rank", "label"]
        constraints = [models.CheckConstraint(condition=Q(level__in=MotiveLevel.values), name="motive_level")]

    def __str__(self) -> str:
        return self.label

    @property
    def family(self) -> str:
        """The label before « : », as the published figures count it."""
        return self.label.partition(":")[0].strip()


class DossierEventQuerySet(VaultQuerySet["DossierEvent"]):
    def standing(self) -> Self:
        """Those that no later event corrects."""
        return self.filter(correction=None)

    def with_author_body(self) -> Self:
        """Each with `author_body`: the organisation where its author works now, her last membership in force."""
        held = Membership.objects.live().filter(user=OuterRef("recorded_by")).order_by("-valid_from")
        return self.annotate(author_body=Subquery(held.values("organisation__name")[:1]))


class DossierEvent(Vaulted):
    """Something that happened to a situation, on a date that may be unknown.

    A past event is never rewritten: a correction is a new event that names the one it corrects.
    `detail` (outcome or fact) and `motive` are codes, sealed: « incarcération » is nobody's business
    who holds the database alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="events")
    kind = models.CharField("nature", max_length=12, choices=EventKind.choices)
    on = models.DateField("date", null=True, blank=True)
    detail = EncryptedText("précision", label="dossiers.event.detail", klass=KeyClass.SOCIAL, null=True, pad_to=40)
    motive = EncryptedText("motif", label="dossiers.event.motive", klass=KeyClass.SOCIAL, null=True, pad_to=40)
    note = EncryptedText("texte", label="dossiers.event.note", klass=KeyClass.SOCIAL, null=True)
    source = models.CharField("origine", max_length=10, choices=Source.choices)
    recorded_at = models.DateTimeField("inscrit le")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    corrects = models.OneToOneField("self", models.PROTECT, null=True, related_name="correction")

    dossier_id: UUID
    recorded_by_id: UUID | None
    objects = DossierEventQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Vaulted.Meta):
        verbose_name = "fait daté"
        verbose_name_plural = "faits datés"
        indexes = [models.Index(fields=["dossier", "on"], name="event_of_dossier")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="event_kind"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="event_source"),
            models.CheckConstraint(
                condition=~Q(kind=EventKind.INSTRUCTION) | Q(motive__isnull=False),
                name="event_instruction_has_motive",
                violation_error_message="Une décision d’instruction dit son motif.",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=[EventKind.OUTCOME, EventKind.FACT]) | Q(detail__isnull=False),
                name="event_outcome_is_coded",
                violation_error_message="Une issue ou un évènement a son code.",
            ),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class Hold(models.Model):
    """What keeps a dossier from being closed: whoever opens something calls down and says so.

    `holder_id` is the row that holds (a measure, a lease, a right).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="holds")
    code = models.CharField("nature", max_length=10, choices=HoldCode.choices)
    holder_id = models.UUIDField("ce qui retient")
    placed_at = models.DateTimeField("posé le")
    released_at = models.DateTimeField("levé le", null=True)

    class Meta:
        verbose_name = "retenue"
        constraints = [
            models.CheckConstraint(condition=Q(code__in=HoldCode.values), name="hold_code"),
            in_order(
                "placed_at", "released_at", name="hold_dates", message="Une retenue est levée après avoir été posée."
            ),
            models.UniqueConstraint(
                fields=["dossier", "code", "holder_id"], condition=Q(released_at=None), name="hold_once"
            ),
        ]

    def __str__(self) -> str:
        return self.get_code_display()
