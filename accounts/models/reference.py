"""What everybody shares and that changes without a developer: the history of the lists, the texts of letters."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models.user import User


class ListName(models.TextChoices):
    """The reference lists, whichever app keeps them."""

    ORGANISATION = "ORGANISATION", "organisations"
    COMMUNE = "COMMUNE", "communes"
    MOTIVE = "MOTIVE", "motifs"
    HINT = "HINT", "conseils de rédaction"
    PIECE_KIND = "PIECE_KIND", "natures de pièces"


class ListChange(models.Model):
    """One change of a line of a list: who, when, what it said before and after (nothing before: a new line).

    Reference data only, never a person: it may say its words, which the journal may not.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    list_name = models.CharField("liste", max_length=20, choices=ListName.choices)
    line = models.CharField("ligne", max_length=40)
    before = models.JSONField("avant", default=dict)
    after = models.JSONField("après", default=dict)
    changed_at = models.DateTimeField("changé le")
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "changement d’une liste"
        indexes = [models.Index(fields=["list_name", "line", "changed_at"], name="list_change_of_line")]
        constraints = [
            models.CheckConstraint(condition=models.Q(list_name__in=ListName.values), name="list_change_list")
        ]

    def __str__(self) -> str:
        return f"{self.list_name} {self.line}"


class Letter(models.Model):
    """A mail that Seuil sends, or a text on paper. `names` are the words in braces that it may use, `{reference}` say.

    A long one has a text of several lines, in the few marks of `operations.letters.blocks_of`.
    """

    code = models.CharField("code", max_length=40, primary_key=True)
    title = models.CharField("titre", max_length=120)
    names = ArrayField(models.CharField(max_length=40), verbose_name="mots remplacés", default=list)
    is_long = models.BooleanField("de plusieurs lignes", default=False)

    class Meta:
        verbose_name = "lettre"
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class LetterVersion(models.Model):
    """The words of a letter, from a date. A version is never rewritten: a correction is the next one."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    letter = models.ForeignKey(Letter, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField("version")
    subject = models.CharField("objet", max_length=150)
    sentence = models.TextField("texte")
    action = models.CharField("mots du lien", max_length=60)  # empty for a long one, on paper: it has no link
    written_at = models.DateTimeField("écrite le")
    written_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = "version d’une lettre"
        ordering = ["letter", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "number"],
                name="letter_version_number",
                violation_error_message="Ce texte a changé depuis votre lecture : relisez-le.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.number}"


class TextHint(models.Model):
    """A family of words that have no place in an ordinary note, and what to write instead. A hint, never a block.

    `words`: one a line; `*` at its end stands for any ending, `{nir}`, `{iban}`, `{telephone}` and `{courriel}` for the
    shape of a number or an address. Reference data: it tells of nobody.
    """

    code = models.CharField("code", max_length=40, primary_key=True)
    label = models.CharField("famille", max_length=80)
    words = models.TextField("mots")
    suggestion = models.CharField("conseil", max_length=300)
    rank = models.PositiveSmallIntegerField("rang", default=100)
    is_active = models.BooleanField("en usage", default=True)

    class Meta:
        verbose_name = "conseil de rédaction"
        verbose_name_plural = "conseils de rédaction"
        ordering = ["rank", "code"]
        constraints = [models.CheckConstraint(condition=~models.Q(suggestion=""), name="text_hint_says_what_to_do")]

    def __str__(self) -> str:
        return self.label
