"""`/healthz` and `/metrics`, against real databases, dead ports and servers that hang."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.health import LATE
from core.models import OutboxMessage
from tests.fixtures import execute
from tests.workers import figures

TOKEN = "0123456789abcdefghijklmnopqrstuvwxyz"
REDIS, RABBIT = "redis://127.0.0.1:6379/9", "amqp://guest:guest@127.0.0.1:5672//"
Browse = Callable[[str], Client]


def health(client: Client) -> tuple[int, dict[str, Any]]:
    """Status and body; whatever happens, the answer comes within a second."""
    start = time.monotonic()
    answer = client.get("/healthz")
    assert time.monotonic() - start < 3.0  # this machine may be busy; the product waits 0.8 s
    assert answer.headers["Content-Type"] == "application/json"
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.status_code, answer.json()


@contextmanager
def hanging() -> Iterator[int]:
    """Port of a server that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=8)) as server:
        yield int(server.getsockname()[1])


def dead_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def lead(monkeypatch: pytest.MonkeyPatch, alias: str, port: int) -> None:
    """From now on, new connections of this alias go there."""
    told = connections[alias].settings_dict
    for key, value in {"HOST": "127.0.0.1", "PORT": str(port)}.items():
        monkeypatch.setitem(told, key, value)


@contextmanager
def no_question() -> Iterator[None]:
    """Django's own connections are not asked anything meanwhile."""

    def refuse(*_: Any) -> Any:
        pytest.fail("a question was sent")

    with ExitStack() as stack:
        for each in connections.all():
            stack.enter_context(each.execute_wrapper(refuse))
        yield


@pytest.fixture(autouse=True)
def no_broker(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def warm(db: None, client: Client) -> None:
    """The first question of a process reads the migrations from the disk."""
    client.get("/healthz")


@pytest.mark.django_db
class TestHealth:
    def test_all_is_well(self, client: Client, warm: None) -> None:
        checks = dict.fromkeys(["database", "keystore", "migrations", "outbox"], "ok")
        assert health(client) == (200, {"status": "ok", "checks": checks, "outbox_oldest_seconds": 0})

    def test_it_asks_neither_who_one_is_nor_the_databases_of_the_page(self, browse: Browse, warm: None) -> None:
        browser = browse("siao")
        with no_question():
            status, _ = health(browser)
        assert status == 200

    def test_it_is_not_led_to_https(self, warm: None, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        client = Client()
        assert client.get("/connexion/").status_code == 301
        assert client.get("/healthz").status_code == client.get("/metrics").status_code == 200

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_nothing_is_done_there(self, client: Client, method: str) -> None:
        assert getattr(client, method)("/healthz").status_code == 405

    @pytest.mark.parametrize(
        ("alias", "failed"),
        [("keystore", {"keystore", "migrations"}), ("default", {"database", "migrations", "outbox"})],
    )
    @pytest.mark.parametrize("hangs", [False, True])
    def test_a_database_that_is_away_or_hangs(
        self,
        client: Client,
        warm: None,
        monkeypatch: pytest.MonkeyPatch,
        alias: str,
        failed: set[str],
        hangs: bool,
    ) -> None:
        with hanging() as port:
            lead(monkeypatch, alias, port if hangs else dead_port())
            status, body = health(client)
        assert status == 503
        assert body["status"] == "failed"
        assert {name for name, said in body["checks"].items() if said == "failed"} == failed
        assert (body["outbox_oldest_seconds"] is None) == (alias == "default")
        assert not re.search(r"127|port|psycopg|seuil|Error", str(body))

    def test_it_answers_when_the_page_could_not(
        self, browse: Browse, warm: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A session cookie, and no database to read the session from."""
        browser = browse("siao")
        lead(monkeypatch, "default", dead_port())
        with no_question():
            assert health(browser)[0] == 503

    def test_the_log_says_which_check_and_nothing_of_the_address(
        self, client: Client, warm: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        port = dead_port()
        lead(monkeypatch, "keystore", port)
        health(client)
        told: list[Any] = [record.msg for record in caplog.records if record.name == "seuil.health"]
        assert {(entry["check"], entry["error"]) for entry in told} == {
            ("keystore", "OperationalError"),
            ("migrations", "OperationalError"),
        }
        assert str(port) not in str(told)


@pytest.mark.django_db(transaction=True)
class TestWhatIsCommitted:
    """What another connection must see."""

    @pytest.fixture(autouse=True)
    def _afterwards(self) -> Iterator[None]:
        yield
        OutboxMessage.objects.all().delete()

    def write(self, seconds: float, **more: Any) -> None:
        due = timezone.now() - timedelta(seconds=seconds)
        OutboxMessage.objects.create(task="test.task", created_at=due, due_at=due, **more)

    def test_work_that_waits_too_long(self, client: Client) -> None:
        client.get("/healthz")
        self.write(LATE - 60)
        status, body = health(client)
        assert (status, body["checks"]["outbox"]) == (200, "ok")
        assert LATE - 60 <= body["outbox_oldest_seconds"] <= LATE - 50
        self.write(LATE + 10)
        status, body = health(client)
        assert (status, body["status"], body["checks"]["outbox"]) == (503, "failed", "failed")
        assert LATE + 10 <= body["outbox_oldest_seconds"] <= LATE + 20
        OutboxMessage.objects.update(done_at=timezone.now())
        assert health(client)[0] == 200

    def test_work_that_is_not_due_yet_is_not_late(self, client: Client) -> None:
        self.write(-3600, attempts=4, last_error="ValueError")
        client.get("/healthz")
        status, body = health(client)
        assert (status, body["outbox_oldest_seconds"]) == (200, 0)

    @pytest.mark.parametrize("alias", ["default", "keystore"])
    def test_a_migration_that_waits(self, client: Client, alias: str) -> None:
        client.get("/healthz")
        with connections[alias].cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'vault' RETURNING app, name, applied")
            rows = cursor.fetchall()
            assert rows
            try:
                status, body = health(client)
            finally:
                cursor.executemany("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", rows)
        assert status == 503
        assert {name for name, said in body["checks"].items() if said == "failed"} == {"migrations"}
        assert "vault" not in str(body)
        assert health(client)[0] == 200

    def test_the_figures_of_the_outbox(self, client: Client) -> None:
        self.write(20)
        self.write(5, attempts=3, last_error="ValueError")
        self.write(900, done_at=timezone.now())
        found = figures(client.get("/metrics").content.decode())
        assert found["seuil_outbox_readable"] == 1
        assert found["seuil_outbox_open"] == 2
        assert found["seuil_outbox_failing"] == 1
        assert found["seuil_outbox_failed_attempts"] == 3
        assert 20 <= found["seuil_outbox_oldest_due_seconds"] < 40

    def test_the_role_that_serves_pages_may_ask(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            for alias in ("default", "keystore"):
                options = {**connections[alias].settings_dict["OPTIONS"], "options": "-c role=seuil_web"}
                patch.setitem(connections[alias].settings_dict, "OPTIONS", options)
            client.get("/healthz")
            status, _ = health(client)
            connections.close_all()  # those that the client opened are the web's too
        assert status == 200


@pytest.mark.django_db
def test_the_outbox_tells_its_figures_and_nothing_else() -> None:
    """To the roles at work, not to whoever connects."""
    question = "SELECT has_function_privilege(%s, 'seuil_outbox()', 'EXECUTE')"
    may = {role: execute(question, f"seuil_{role}")[0][0] for role in ("web", "worker", "reporting", "treasury")}
    assert may == {"web": True, "worker": True, "reporting": False, "treasury": False}


@pytest.mark.django_db
class TestBroker:
    def broker(self, client: Client) -> tuple[int, str]:
        client.get("/healthz")
        status, body = health(client)
        return status, body["checks"]["broker"]

    def test_folders_that_can_be_written(self, client: Client, settings: Settings, tmp_path: Path) -> None:
        settings.CELERY_BROKER_URL, settings.BROKER_DIR = "filesystem://localhost", tmp_path / "broker"
        assert self.broker(client) == (200, "ok"), "nothing was posted yet"
        (tmp_path / "broker" / "queue").mkdir(parents=True)
        assert self.broker(client) == (200, "ok")
        (tmp_path / "broker" / "control").write_text("no folder")
        assert self.broker(client) == (503, "failed")

    @pytest.mark.parametrize("url", [REDIS, RABBIT])
    def test_a_broker_that_answers(self, client: Client, settings: Settings, url: str) -> None:
        port = int(re.findall(r":(\d+)/", url)[0])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            pytest.skip(f"no broker answers on port {port}")
        settings.CELERY_BROKER_URL = url
        assert self.broker(client) == (200, "ok")

    @pytest.mark.parametrize("url", ["redis://127.0.0.1:{}/0", "amqp://guest:guest@127.0.0.1:{}//"])
    @pytest.mark.parametrize("hangs", [False, True])
    def test_a_broker_that_is_away_or_hangs(self, client: Client, settings: Settings, url: str, hangs: bool) -> None:
        with hanging() as port:
            settings.CELERY_BROKER_URL = url.format(port if hangs else dead_port())
            assert self.broker(client) == (503, "failed")


@pytest.mark.django_db
class TestMetrics:
    def test_this_machine_may_read_them(self, client: Client) -> None:
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert figures(answer.content.decode())["seuil_outbox_readable"] == 1
        assert client.post("/metrics").status_code == 405

    @pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.5", "", "unix:", "2001:db8::1", "127.0.0.1.evil"])
    def test_a_stranger_finds_nothing_there(self, client: Client, settings: Settings, address: str) -> None:
        absent = client.get("/nulle-part/", REMOTE_ADDR=address)
        for token, said in (("", ""), ("", "Bearer "), (TOKEN, ""), (TOKEN, f"Bearer {TOKEN}x"), (TOKEN, TOKEN)):
            settings.METRICS_TOKEN = token
            for send in (client.get, client.post):
                answer = send("/metrics", REMOTE_ADDR=address, headers={"authorization": said})
                assert answer.status_code == 404
                assert answer.content == absent.content

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
    def test_a_stranger_behind_our_proxy_neither(self, client: Client, header: str) -> None:
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "127.8.8.8"])
    def test_loopback_has_several_names(self, client: Client, address: str) -> None:
        assert client.get("/metrics", REMOTE_ADDR=address).status_code == 200

    def test_the_token_opens_from_elsewhere(self, client: Client, settings: Settings) -> None:
        settings.METRICS_TOKEN = TOKEN
        headers = {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "203.0.113.7"}
        assert client.get("/metrics", REMOTE_ADDR="203.0.113.7", headers=headers).status_code == 200
        odd = {"authorization": "Bearer éàü"}
        assert client.get("/metrics", REMOTE_ADDR="203.0.113.7", headers=odd).status_code == 404

    def test_requests_are_counted_by_route_and_never_by_path(self, browse: Browse) -> None:
        browser = browse("siao")
        name = "seuil_http_requests_total method=GET route=dossiers:list status=200"
        before = figures(browser.get("/metrics").content.decode()).get(name, 0)
        browser.get("/dossiers/?nom=Quatresous")
        for number in range(20):
            browser.get(f"/Quatresous-{number}/")
            browser.generic(f"QUATRESOUS{number}", "/")
        text = browser.get("/metrics").content.decode()
        assert figures(text)[name] == before + 1
        assert "quatresous" not in text.lower()
        routes = set(re.findall(r'route="([^"]*)"', text))
        assert {"dossiers:list", "none", "metrics"} <= routes
        assert all(re.fullmatch(r"[a-z_.:]+", route) for route in routes)

    def test_without_a_database_the_other_figures_are_there(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client.get("/nulle-part/")
        lead(monkeypatch, "default", dead_port())
        found = figures(client.get("/metrics").content.decode())
        assert found["seuil_outbox_readable"] == 0
        assert "seuil_outbox_open" not in found
        assert any(name.startswith("seuil_http_requests_total") for name in found)
