"""The journal: codes only, in the transaction of the act, with a hash that anybody can make again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from audit import journal
from audit.models import Entry, Kind
from audit.reading import collecting, opened, write
from cases.dossiers.models import Dossier
from core.db import acting_as
from tests.fixtures import as_role, execute, refusal

pytestmark = pytest.mark.django_db
TARGET = UUID("0192f0c1-2d3e-7a4b-8c5d-6e7f80910aa1")
DOSSIER = UUID("0192f0c1-2d3e-7a4b-8c5d-6e7f80910bb2")
ACTOR = UUID("0192f0c1-2d3e-7a4b-8c5d-6e7f80910cc3")


class TestCodesOnly:
    @pytest.mark.parametrize(
        "value",
        [
            "Berthe Orsel",
            "Lauzière",
            "12 rue de la Combe",
            "berthe.orsel@exemple.test",
            "+33639980000",
            "06 39 98 00 00",
            "une\nligne",
            "x" * 81,
            "’",
            "«",
            "1 041,00 €",
            ["CODE", "un motif en clair"],
            [["CODE"]],
            {"nom": "Orsel"},
            ("CODE",),
            Decimal("607.75"),
            607.75,
            date(1984, 2, 29),
            b"octets",
            User(first_name="Berthe", last_name="Orsel"),
        ],
        ids=str,
    )
    def test_refused(self, value: Any) -> None:
        with pytest.raises(ValueError, match="codes and identifiers only") as refused:
            journal.record("test.done", target=uuid4(), by=None, detail=value)
        assert "Orsel" not in str(refused.value)
        assert not Entry.objects.filter(event="test.done").exists()

    @pytest.mark.parametrize(
        "value",
        ["EN_EVALUATION", "dossiers.person.last_name", str(TARGET), "2023-T2", 18, 0, True, None, "", ["a", "b"]],
    )
    def test_accepted(self, value: journal.Code) -> None:
        entry = journal.record("test.done", target=uuid4(), by=None, detail=value)
        assert Entry.objects.get(pk=entry.pk).codes == {"detail": value}

    @pytest.mark.parametrize("event", ["", "done", "Dossier.opened", "dossier.", "dossier.ouvert à Ugine", "a.b c"])
    def test_an_event_is_a_code_too(self, event: str) -> None:
        assert refusal(lambda: journal.record(event, target=uuid4(), by=None)).diag.constraint_name == "entry_event"


class TestHash:
    def test_the_canonical_form_never_changes(self) -> None:
        """These bytes are what a checker outside will hash in ten years: changing them needs a new version."""
        entry = Entry(
            id=UUID("0192f0c1-2d3e-7a4b-8c5d-6e7f80910dd4"),
            recorded_at=datetime(2026, 3, 29, 2, 30, 0, 120, tzinfo=timezone(timedelta(hours=2))),
            kind=Kind.ACT,
            event="dossier.closed",
            target_id=TARGET,
            dossier_id=DOSSIER,
            actor_id=ACTOR,
            codes={"state": "CLOS", "fields": ["b", "a"], "n": 3, "ok": True, "none": None},
        )
        expected = (
            b'{"actor":"0192f0c1-2d3e-7a4b-8c5d-6e7f80910cc3",'
            b'"codes":{"fields":["b","a"],"n":3,"none":null,"ok":true,"state":"CLOS"},'
            b'"dossier":"0192f0c1-2d3e-7a4b-8c5d-6e7f80910bb2",'
            b'"event":"dossier.closed","id":"0192f0c1-2d3e-7a4b-8c5d-6e7f80910dd4","kind":"ACT",'
            b'"recorded_at":"2026-03-29T00:30:00.000120+00:00","target":"0192f0c1-2d3e-7a4b-8c5d-6e7f80910aa1"}'
        )
        assert journal.canonical(entry) == expected
        assert journal.leaf_hash(entry) == hashlib.sha256(b"\x00" + expected).digest()

    def test_absent_values_are_told_as_absent(self) -> None:
        entry = journal.record("test.done", target=TARGET, by=None)
        told = json.loads(journal.canonical(entry))
        assert told["actor"] is None
        assert told["dossier"] is None
        assert told["codes"] == {}

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        codes=st.dictionaries(
            st.sampled_from(["state", "fields", "count", "version", "kind"]),
            st.one_of(
                st.none(),
                st.booleans(),
                st.integers(-(2**53), 2**53),
                st.from_regex(journal.CODE, fullmatch=True),
                st.lists(st.from_regex(journal.CODE, fullmatch=True), max_size=3),
            ),
        )
    )
    def test_the_row_read_back_has_the_same_hash(self, db: None, codes: dict[str, Any]) -> None:
        entry = journal.record("test.done", target=TARGET, dossier=DOSSIER, by=ACTOR, **codes)
        kept = Entry.objects.get(pk=entry.pk)
        assert journal.leaf_hash(kept) == bytes(kept.leaf) == journal.leaf_hash(entry)

    def test_every_entry_of_a_real_act_has_its_hash(self, dossier: Dossier) -> None:
        entries = list(Entry.objects.all())
        assert {"organisation.created", "membership.joined", "dossier.recorded"} <= {entry.event for entry in entries}
        assert [entry for entry in entries if journal.leaf_hash(entry) != bytes(entry.leaf)] == []

    @pytest.mark.parametrize(
        "change",
        [
            "recorded_at = recorded_at + interval '1 microsecond'",
            "actor_id = gen_random_uuid()",
            "kind = 'READ'",
            'codes = \'{"state": "PRET"}\'',
            "dossier_id = NULL",
        ],
    )
    def test_any_change_shows(self, dossier: Dossier, change: str) -> None:
        entry = Entry.objects.get(event="dossier.recorded")
        execute(f"UPDATE audit_entry SET {change} WHERE id = %s", entry.pk)  # noqa: S608
        changed = Entry.objects.get(pk=entry.pk)
        assert journal.leaf_hash(changed) != bytes(changed.leaf)


class TestAppendOnly:
    @pytest.mark.parametrize("role", ["seuil_web", "seuil_worker"])
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET actor_id = NULL",
            "UPDATE audit_entry SET leaf = leaf WHERE false",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
            "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
            "DROP TABLE audit_entry",
            "INSERT INTO audit_entry SELECT * FROM audit_entry ON CONFLICT (id) DO UPDATE SET actor_id = NULL",
        ],
    )
    def test_postgresql_refuses(self, dossier: Dossier, role: str, statement: str) -> None:
        with as_role(role):
            assert refusal(lambda: execute(statement)).sqlstate == "42501"

    @pytest.mark.parametrize("role", ["seuil_reporting", "seuil_treasury"])
    def test_others_do_not_even_read(self, dossier: Dossier, role: str) -> None:
        with as_role(role):
            assert refusal(lambda: execute("SELECT 1 FROM audit_entry")).sqlstate == "42501"


class TestInTheSameTransaction:
    def test_rolled_back_with_the_act(self) -> None:
        with transaction.atomic():
            journal.record("test.done", target=TARGET, by=None)
            transaction.set_rollback(True)
        assert not Entry.objects.filter(event="test.done").exists()

    def test_the_web_writes_and_reads(self, siao: User) -> None:
        with acting_as(siao):
            entry = journal.record("test.done", target=TARGET, by=siao)
            assert Entry.objects.get(pk=entry.pk).actor_id == siao.pk


class TestOfADossier:
    def test_newest_first_and_readings_apart(self, siao: User) -> None:
        acts = [journal.record("test.done", target=TARGET, dossier=DOSSIER, by=siao, n=n) for n in range(3)]
        read = journal.record_reading("test.opened", target=TARGET, dossier=DOSSIER, by=siao)
        journal.record("test.done", target=TARGET, dossier=uuid4(), by=siao)
        found = Entry.objects
        assert list(found.of_dossier(DOSSIER)) == acts[::-1]
        assert list(found.readings(DOSSIER)) == [read]


class TestReading:
    def test_outside_a_page_nobody_would_write_it(self) -> None:
        with pytest.raises(RuntimeError):
            opened("dossier.opened", target=TARGET)

    def test_the_same_thing_twice_on_one_page_is_one_reading(self, siao: User) -> None:
        with collecting() as seen:
            opened("dossier.opened", target=TARGET, dossier=DOSSIER)
            opened("dossier.opened", target=TARGET, dossier=DOSSIER)
            opened("person.opened", target=TARGET, dossier=DOSSIER)
        write(seen, by=siao)
        assert Entry.objects.filter(kind=Kind.READ, actor_id=siao.pk).count() == 2

    def test_pages_do_not_mix(self) -> None:
        with collecting() as outer:
            with collecting() as inner:
                opened("dossier.opened", target=TARGET)
            opened("person.opened", target=TARGET)
        assert [note.event for note in inner] == ["dossier.opened"]
        assert [note.event for note in outer] == ["person.opened"]

    def test_recorded_at_is_utc_in_the_hash_wherever_one_is(self) -> None:
        entry = journal.record("test.done", target=TARGET, by=None)
        elsewhere = Entry.objects.get(pk=entry.pk)
        elsewhere.recorded_at = elsewhere.recorded_at.astimezone(timezone(timedelta(hours=-7)))
        assert elsewhere.recorded_at.tzinfo is not UTC
        assert journal.leaf_hash(elsewhere) == bytes(entry.leaf)
