"""Anonymised facts, and the figures counted from them. Made by the worker alone."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class FactKind(models.TextChoices):
    """One fact for each closed event. What `code` and `detail` hold is said beside each."""

    SEANCE = "SEANCE", "séance tenue"  # code: AVEC or SANS a situation presented
    ETUDIE = "ETUDIE", "situation étudiée"  # code: PRESENTEE, NON_RETENUE, EN_ATTENTE; detail: motive
    PRESENTE = "PRESENTE", "situation présentée"  # code: household type; origin: keyed prescripteur
    DECIDE = "DECIDE", "situation décidée"  # code: the last decision
    BAIL = "BAIL", "bail signé"  # code: kind; detail: parc
    ISSUE = "ISSUE", "issue"  # code: the last outcome known at the end of the following year
    FAIT = "FAIT", "évènement"  # code: the fact


class Fact(models.Model):
    """One closed event, told without the household: no name, no date, no key to the dossier.

    `id` is the HMAC of the event's UUID under a key of the period; while the period is open the fact is
    rewritten in place, once its key is destroyed nothing links it to a dossier or to another fact.
    `period` is the civil year that counts it (domaine § 1.6).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    period = models.CharField("période", max_length=4)
    kind = models.CharField("nature", max_length=8, choices=FactKind.choices)
    code = models.CharField("code", max_length=40)
    detail = models.CharField("précision", max_length=40, default="")
    origin = models.UUIDField("origine", null=True)

    class Meta:
        verbose_name = "fait anonymisé"
        verbose_name_plural = "faits anonymisés"
        indexes = [models.Index(fields=["period", "kind", "code"], name="fact_counted")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=FactKind.values), name="fact_kind"),
            models.CheckConstraint(condition=Q(period__regex=r"^[0-9]{4}$"), name="fact_period"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period}"


class FigureResult(models.Model):
    """A figure as it was last computed; the page reads this and computes nothing.

    `value` is a number or an object, as `published_figures` prints it.
    """

    figure = models.CharField("chiffre", max_length=4)
    period = models.CharField("période", max_length=4)
    value = models.JSONField("valeur")
    computed_at = models.DateTimeField("calculé le")

    pk = models.CompositePrimaryKey("figure", "period")

    class Meta:
        verbose_name = "chiffre calculé"
        verbose_name_plural = "chiffres calculés"
        permissions = [("view_figures", "Voir les chiffres publiés et recalculés")]
        constraints = [models.CheckConstraint(condition=Q(figure__regex=r"^F[0-9]{2}$"), name="figure_id")]

    def __str__(self) -> str:
        return f"{self.figure} {self.period}"
