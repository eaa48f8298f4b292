"""Around every request: who acts, what was opened, what could not be."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from audit import journal
from audit.models import Entry, Kind
from cases.dossiers.models import Dossier, Person
from core import outbox
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import execute
from vault import keys
from vault.keystore import Dek

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.audit.urls")]
READ_ONLY = "25006"


@pytest.fixture
def browser(siao: User, client: Client) -> Client:
    """The referent's."""
    client.force_login(siao)
    return client


@pytest.fixture
def person(dossier: Dossier) -> Person:
    return Person.objects.get(participations__dossier=dossier)


def flip_a_bit(person: Person, column: str = "last_name") -> None:
    """What somebody with the database, and not the keys, can do."""
    execute(
        f"UPDATE dossiers_person SET {column} = set_byte({column}, 20, get_byte({column}, 20) # 1)"  # noqa: S608
        " WHERE id = %s",
        person.pk,
    )


def tampered() -> list[Entry]:
    return list(Entry.objects.filter(event="vault.tampered"))


class TestWhoActs:
    def test_the_signed_in_person_reads_only(self, browser: Client, siao: User) -> None:
        assert browser.get("/test/qui/").content.decode() == f"seuil_web {siao.pk} on"

    def test_a_post_may_write(self, browser: Client, siao: User) -> None:
        assert browser.post("/test/qui/").content.decode() == f"seuil_web {siao.pk} off"

    def test_a_visitor_is_nobody(self, client: Client) -> None:
        assert client.get("/test/qui/").content.decode() == "seuil_web  on"

    def test_the_end_of_a_request_is_the_end_of_the_act(self, browser: Client) -> None:
        browser.get("/test/qui/")
        assert execute("SELECT current_user::text, current_setting('transaction_read_only')") == [
            ("seuil_owner", "off")
        ]

    def test_nobody_enters_without_signing_in(self, client: Client) -> None:
        answer = client.get("/test/absent/")
        assert answer.status_code == HTTPStatus.FOUND
        assert answer["Location"].startswith("/connexion/")


class TestAGetWritesNothing:
    @pytest.mark.parametrize("method", ["get", "head", "options"])
    def test_postgresql_refuses(self, browser: Client, method: str) -> None:
        with pytest.raises(DatabaseError) as refused:
            getattr(browser, method)("/test/ecrit/")
        assert refused.value.__cause__.sqlstate == READ_ONLY  # type: ignore[union-attr]
        assert not OutboxMessage.objects.filter(task="test").exists()

    def test_a_post_writes(self, browser: Client) -> None:
        assert browser.post("/test/ecrit/").status_code == HTTPStatus.OK
        assert OutboxMessage.objects.filter(task="test").exists()

    def test_a_view_may_say_that_it_writes(self, browser: Client) -> None:
        assert browser.get("/test/ecrit-et-le-dit/").status_code == HTTPStatus.OK

    def test_no_page_of_the_product_says_so(self) -> None:
        marked = [
            pattern.pattern
            for pattern in _every(get_resolver("config.urls").url_patterns)
            if getattr(pattern.callback, "writes_on_get", False)
        ]
        assert marked == []


class TestReadings:
    def test_what_the_page_opened_is_written_once(self, browser: Client, person: Person, siao: User) -> None:
        dossier = Dossier.objects.get()
        assert browser.get(f"/test/personne/{person.pk}/").status_code == HTTPStatus.OK
        read = Entry.objects.get(kind=Kind.READ)
        assert (read.event, read.target_id, read.dossier_id) == ("dossier.opened", dossier.pk, dossier.pk)
        assert read.actor_id == siao.pk
        assert bytes(read.leaf) == journal.leaf_hash(read)

    def test_each_opening_counts(self, browser: Client, person: Person) -> None:
        for _ in range(3):
            browser.get(f"/test/personne/{person.pk}/")
        assert Entry.objects.readings(Dossier.objects.get().pk).count() == 3

    def test_a_page_whose_reading_cannot_be_written_is_not_sent(
        self, browser: Client, person: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        execute("REVOKE INSERT ON audit_entry FROM seuil_web")
        browser.raise_request_exception = False
        answer = browser.get(f"/test/personne/{person.pk}/")
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert (person.last_name or "?").encode() not in answer.content

    def test_a_hidden_dossier_leaves_no_reading(self, client: Client, person: Person, etranger: User) -> None:
        client.force_login(etranger)
        with pytest.raises(Person.DoesNotExist):
            client.get(f"/test/personne/{person.pk}/")
        assert not Entry.objects.filter(kind=Kind.READ).exists()


class TestBrokenSeals:
    @pytest.mark.parametrize("page", ["personne", "comparee"])
    def test_a_changed_byte_makes_a_plain_page_and_is_journaled(
        self, browser: Client, person: Person, siao: User, page: str
    ) -> None:
        flip_a_bit(person)
        answer = browser.get(f"/test/{page}/{person.pk}/")
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        text = answer.content.decode()
        assert "modifiée ou déplacée" in text
        assert str(person.first_name) not in text
        assert "Traceback" not in text
        (entry,) = tampered()
        assert entry.target_id == person.pk
        assert entry.actor_id == siao.pk
        assert entry.codes == {
            "label": "dossiers.person.last_name",
            "row": str(person.pk),
            "subject": str(person.pk),
        }

    def test_two_rows_exchanged(self, browser: Client, person: Person) -> None:
        make_dossier()
        other = Person.objects.exclude(pk=person.pk).get()
        execute(
            "UPDATE dossiers_person a SET last_name = b.last_name FROM dossiers_person b"
            " WHERE a.id <> b.id AND a.id = ANY(%s) AND b.id = ANY(%s)",
            [person.pk, other.pk],
            [person.pk, other.pk],
        )
        for row in (person, other):
            answer = browser.get(f"/test/personne/{row.pk}/")
            assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert {entry.target_id for entry in tampered()} == {person.pk, other.pk}

    def test_two_fields_exchanged(self, browser: Client, person: Person) -> None:
        execute("UPDATE dossiers_person SET last_name = first_name, first_name = last_name")
        assert browser.get(f"/test/personne/{person.pk}/").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert len(tampered()) == 1

    def test_a_post_too(self, browser: Client, person: Person) -> None:
        flip_a_bit(person)
        assert browser.post(f"/test/acte/{person.pk}/").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert len(tampered()) == 1

    def test_an_erased_person(self, browser: Client, person: Person) -> None:
        Dek.objects.using("keystore").filter(subject_id=person.pk).delete()
        keys.forget_all()
        answer = browser.get(f"/test/personne/{person.pk}/")
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert "effacées" in answer.content.decode()
        entry = Entry.objects.get(event="vault.key_missing")
        assert entry.target_id == person.pk

    def test_what_opens_is_not_told(self, browser: Client, person: Person) -> None:
        assert browser.get(f"/test/comparee/{person.pk}/").status_code == HTTPStatus.OK
        assert tampered() == []


class TestOtherErrors:
    def test_absent(self, browser: Client) -> None:
        assert browser.get("/test/absent/").status_code == HTTPStatus.NOT_FOUND

    def test_after_an_error_of_sql_the_next_page_works(self, browser: Client, siao: User) -> None:
        browser.raise_request_exception = False
        assert browser.get("/test/sql/").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert browser.get("/test/qui/").content.decode() == f"seuil_web {siao.pk} on"


@pytest.mark.django_db(transaction=True)
def test_the_incident_outlives_the_transaction_that_failed(browser: Client) -> None:
    """Outside any transaction of a test: what PostgreSQL committed."""
    dossier = make_dossier()
    person = Person.objects.get(participations__dossier=dossier)
    flip_a_bit(person)
    assert browser.get(f"/test/personne/{person.pk}/").status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    connection.close()
    assert [entry.target_id for entry in tampered()] == [person.pk]
    assert not Entry.objects.filter(kind=Kind.READ, dossier_id=dossier.pk).exists()


def _every(patterns: list[URLPattern | URLResolver]) -> list[URLPattern]:
    found: list[URLPattern] = []
    for pattern in patterns:
        found += _every(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return found


class TestRealPages:
    """The same, on the product's own pages."""

    def test_opening_a_dossier_is_a_reading(self, browser: Client, dossier: Dossier, siao: User) -> None:
        assert browser.get(reverse("dossiers:detail", args=[dossier.pk])).status_code == HTTPStatus.OK
        read = Entry.objects.get(kind=Kind.READ)
        assert (read.dossier_id, read.actor_id) == (dossier.pk, siao.pk)

    @pytest.mark.parametrize("name", ["dossiers:list", "dossiers:detail"])
    @pytest.mark.parametrize("column", ["last_name", "first_name"])
    def test_a_changed_name_is_never_shown_nor_left_out(
        self, browser: Client, dossier: Dossier, person: Person, name: str, column: str
    ) -> None:
        flip_a_bit(person, column)
        answer = browser.get(reverse(name, args=[dossier.pk] if name.endswith("detail") else []))
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert "modifiée ou déplacée" in answer.content.decode()
        assert [entry.codes["label"] for entry in tampered()] == [f"dossiers.person.{column}"]
        assert not Entry.objects.filter(kind=Kind.READ).exists()

    def test_every_sealed_column_of_the_dossier_page(self, browser: Client, siao: User) -> None:
        """Whatever the page opens and finds broken makes no page at all; it never shows « inconnu » instead."""
        dossier = make_dossier(ethos="8.1 chez des tiers", motive="DECES", motive_text="dit par un proche")
        page = reverse("dossiers:detail", args=[dossier.pk])
        assert browser.get(page).status_code == HTTPStatus.OK
        silent = []
        for table, columns in SEALED.items():
            for column in columns:
                with transaction.atomic():
                    broken = f"set_byte({column}, 20, get_byte({column}, 20) # 1)"
                    execute(f"UPDATE {table} SET {column} = {broken} WHERE {column} IS NOT NULL")  # noqa: S608
                    answer = browser.get(page)
                    told = bool(tampered())
                    if (answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR) is not told:
                        silent.append(f"{table}.{column}: {answer.status_code}, journaled: {told}")
                    transaction.set_rollback(True)
        assert silent == []


SEALED = {
    "dossiers_person": ["last_name", "first_name", "birth_date", "sex"],
    "dossiers_evaluation": ["household_type", "children", "resource", "resources", "rent_debt", "ethos"],
    "dossiers_housingrequest": ["number"],
    "dossiers_residentialsituation": ["ethos"],
    "dossiers_dossierevent": ["detail", "motive", "note"],
}


class TestTasks:
    def test_a_broken_seal_met_by_a_task_is_journaled_too(self, person: Person) -> None:
        flip_a_bit(person)

        def work(payloads: list[outbox.Payload]) -> None:
            for payload in payloads:
                assert Person.objects.get(pk=payload["person"]).last_name

        outbox.handler("test.open")(work)
        try:
            with transaction.atomic():
                outbox.enqueue("test.open", person=str(person.pk))
            outbox.run_once()
        finally:
            del outbox.HANDLERS["test.open"]
        assert {(entry.target_id, entry.actor_id) for entry in tampered()} == {(person.pk, None)}
        assert OutboxMessage.objects.get(task="test.open").last_error == "Tampered"
