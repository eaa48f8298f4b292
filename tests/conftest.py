"""One database server for the tests, both databases for every test that asks for one."""

from __future__ import annotations

import fcntl
import shutil
import sys

import hypothesis
import pytest
from django.conf import settings

from config.database import ensure_running
from config.environment import make_data_dir
from tests.databases import use_models
from vault import blind, keys

# a machine that does something else makes no example false
hypothesis.settings.register_profile("seuil", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("seuil")
pytest_plugins = ["tests.fixtures"]
BOTH = ["default", "keystore"]
TRANSACTIONAL = {"transactional_db", "live_server", "django_db_reset_sequences"}


def pytest_configure(config: pytest.Config) -> None:
    """Two series on one instance would empty each other's databases: the second one waits."""
    if hasattr(config, "workerinput"):
        return
    turn = (make_data_dir() / "tests.lock").open("w")
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("another series of tests uses this instance: waiting (or set another SEUIL_DATA)", file=sys.stderr)  # noqa: T201
        fcntl.flock(turn, fcntl.LOCK_EX)
    config.add_cleanup(turn.close)
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)  # messages that nobody was there to read
    shutil.rmtree(settings.DOCUMENTS_DIR, ignore_errors=True)  # files whose rows were rolled back


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start the server when the first test that needs it comes, and have something to copy."""
    ensure_running()
    use_models(settings.DATABASES)


@pytest.fixture(autouse=True)
def _own_keys() -> None:
    """Keys are undone with each test, the root of the blind indexes too: none is kept in memory from the test before.

    An organisation made by `migrate` is the same subject in every test: a key kept would seal rows that no key opens
    once it is forgotten, five minutes later.
    """
    blind.forget()
    keys.forget_all()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every database test may use both databases."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        fixtures = set(getattr(item, "fixturenames", ()))
        if marker and "databases" not in marker.kwargs:
            item.add_marker(pytest.mark.django_db(*marker.args, **marker.kwargs, databases=BOTH), append=False)
        elif not marker and (fixtures & TRANSACTIONAL or "db" in fixtures):
            transaction = bool(fixtures & TRANSACTIONAL)
            item.add_marker(pytest.mark.django_db(transaction=transaction, databases=BOTH), append=False)
