"""« Courriels » : what the demonstration would have sent, read from its folder. Nothing leaves a demonstration."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import wraps
from pathlib import Path
from typing import Any

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from core.components import Entry
from core.http import for_everyone
from core.mail_folder import SUFFIX

PER_PAGE = 25
NAME = re.compile(r"[0-9a-f]{40}")
# what a mail may do in a frame: be drawn, and open its link in a page of its own
IN_A_FRAME = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
View = Callable[..., HttpResponse]
framing: Callable[[View], View] = csp_update({"frame-src": SELF})  # type: ignore[assignment]  # typed for bare views


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was written: `html` is empty when it has none."""

    name: str
    at: datetime | None
    sender: str
    to: str
    subject: str
    text: str
    html: str

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("desk:mail", args=[self.name])


def demo_only(view: View) -> View:
    """The page exists in a demonstration, nowhere else."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.IN_DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    wrapped.demo_only = True  # type: ignore[attr-defined]
    return wrapped


@for_everyone
@demo_only
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The mails, the last one first."""
    page = Paginator(names(), PER_PAGE).get_page(request.GET.get("page"))
    found = [mail for name in page.object_list if (mail := read(name)) is not None]
    return render(request, "desk/courriels.html", {"page": page, "mails": found})


@for_everyone
@demo_only
@require_safe
@framing
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail, as it is drawn and as its text."""
    context = {"mail": _found(name), "above": [Entry("Courriels", reverse("desk:mails"))]}
    return render(request, "desk/courriel.html", context)


@for_everyone
@demo_only
@require_safe
@xframe_options_sameorigin
def mail_drawn(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of one mail, alone: no script, nothing fetched, no hold on the page around it."""
    found = _found(name)
    if not found.html:
        raise Http404
    return HttpResponse(found.html, headers={"Content-Security-Policy": IN_A_FRAME})


def names() -> list[str]:
    """Names of the mails of the folder, the last written first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = [path for path in folder.glob(f"*{SUFFIX}") if NAME.fullmatch(path.stem)]
    return [path.stem for path in sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.stem))]


def read(name: str) -> Mail | None:
    """The mail of this name; None when there is none."""
    if not NAME.fullmatch(name):
        return None
    try:
        content = (Path(settings.EMAIL_FILE_PATH) / f"{name}{SUFFIX}").read_bytes()
    except FileNotFoundError:
        return None
    message = BytesParser(policy=policy.default).parsebytes(content)
    at = message["Date"].datetime if message["Date"] else None
    return Mail(
        name=name,
        at=at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at,  # « -0000 » is UTC (RFC 5322)
        sender=str(message["From"]),
        to=str(message["To"]),
        subject=str(message["Subject"]).strip(),  # a folded line begins with a space
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _found(name: str) -> Mail:
    found = read(name)
    if found is None:
        raise Http404
    return found
