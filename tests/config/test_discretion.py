"""Nothing of a person reaches an error page or a log, whatever breaks."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.template import Context, Engine
from django.test import RequestFactory, override_settings
from django.views.debug import technical_500_response

SECRET = "Zéphirine-Quatresous"


@pytest.fixture
def request_with_a_name() -> HttpRequest:
    headers = {"referer": f"https://seuil.example/?nom={SECRET}", "x-name": SECRET}
    request = RequestFactory().post(f"/dossiers/?nom={SECRET}", {"nom": SECRET}, headers=headers)
    request.COOKIES["nom"] = SECRET
    return request


def page_of(error: Exception, request: HttpRequest, accept: str) -> str:
    request.META["HTTP_ACCEPT"] = accept
    answer = technical_500_response(request, type(error), error, error.__traceback__)
    return answer.content.decode()


def break_on_a_name() -> None:
    surname = SECRET
    raise ValueError(f"{surname} is not a date")


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
@override_settings(DEBUG=True)
def test_the_page_of_development_hides_every_value(request_with_a_name: HttpRequest, accept: str) -> None:
    try:
        try:
            break_on_a_name()
        except ValueError as cause:
            raise RuntimeError(SECRET) from cause
    except RuntimeError as error:
        page = page_of(error, request_with_a_name, accept)
    assert "break_on_a_name" in page
    assert "RuntimeError" in page
    assert SECRET not in page
    assert settings.SECRET_KEY not in page


@override_settings(DEBUG=True)
def test_a_fault_in_a_template_hides_the_value_too(request_with_a_name: HttpRequest) -> None:
    template = Engine(debug=True).from_string("<p>{{ date.strftime }}</p>")

    class Date:
        def strftime(self) -> str:
            raise ValueError(SECRET)

    with pytest.raises(ValueError, match=SECRET) as fault:
        template.render(Context({"date": Date()}))
    page = page_of(fault.value, request_with_a_name, "text/html")
    assert "date.strftime" in page
    assert SECRET not in page


@pytest.mark.django_db
def test_a_refusal_of_postgresql_is_logged_without_its_values(written: io.StringIO) -> None:
    logging.getLogger("django.db.backends").setLevel(logging.CRITICAL)
    with pytest.raises(DatabaseError) as refused, connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::date", [SECRET])
    assert SECRET in str(refused.value)
    logging.getLogger("seuil").error("import failed", exc_info=refused.value)
    entry = json.loads(written.getvalue())
    assert entry["error"] == "DataError"
    assert any("test_discretion.py" in place for place in entry["places"])
    assert SECRET not in written.getvalue()


def test_structlog_and_logging_write_the_same_discreet_lines(
    written: io.StringIO, request_with_a_name: HttpRequest
) -> None:
    try:
        break_on_a_name()
    except ValueError as error:
        structlog.get_logger("seuil").error("one", exc_info=True)
        structlog.get_logger("seuil").exception("two")
        extra = {"request": request_with_a_name, "status_code": 500}
        logging.getLogger("django.request").error("three", exc_info=error, extra=extra)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["one", "two", "three"]
    assert {line["error"] for line in lines} == {"ValueError"}
    assert lines[2]["status"] == 500
    assert SECRET not in written.getvalue()


def test_queries_are_never_logged(written: io.StringIO) -> None:
    logging.getLogger("django.db.backends").error("SELECT %s", SECRET)
    assert written.getvalue() == ""
