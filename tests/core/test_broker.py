"""The broker seen from an act: files that come whole, and an absence that costs next to nothing."""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction

import config.celery
from core import broker, outbox
from core.models import OutboxMessage


@contextmanager
def over(address: str) -> Iterator[None]:
    """What this process commits is told to that broker."""
    before, config.celery.app = config.celery.app, config.celery.make_app(address, "test-broker")
    broker._left_alone_until = 0.0
    try:
        yield
    finally:
        config.celery.app = before
        broker._left_alone_until = 0.0


def act(*tasks: str) -> float:
    """Enqueue these in one transaction; the seconds that it took."""
    begun = time.monotonic()
    with transaction.atomic():
        for number, task in enumerate(tasks):
            with transaction.atomic():
                outbox.enqueue(task, n=number)
    return time.monotonic() - begun


@pytest.mark.django_db(transaction=True)
class TestWake:
    def messages(self) -> list[dict[str, Any]]:
        queue = Path(config.celery.app.conf.broker_transport_options["data_folder_in"])
        return [json.loads(path.read_text()) for path in queue.glob("*.test-broker.msg")]

    def test_once_for_each_task_of_a_transaction_and_with_nothing_to_tell(self) -> None:
        with over("filesystem://localhost"):
            for path in Path(config.celery.app.conf.broker_transport_options["data_folder_in"]).glob(
                "*.test-broker.msg"
            ):
                path.unlink(missing_ok=True)
            act("test.one", "test.two", "test.one", "test.one")
            found = self.messages()
            with transaction.atomic():
                outbox.enqueue("test.three")
                transaction.set_rollback(True)
            assert len(self.messages()) == 2
        assert sorted(each["headers"]["argsrepr"] for each in found) == ["['test.one']", "['test.two']"]
        assert socket.gethostname() not in json.dumps(found)
        assert {each["headers"]["origin"] for each in found} == {"seuil"}

    @pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
    def test_an_absent_broker_neither_fails_nor_slows_an_act(
        self, address: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
    ) -> None:
        with over(address):
            assert act("test.one", "test.two") < 1.0
        assert OutboxMessage.objects.count() == 2
        assert caplog.text.count("broker_away") == 1

    @pytest.mark.parametrize("scheme", ["redis", "amqp"])
    def test_a_deaf_broker_is_waited_for_once(self, scheme: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as deaf, over(f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}//"):
            assert act("test.one") < 3.0
            assert act("test.one", "test.two") < 0.5
        assert OutboxMessage.objects.count() == 3


def channel(folder: Path) -> Any:
    """A channel over this folder, without a connection."""
    made = broker.Channel.__new__(broker.Channel)
    options = {"data_folder_in": str(folder), "data_folder_out": str(folder)}
    made.connection = SimpleNamespace(client=SimpleNamespace(transport_options=options))
    made._closed = made.closed = True
    return made


def write(folder: Path, count: int) -> None:
    files = channel(folder)
    for number in range(count):
        files._put("mine", {"n": number, "padding": "x" * 2000})
        time.sleep(0.0005)


class TestFiles:
    def test_what_goes_in_comes_out_in_order_and_by_queue(self, tmp_path: Path) -> None:
        files = channel(tmp_path)
        for number in range(3):
            files._put("mine", {"n": number})
        files._put("other", {"n": 9})
        assert [files._get("mine")["n"] for _ in range(3)] == [0, 1, 2]
        with pytest.raises(Empty):
            files._get("mine")
        assert files._get("other") == {"n": 9}
        assert list(tmp_path.iterdir()) == []

    def test_a_message_is_whole_and_taken_once(self, tmp_path: Path) -> None:
        """Readers that look all the time, a writer of another process: kombu's own channel gives half messages."""
        taken: list[int] = []
        broken: list[Exception] = []
        over_now = threading.Event()

        def read() -> None:
            mine = channel(tmp_path)
            while True:
                last = over_now.is_set()
                try:
                    taken.append(mine._get("mine")["n"])
                except Empty:
                    if last:
                        return
                except Exception as error:
                    broken.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        writer = multiprocessing.get_context("fork").Process(target=write, args=(tmp_path, 1000))
        writer.start()
        writer.join(30)
        over_now.set()
        for reader in readers:
            reader.join(30)
        assert broken == []
        assert sorted(taken) == list(range(1000))
