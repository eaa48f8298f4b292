"""What comes in, goes out and is owed, line by line; their totals stand in the evaluation."""

from __future__ import annotations

from django.db import models

from cases.dossiers.models.answers import OfEvaluation
from vault.fields import EncryptedDecimal, EncryptedText
from vault.models import KeyClass

NATURE = 24


class LineBase(OfEvaluation):
    """One line, in the order in which it was written. Its subject is the household. Amounts are euros."""

    rank = models.PositiveSmallIntegerField("rang")

    class Meta(OfEvaluation.Meta):
        abstract = True
        constraints = [models.UniqueConstraint(fields=["evaluation", "rank"], name="%(class)s_rank")]

    def __str__(self) -> str:
        return f"ligne {self.rank}"


class ResourceLine(LineBase):
    """An income of the household: so much a month, until a day when it is known to end."""

    nature = EncryptedText("nature", label="dossiers.resource_line.nature", klass=KeyClass.SOCIAL, pad_to=NATURE)
    amount = EncryptedDecimal("par mois", label="dossiers.resource_line.amount", klass=KeyClass.SOCIAL)
    until = models.DateField("jusqu’au", null=True)

    class Meta(LineBase.Meta):
        verbose_name = "ressource"


class ChargeLine(LineBase):
    """What goes out each month."""

    nature = EncryptedText("nature", label="dossiers.charge_line.nature", klass=KeyClass.SOCIAL, pad_to=NATURE)
    amount = EncryptedDecimal("par mois", label="dossiers.charge_line.amount", klass=KeyClass.SOCIAL)

    class Meta(LineBase.Meta):
        verbose_name = "charge"


class DebtLine(LineBase):
    """What is owed to one creditor, and how it is paid back: so much a month, until a day."""

    nature = EncryptedText("nature", label="dossiers.debt_line.nature", klass=KeyClass.SOCIAL, pad_to=NATURE)
    amount = EncryptedDecimal("montant dû", label="dossiers.debt_line.amount", klass=KeyClass.SOCIAL)
    creditor = EncryptedText(
        "créancier", label="dossiers.debt_line.creditor", klass=KeyClass.SOCIAL, null=True, pad_to=NATURE
    )
    plan = EncryptedText("plan", label="dossiers.debt_line.plan", klass=KeyClass.SOCIAL, null=True, pad_to=NATURE)
    monthly = EncryptedDecimal("par mois", label="dossiers.debt_line.monthly", klass=KeyClass.SOCIAL, null=True)
    until = models.DateField("jusqu’au", null=True)

    class Meta(LineBase.Meta):
        verbose_name = "dette"
