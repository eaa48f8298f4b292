"""What the environment may say, and the sentences when it says something impossible."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from email.utils import parseaddr
from pathlib import Path

import pytest
from django.core.mail import EmailMessage

from config import database, environment, mail
from config.environment import BASE_DIR, Refused

PRODUCTION = {
    "SEUIL_ENV": "production",
    "SEUIL_DB_ROLE": "web",
    "SEUIL_SECRET_KEY": "x" * 50,
    "SEUIL_HOSTS": "seuil.example",
    "SEUIL_PUBLIC_URL": "https://seuil.example",
    "SEUIL_MAIL_FROM": "Seuil <ne-pas-repondre@seuil.example>",
    "SEUIL_CONTACT_PHONE": "04 79 00 00 00",
    "SEUIL_KEK_DIR": "/etc/seuil/kek",
    "CELERY_BROKER_URL": "amqps://seuil@broker.example//",
    "DATABASE_URL_WEB": "postgresql://seuil_web@db.example/seuil",
    "KEYSTORE_URL_WEB": "postgresql://seuil_web@keys.example/seuil_keystore",
}
PLANNING = "-c work_mem=32MB -c jit=off"


@pytest.fixture(autouse=True)
def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said but what the test says."""
    for name in [name for name in os.environ if name.startswith(("SEUIL_", "DATABASE_URL", "KEYSTORE_URL", "CELERY_"))]:
        monkeypatch.delenv(name)


def say(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def import_settings(**variables: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process that hears only these variables."""
    question = "from config import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0)"
    heard = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        [sys.executable, "-c", question], env=heard, cwd=BASE_DIR, capture_output=True, text=True, check=False
    )


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.environment() == "dev"
    assert environment.database_role() == "web"
    assert environment.data_dir() == BASE_DIR / ".local"
    assert environment.port() == 8000
    assert environment.kek_dir() == BASE_DIR / ".local" / "kek"
    say(monkeypatch, SEUIL_ENV="test")
    assert environment.database_role() == "owner"


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("SEUIL_ENV", "prod", environment.environment),
        ("SEUIL_DB_ROLE", "postgres", environment.database_role),
        ("SEUIL_PORT", "huit", environment.port),
        ("SEUIL_PORT", "70000", environment.port),
        ("SEUIL_PORT", "0", environment.port),
        ("DATABASE_URL", "mysql:machin", database.databases),
    ],
)
def test_impossible_words_are_refused_by_name(
    name: str, value: str, read: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(monkeypatch, **{name: value})
    assert callable(read)
    with pytest.raises(Refused, match=name):
        read()


def test_the_secret_is_made_once_and_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    say(monkeypatch, SEUIL_DATA=str(tmp_path / "new"))
    with ThreadPoolExecutor(8) as pool:
        found = {done.result() for done in [pool.submit(environment.secret_key) for _ in range(16)]}
    assert len(found) == 1
    assert len(found.pop()) > 50
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600


def test_without_address_both_databases_are_on_the_embedded_server(monkeypatch: pytest.MonkeyPatch) -> None:
    found = database.databases()
    assert (found["default"]["NAME"], found["keystore"]["NAME"]) == ("seuil", "seuil_keystore")
    assert found["default"]["HOST"] == found["keystore"]["HOST"] == str(database.embedded_server().socket_dir)
    assert database.is_embedded()
    assert found["default"]["OPTIONS"]["options"] == f"{PLANNING} -c role=seuil_web"


def test_an_address_wins_and_keeps_its_options(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, DATABASE_URL="postgresql://me:word@db.example:6543/house?sslmode=require", SEUIL_DB_ROLE="worker")
    found = database.databases()["default"]
    assert [found[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "house", "me", "word", "db.example", "6543",
    ]  # fmt: skip
    assert found["OPTIONS"] == {"sslmode": "require", "options": f"{PLANNING} -c role=seuil_worker"}
    assert database.databases()["keystore"]["NAME"] == "house_keystore"
    assert not database.is_embedded()


def test_the_keystore_may_live_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, DATABASE_URL="postgresql://db.example/house", KEYSTORE_URL="postgresql://keys.example/keys")
    found = database.databases()
    assert (found["keystore"]["HOST"], found["keystore"]["NAME"]) == ("keys.example", "keys")
    assert found["default"]["TEST"]["NAME"] != found["keystore"]["TEST"]["NAME"]


def test_production_uses_the_login_of_its_role_and_never_changes_role(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, **PRODUCTION)
    found = database.databases()
    assert found["default"]["USER"] == "seuil_web"
    assert found["default"]["OPTIONS"] == {"options": PLANNING}
    assert found["keystore"]["HOST"] == "keys.example"
    assert not database.is_embedded()


def test_production_is_closed() -> None:
    done = import_settings(**PRODUCTION)
    assert done.stdout.split() == ["False", "True", "True"], done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"SEUIL_SECRET_KEY": ""}, "SEUIL_SECRET_KEY"),
        ({"SEUIL_SECRET_KEY": "short"}, "SEUIL_SECRET_KEY"),
        ({"SEUIL_HOSTS": ""}, "SEUIL_HOSTS"),
        ({"SEUIL_KEK_DIR": ""}, "SEUIL_KEK_DIR"),
        ({"SEUIL_PUBLIC_URL": ""}, "SEUIL_PUBLIC_URL"),
        ({"SEUIL_PUBLIC_URL": "http://seuil.example"}, "SEUIL_PUBLIC_URL"),
        ({"SEUIL_MAIL_FROM": ""}, "SEUIL_MAIL_FROM"),
        ({"SEUIL_CONTACT_PHONE": ""}, "SEUIL_CONTACT_PHONE"),
        ({"SEUIL_CONTACT_PHONE": "demander Claire"}, "SEUIL_CONTACT_PHONE"),
        ({"SEUIL_SMTP_URL": "ftp://mail.example"}, "SEUIL_SMTP_URL"),
        ({"SEUIL_METRICS_TOKEN": "devinez"}, "SEUIL_METRICS_TOKEN"),
        ({"PROMETHEUS_MULTIPROC_DIR": "/nulle/part"}, "PROMETHEUS_MULTIPROC_DIR"),
        ({"SEUIL_DEBUG": "1"}, "SEUIL_DEBUG"),
        ({"CELERY_BROKER_URL": ""}, "CELERY_BROKER_URL"),
        ({"CELERY_BROKER_URL": "filesystem://localhost"}, "CELERY_BROKER_URL"),
        ({"CELERY_BROKER_URL": "memory://"}, "CELERY_BROKER_URL"),
        ({"DATABASE_URL_WEB": ""}, "DATABASE_URL_WEB"),
        ({"DATABASE_URL_WEB": "", "DATABASE_URL": "postgresql://me@db.example/seuil"}, "DATABASE_URL_WEB"),
        ({"KEYSTORE_URL_WEB": ""}, "KEYSTORE_URL_WEB"),
        ({"SEUIL_DB_ROLE": "worker"}, "DATABASE_URL_WORKER"),
    ],
)
def test_production_refuses_to_start_half_configured(change: dict[str, str], named: str) -> None:
    done = import_settings(**{**PRODUCTION, **change})
    assert done.returncode != 0
    assert named in done.stderr.splitlines()[-1]


def test_links_in_mails_lead_to_this_machine_or_to_the_address_said(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, SEUIL_PORT="8123")
    assert mail.public_url() == "http://127.0.0.1:8123"
    say(monkeypatch, SEUIL_PUBLIC_URL="https://essai.example/seuil/")
    assert mail.public_url() == "https://essai.example/seuil"


@pytest.mark.parametrize(
    "said", ["seuil.example", "ftp://seuil.example", "https://", "https://a b", "https://me:word@seuil.example",
             "https://seuil.example/?q=1", "https://seuil.example/#a", "https://seuil.example:port",
             "javascript:alert(1)"],
)  # fmt: skip
def test_an_address_that_no_link_can_begin_with(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    say(monkeypatch, SEUIL_PUBLIC_URL=said)
    with pytest.raises(Refused, match="SEUIL_PUBLIC_URL") as refused:
        mail.public_url()
    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("a@b.example", ""),
        ("Seuil <a@b.example>", "Seuil"),
        ("Seuil, SIAO de la Savoie <a@b.example>", "Seuil, SIAO de la Savoie"),
        ('"Logement d’abord, été" <a@b.example>', "Logement d’abord, été"),
    ],
)
def test_who_writes_the_mails(monkeypatch: pytest.MonkeyPatch, said: str, name: str) -> None:
    say(monkeypatch, SEUIL_MAIL_FROM=said)
    assert parseaddr(mail.sender()) == (name, "a@b.example")
    written = EmailMessage("Bonjour", "Texte", mail.sender(), ["c@d.example"]).message().as_bytes()
    (read,) = message_from_bytes(written, policy=policy.default)["From"].addresses
    assert (read.display_name, read.addr_spec) == (name, "a@b.example")


@pytest.mark.parametrize(
    "said", ["Seuil", "a@", "a@b.example, c@d.example", "Seuil <a@b.example", "a@b.example>", "S\nBcc: c@d.example"]
)
def test_who_cannot_write_them(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    say(monkeypatch, SEUIL_MAIL_FROM=said)
    with pytest.raises(Refused, match="SEUIL_MAIL_FROM"):
        mail.sender()


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("", ("localhost", 25, "", "", False, False)),
        ("smtp://relay.example:2525", ("relay.example", 2525, "", "", False, False)),
        ("smtp+starttls://me:w%40rd@relay.example", ("relay.example", 587, "me", "w@rd", True, False)),
        ("smtps://me:word@relay.example", ("relay.example", 465, "me", "word", False, True)),
    ],
)
def test_which_server_takes_the_mails(monkeypatch: pytest.MonkeyPatch, said: str, read: tuple[object, ...]) -> None:
    say(monkeypatch, SEUIL_SMTP_URL=said)
    assert mail.mail_server() == read


def test_a_mail_server_that_is_refused_keeps_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, SEUIL_SMTP_URL="smtps://me:secretword@relay.example:port")
    with pytest.raises(Refused, match="SEUIL_SMTP_URL") as refused:
        mail.mail_server()
    assert "secretword" not in str(refused.value)


def test_the_broker_is_files_unless_said_and_each_instance_has_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment.broker_url() == "filesystem://localhost"
    assert environment.queue_name("0af3") == "seuil-0af3"
    say(monkeypatch, CELERY_BROKER_URL="redis://127.0.0.1:6379/0", SEUIL_QUEUE="mine")
    assert environment.broker_url() == "redis://127.0.0.1:6379/0"
    assert environment.queue_name("0af3") == "mine"
    say(monkeypatch, CELERY_BROKER_URL="sqla+sqlite:///x")
    with pytest.raises(Refused, match="CELERY_BROKER_URL"):
        environment.broker_url()
    monkeypatch.delenv("SEUIL_QUEUE")
    say(monkeypatch, **PRODUCTION)
    assert environment.queue_name("0af3") == "seuil"


def test_importing_the_settings_starts_nothing(tmp_path: Path) -> None:
    done = import_settings(SEUIL_DATA=str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("command", "role"), [("migrate", "owner"), ("dbshell", "owner"), ("published_figures", "worker")]
)
def test_manage_chooses_the_role_of_a_command(command: str, role: str) -> None:
    import manage

    assert manage.role_for(command) == role


def test_manage_says_a_refusal_in_one_sentence() -> None:
    heard = {"PATH": os.environ["PATH"], "SEUIL_ENV": "prod"}
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, env=heard, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "SEUIL_ENV vaut « prod » : les valeurs possibles sont dev, test, demo, production."


def test_a_server_that_does_not_answer_is_said_in_french_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    say(monkeypatch, DATABASE_URL="postgresql://me:secretword@127.0.0.1:1/house?connect_timeout=2")
    with pytest.raises(Refused) as refused:
        database._prepare()
    said = str(refused.value)
    assert said.startswith("Aucun PostgreSQL ne répond à 127.0.0.1:1")
    assert "secretword" not in said
    assert "connection" not in said.lower()


def test_documents_stand_in_the_instance_or_where_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SEUIL_DATA", str(tmp_path))
    assert environment.documents_dir() == tmp_path / "documents"
    monkeypatch.setenv("SEUIL_DOCUMENTS", str(tmp_path / "ailleurs"))
    assert environment.documents_dir() == tmp_path / "ailleurs"


@pytest.mark.parametrize("said", ["", "unix:///run/clamav/clamd.ctl", "tcp://antivirus.example:3310"])
def test_where_the_antivirus_listens(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SEUIL_CLAMD_URL", said)
    assert environment.clamd_url() == said


@pytest.mark.parametrize(
    "said", ["clamd", "unix:", "tcp://antivirus.example", "tcp://:3310", "http://x:1", "tcp://x:abc"]
)
def test_an_antivirus_that_cannot_be_reached_so(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SEUIL_CLAMD_URL", said)
    with pytest.raises(Refused, match="SEUIL_CLAMD_URL"):
        environment.clamd_url()
