"""Default-deny: whoever has not signed in is led to the door."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponseBase


class signed_in_only(LoginRequiredMiddleware):  # noqa: N801  a middleware is named as the function it stands for
    """Django's, which reads the session before it looks at the view: what answers machines must do without one."""

    def process_view(self, request: HttpRequest, view_func: Any, *arguments: Any) -> HttpResponseBase | None:
        """Let pass a view for machines (`core.http.for_machines`), else Django decides."""
        if getattr(view_func, "for_machines", False):
            return None
        return super().process_view(request, view_func, *arguments)
