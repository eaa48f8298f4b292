"""Letters for tests: what is offered on a dossier, what is printed, where a draft is."""

from __future__ import annotations

import io

import pypdf
from django.urls import reverse
from django.utils import timezone

from cases.dossiers.models import Dossier
from cases.dossiers.operations.letters import Asked, Desk

WHY = Asked(why="Une dette de loyer doit d’abord être réglée.")
RECOURS = "Vous pouvez écrire au président de Grand Chambéry, dans les deux mois."


def desk(dossier: Dossier) -> Desk:
    return Desk(Dossier.objects.get(pk=dossier.pk), today=timezone.localdate())


def printed(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def draft_url(dossier: Dossier, kind: str) -> str:
    return reverse("dossiers:letter_draft", args=[dossier.pk, kind])
