"""The pages of an evaluation: its steps, its versions, what the household agrees to."""

from cases.dossiers.views.evaluation.agreements import evaluation_agree, evaluation_unshare, evaluation_withdraw
from cases.dossiers.views.evaluation.overview import evaluation, evaluation_versions
from cases.dossiers.views.evaluation.steps import (
    evaluation_flash,
    evaluation_health,
    evaluation_justice,
    evaluation_step,
)

__all__ = [
    "evaluation",
    "evaluation_agree",
    "evaluation_flash",
    "evaluation_health",
    "evaluation_justice",
    "evaluation_step",
    "evaluation_unshare",
    "evaluation_versions",
    "evaluation_withdraw",
]
