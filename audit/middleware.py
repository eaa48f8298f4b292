"""Who is acting, what the page opened, what could not be opened and what was refused: around every request."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from audit import boundary, reading, refusals
from core.db import acting_as
from vault.errors import VaultError, noticing

READS = {"GET", "HEAD", "OPTIONS"}


class acting:  # noqa: N801  a middleware is named in the settings as the function it stands for
    """Innermost middleware (`architecture.md` § 3).

    The view runs as the signed-in person under row-level security. A GET is rendered in one transaction that
    PostgreSQL keeps read-only; then its readings are written; then the answer leaves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = _view_of(request)
        if getattr(view, "for_machines", False):
            return self.get_response(request)
        user = request.user
        user.is_authenticated  # noqa: B018  the lazy user is read before acting as it
        read_only = request.method in READS and not getattr(view, "writes_on_get", False)
        with reading.collecting() as seen, refusals.collecting() as refused, noticing() as met:
            if read_only:
                with acting_as(user, read_only=True), transaction.atomic():
                    response = self.get_response(request)
            else:
                with acting_as(user):
                    response = self.get_response(request)
        broken: VaultError | None = getattr(request, "broken_seal", None)
        with acting_as(user):
            if broken is None and met:  # something swallowed it: the page would tell a falsehood
                broken = met[0]
                response = _broken_page(broken)
            if broken is not None:  # nothing was shown
                boundary.tell(broken, by=user if user.is_authenticated else None)
            else:
                reading.write(seen, by=user)
            refusals.write(refused, by=user)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A value that does not open makes a plain page; the journal is written once the transaction is over."""
        if not isinstance(error, VaultError):
            return None
        request.broken_seal = error  # type: ignore[attr-defined]
        return _broken_page(error)


def _broken_page(error: VaultError) -> HttpResponse:
    """Without the request's context: what fills a page could meet the same broken seal."""
    return HttpResponse(render_to_string("core/broken_seal.html", {"reason": str(error)}), status=500)


def writes_on_get(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that must write on GET (a provider's sign-in callback); a test lists them."""
    view.writes_on_get = True  # type: ignore[attr-defined]
    return view


def _view_of(request: HttpRequest) -> Callable[..., HttpResponse] | None:
    try:
        return resolve(request.path_info).func
    except Resolver404:
        return None
