"""The identifier of a request and its line: from the proxy to the log, without a word that somebody typed."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from django.db import connections
from django.test import AsyncClient, Client

from core.requests import HEADER, during, request_id
from desk import views
from tests.fixtures import Cast

pytestmark = pytest.mark.django_db
NAME = "Zephirine-Quatresous"
Browse = Callable[[str], Client]


def lines(written: io.StringIO, logger: str = "seuil.requests") -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in written.getvalue().splitlines()]
    return [entry for entry in entries if entry["logger"] == logger]


class TestTheIdentifier:
    @pytest.mark.parametrize("given", ["a1b2c3d4", "0b8f6a52-1111-4000-8000-000000000007", "Req_1.2-x" + "y" * 55])
    def test_of_a_proxy_is_kept(self, client: Client, given: str) -> None:
        assert client.get("/connexion/", headers={HEADER: given}).headers[HEADER] == given

    @pytest.mark.parametrize(
        "given",
        ["", "court", "x" * 65, "a b c d e f", "<script>alert(1)</script>", "nom=Zéphirine",
         "12345678\r\nSet-Cookie: a=b", "12345678\n", "😀😀😀😀😀😀😀😀", '{"a":"bbbbbb"}', "١٢٣٤٥٦٧٨"],
    )  # fmt: skip
    def test_that_is_hostile_gives_way_to_ours(self, client: Client, given: str) -> None:
        found = client.get("/connexion/", headers={HEADER: given}).headers[HEADER]
        assert re.fullmatch(r"[0-9a-f]{32}", found)

    def test_is_new_each_time_and_gone_afterwards(self, client: Client) -> None:
        assert client.get("/connexion/").headers[HEADER] != client.get("/connexion/").headers[HEADER]
        assert request_id() is None
        assert structlog.contextvars.get_contextvars() == {}

    def test_comes_with_every_answer(self, browse: Browse) -> None:
        browser = browse("siao")
        for path in ("/", "/nulle-part/", "/static/seuil.css", "/static/absent.css", "/demo/courriels/"):
            answer = browser.get(path)
            b"".join(answer)  # a file that is served is closed at its end
            assert HEADER in answer.headers
        assert HEADER in browser.get("/", headers={"host": "ailleurs.example"}).headers
        assert HEADER in browser.post("/dossiers/").headers

    def test_is_bound_for_a_task_and_put_back(self) -> None:
        with during("request-one"):
            assert request_id() == "request-one"
            with during("request-two"):
                assert request_id() == "request-two"
            assert request_id() == "request-one"
            with during(None):
                assert request_id() is None
        assert request_id() is None


class TestTheLine:
    def test_says_what_was_asked_by_whom_and_how_long(self, browse: Browse, cast: Cast, written: io.StringIO) -> None:
        answer = browse("siao").get("/dossiers/", headers={HEADER: "of-a-proxy-1"})
        (line,) = lines(written)
        assert line["request_id"] == answer.headers[HEADER] == "of-a-proxy-1"
        assert (line["event"], line["method"], line["route"], line["status"]) == (
            "request",
            "GET",
            "dossiers:list",
            200,
        )
        assert line["actor"] == str(cast["siao"].pk)
        assert 0 < line["ms"] < 60_000

    def test_of_a_visitor_has_no_actor(self, client: Client, written: io.StringIO) -> None:
        client.get("/connexion/")
        client.get("/dossiers/")
        assert [(line["route"], line["status"], line["actor"]) for line in lines(written)] == [
            ("accounts:sign_in", 200, None),
            ("dossiers:list", 302, None),
        ]

    def test_keeps_nothing_that_was_typed(self, browse: Browse, cast: Cast, written: io.StringIO) -> None:
        browser = browse("siao")
        browser.get(f"/{NAME}/?nom={NAME}", headers={"user-agent": NAME, "referer": f"https://x.example/{NAME}"})
        browser.get(f"/dossiers/?nom={NAME}", headers={HEADER: f"nom {NAME}"})
        browser.post("/connexion/", {"username": f"{NAME}@b.example", "password": NAME})
        browser.get(f"/demo/courriels/{NAME}/")
        browser.generic(NAME.upper(), "/")
        Client(enforce_csrf_checks=True).post(f"/{NAME}/", {"nom": NAME})
        Client(enforce_csrf_checks=True).post(f"/connexion/?next=/{NAME}/", {"username": NAME})
        browser.get("/", headers={"host": f"{NAME}.example"})
        assert len(lines(written)) == 8
        assert [line["method"] for line in lines(written)][4] == "other"
        text = written.getvalue()
        assert NAME.lower() not in text.lower()
        assert "Quatresous" not in text
        assert all(member.email not in text for member in cast.values())

    def test_of_what_broke_and_the_line_of_the_page_are_told_together(
        self, browse: Browse, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ValueError(NAME)

        monkeypatch.setattr(views, "awaited_by", fail)
        browser = browse("siao")
        browser.raise_request_exception = False
        answer = browser.get("/")
        (line,) = lines(written)
        (page,) = lines(written, "seuil")
        assert line["status"] == answer.status_code == 500
        assert page["event"] == "page.broken"
        assert line["request_id"] == page["request_id"] == answer.headers[HEADER]
        (django,) = lines(written, "django.request")
        assert django["request_id"] == answer.headers[HEADER]
        assert NAME not in written.getvalue()

    def test_of_django_about_a_path_names_its_route(self, written: io.StringIO) -> None:
        request = Client().get(f"/{NAME}/").wsgi_request
        request.path = f"/{NAME}/"
        extra = {"request": request, "status_code": 500}
        logging.getLogger("django.request").error("%s: %s", "Internal Server Error", request.path, extra=extra)
        (entry,) = lines(written, "django.request")
        assert entry["event"] == "Internal Server Error: none"
        assert (entry["status"], entry["request_id"]) == (500, request.identifier)  # type: ignore[attr-defined]


class TestUnderAsgi:
    def test_many_at_once_keep_their_own(self, written: io.StringIO) -> None:
        async def ask(number: int) -> str:
            answer = await AsyncClient().post("/healthz", headers={HEADER: f"request-{number:04}"})  # asks no database
            return str(answer.headers[HEADER])

        async def all_of_them() -> list[str]:
            return list(await asyncio.gather(*(ask(number) for number in range(40))))

        assert asyncio.run(all_of_them()) == [f"request-{number:04}" for number in range(40)]
        assert sorted(line["request_id"] for line in lines(written)) == [f"request-{number:04}" for number in range(40)]
        assert request_id() is None

    def test_what_an_asynchronous_view_logs_is_of_its_request(
        self, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connections["keystore"].settings_dict, "HOST", "/nowhere")

        async def both() -> None:
            await asyncio.gather(
                *(AsyncClient().get("/healthz", headers={HEADER: f"request-{letter}"}) for letter in "ab")
            )

        asyncio.run(both())
        told = {(line["check"], line["request_id"]) for line in lines(written, "seuil.health")}
        assert {("keystore", "request-a"), ("keystore", "request-b")} <= told
