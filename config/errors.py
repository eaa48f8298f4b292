"""Error pages of development and error reports, without any value: variables, fields and messages stay hidden."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

MASK = "…"


class HidesEverything(SafeExceptionReporterFilter):
    """No local variable, no field, no cookie, no header, no setting: the places of a fault are enough to find it."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always, in development too."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        """Names of the posted fields, each with a mask for value."""
        return {} if request is None else dict.fromkeys(request.POST, MASK)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> list[tuple[str, Any]]:  # type: ignore[override]
        """No variable."""
        return []

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, str]:
        """Names of the cookies, masked."""
        return dict.fromkeys(request.COOKIES, MASK)

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Neither headers nor query string nor environment."""
        return {}

    def get_safe_settings(self) -> dict[str, Any]:
        """No setting."""
        return {}


class DiscreetReporter(ExceptionReporter):
    """Django's reporter, without the exception's message nor the query string, which may quote a value."""

    def get_traceback_data(self) -> dict[str, Any]:
        """What the error page shows."""
        data = super().get_traceback_data()
        data.update(exception_value="message masqué", exception_notes="", unicode_hint="")
        data["filtered_POST_items"] = [(name, MASK) for name, _ in data.get("filtered_POST_items") or []]
        data["request_GET_items"] = [(name, MASK) for name in self.request.GET] if self.request else []
        data["request_FILES_items"] = []
        if data.get("template_info"):
            data["template_info"] = {**data["template_info"], "message": MASK}
        for frame in data.get("frames", []):
            frame.update(vars=[], exc_cause=None)
        return data
