"""Sealed bytes that somebody changed or moved behind the product's back: refused, and told in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg import sql

from audit.boundary import broken_seals_are_told
from audit.models import Entry
from cases.dossiers.models import (
    Adhesion,
    Channel,
    Dossier,
    Evaluation,
    HousingRequest,
    MissingNumber,
    State,
    UrgencyReason,
)
from cases.dossiers.operations import (
    Answer,
    AskedPiece,
    NewDocument,
    NewDossier,
    NewEntry,
    add_documents,
    ask_pieces,
    household,
    inspect,
    keep_view,
    open_dossier,
    remind,
)
from cases.dossiers.operations.household.births import NewAnimals
from cases.dossiers.operations.searching import search
from cases.dossiers.operations.urgency import Emergency, open_urgently
from commission import operations as commission
from commission.models import Fiche
from core.db import acting_as
from exchange import operations as exchange
from tests.access.world import _mapping
from tests.dossiers.answering import fill
from tests.dossiers.files import pdf, upload
from tests.exchange.answers import tell_si_siao
from tests.exchange.registers import LEASE, PRESENTED, Files, account, files, row, told_well, written
from tests.factories import complete, letter_of, make_dossier
from tests.scratch import Instance, scratch
from vault import keys
from vault.errors import Tampered
from vault.models import KeyClass
from vault.rows import Vaulted, sealed_fields

SAID = {
    "suivi": "pension de famille : encombrement",
    "date_suivi": "2023-11-02",
    "evenement": "retour à l'emploi",
    "date_evenement": "2023-09-04",
}
ROWS = [row("A", base=PRESENTED | LEASE | SAID), row("B", suite_evaluation="ajournée", motif="attend un garant")]
PLACES = (1, 2, 3, 4, 15, 16, -17, -1)  # format, key version, nonce, ciphertext, tag


def models() -> list[type[Vaulted]]:
    """Every model of the product that holds sealed values."""
    return [
        model for model in apps.get_models() if issubclass(model, Vaulted) and not model.__module__.startswith("tests.")
    ]


@pytest.fixture
def _told(db: None) -> None:
    """Something in every sealed column."""
    keys.forget_all()  # an organisation is there from the migrations on: its key of a former test was rolled back
    siao = account("siao")
    told_well(*ROWS, by=siao)
    waiting = Evaluation.objects.get(frozen_at=None)
    waiting.adhesion = Adhesion.OUI
    waiting.save()
    request = HousingRequest.objects.get(dossier=waiting.dossier_id)
    request.missing_reason = MissingNumber.SEJOUR
    request.save()
    sent: Files = files([row("C")])
    exchange.receive(sent, by=siao)
    for words in ("Quetschelier", "Barnabé"):
        search(words, by=siao, session="")
    answer = Answer("ORALLY", no_agreement="AUTRE", note="Il ne peut pas répondre ce soir.")
    met = NewEntry(
        Channel.SI_SIAO, place="sous le pont", people=2, needs="Un abri.", si_siao_number="SI-778899", answer=answer
    )
    prescribed = open_dossier(NewDossier(None, known_as="celui du pont", entry=met), by=siao, on=timezone.localdate())
    remind(prescribed.pk, text="Rappeler la CAF.", due_on=timezone.localdate(), by=siao)
    _mapping(siao)
    for name in ("À décider", "À revoir"):
        keep_view(name, f"etat={State.EVALUE if name == 'À décider' else State.AJOURNE}", by=siao)
    tell_si_siao(prescribed, siao)
    seance = commission.plan_seance(timezone.localdate() + timedelta(days=9), "Salle des Carmes", by=None)
    for _ in range(2):
        ready = make_dossier(state=State.PRET, referent=siao, ethos="8.1 chez des tiers")
        complete(ready)
        commission.enrol(ready.pk, seance.pk, by=None)
        piece = NewDocument("RESSOURCES", inspect(upload(pdf())), timezone.localdate())
        add_documents(ready.pk, [piece], by=siao)
        ask_pieces(
            ready.pk,
            [AskedPiece("RIB", ready.participants.get().person_id)],
            whom="CAF",
            due_on=timezone.localdate(),
            by=siao,
            on=timezone.localdate(),
        )
    for dossier in Dossier.objects.filter(state=State.PRET):
        fill(dossier, siao)
    commission.convene(seance.pk, by=None)
    told_first = Fiche.objects.order_by("told_at")[0]
    wished = {"floor": "BAS", "access": "DOUCHE", "animals": "CHAT", "priority": "DEPOSE", "debt_plan": "SIGNE"}
    wished |= {"support": "BUDGET", "communes": "Chambéry", "sizes": "T2", "papers": "0"}
    of = {name: getattr(told_first, name) for name in ("subject_id", "examen", "dossier", "seance", "reference")}
    Fiche(**of, **wished, version=99, passage=1, told_at=timezone.now()).save(force_insert=True)
    dpo = account("dpo")
    for dossier in Dossier.objects.order_by("reference")[:2]:
        _tell_household(dossier)
        asked = Emergency(dossier.reference, UrgencyReason.RIGHTS, "Une demande d’accès.")
        with acting_as(dpo):
            assert open_urgently(asked, by=dpo) is not None
        letter_of(dossier)
    # where a subject has no key of a class, what is moved to a column of that class is told as erased, not as changed
    subjects = {subject for model in models() for subject in model.objects.values_list("subject_id", flat=True)}
    keys.ensure((subject, klass) for subject in subjects for klass in KeyClass)


def _tell_household(dossier: Dossier) -> None:
    """Somebody who came and left, a birth to come, animals."""
    today = timezone.localdate()
    who = household.Identity("Quillarmet", "Vorgeat", "Ysoline", "F", "MME", date(2019, 1, 1), "YEAR")
    place = household.Place("ENFANT", "ENFANT", "G")
    member = household.enter_household(dossier.pk, who, place, on=None, by=None)
    household.leave_household(dossier.pk, member.pk, "DEPART", on=today, by=None)
    household.expect_birth(dossier.pk, today, by=None)
    household.note_animals(dossier.pk, NewAnimals(1, "2", 2, "une tortue"), by=None)


def columns() -> Iterator[tuple[type[Vaulted], str, UUID, bytes]]:
    """One sealed value of each sealed column."""
    for model in models():
        for name in sealed_fields(model):
            found = model.objects.exclude(**{f"{name}__isnull": True}).order_by("pk").first()
            assert found is not None, f"nothing is sealed in {model.__name__}.{name}"
            yield model, name, found.pk, raw(model, name, found.pk)


def raw(model: type[Vaulted], name: str, pk: UUID) -> bytes:
    question = sql.SQL("SELECT {} FROM {} WHERE id = %s")
    with connection.cursor() as cursor:
        cursor.execute(question.format(sql.Identifier(name), sql.Identifier(model._meta.db_table)), [pk])
        return bytes(cursor.fetchone()[0])


def put(model: type[Vaulted], name: str, pk: UUID, blob: bytes) -> None:
    """As who holds the database would: without the product's triggers."""
    change = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s")
    with pgtrigger.ignore(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(sql.Identifier(model._meta.db_table), sql.Identifier(name)), [blob, pk])


def refused(model: type[Vaulted], name: str, pk: UUID) -> None:
    keys.forget_all()
    with pytest.raises(Tampered) as error, broken_seals_are_told():
        getattr(model.objects.get(pk=pk), name)
    told = Entry.objects.filter(event="vault.tampered", target_id=pk).latest("recorded_at")
    assert told.codes["label"] == error.value.label
    assert told.codes["row"] == str(pk)
    assert told.dossier_id is None


@pytest.mark.usefixtures("_told")
def test_one_changed_byte_anywhere_is_refused_and_journaled() -> None:
    seen = 0
    for model, name, pk, blob in list(columns()):
        for place in PLACES:
            changed = bytearray(blob)
            changed[place] ^= 0x01
            put(model, name, pk, bytes(changed))
            refused(model, name, pk)
            seen += 1
        put(model, name, pk, blob)
        keys.forget_all()
        getattr(model.objects.get(pk=pk), name)  # as it was, it opens
    assert Entry.objects.filter(event="vault.tampered").count() == seen > 150


@pytest.mark.usefixtures("_told")
def test_a_value_cut_or_without_its_mark_does_not_enter_the_database() -> None:
    for model, name, pk, blob in list(columns()):
        for wrong in (b"\x00" + blob[1:], blob[:31], b"", b"Quetschelier" * 4):
            with pytest.raises(IntegrityError):
                put(model, name, pk, wrong)


@pytest.mark.usefixtures("_told")
def test_two_rows_swapped_are_both_refused() -> None:
    swapped = 0
    for model in models():
        for name in sealed_fields(model):
            pair = list(model.objects.exclude(**{f"{name}__isnull": True}).order_by("pk")[:2])
            if len(pair) < 2:
                continue
            one, other = (each.pk for each in pair)
            first, second = raw(model, name, one), raw(model, name, other)
            put(model, name, one, second)
            put(model, name, other, first)
            refused(model, name, one)
            refused(model, name, other)
            swapped += 1
    assert swapped >= 10


@pytest.mark.usefixtures("_told")
def test_a_value_moved_to_another_column_of_its_row_is_refused() -> None:
    for model, name, pk, blob in list(columns()):
        for other in sealed_fields(model):
            if other != name:
                before = model.objects.filter(pk=pk).exclude(**{f"{other}__isnull": True}).exists() and raw(
                    model, other, pk
                )
                put(model, other, pk, blob)
                refused(model, other, pk)
                if before:
                    put(model, other, pk, before)


@pytest.mark.usefixtures("_told")
def test_a_sealed_row_keeps_its_subject() -> None:
    for model in models():
        found = model.objects.order_by("pk")[0]
        change = sql.SQL("UPDATE {} SET subject_id = %s WHERE id = %s").format(sql.Identifier(model._meta.db_table))
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change, [UUID(int=1), found.pk])


class TestCommands:
    """Met by a command or by the worker: a sentence, status 1, and an entry that outlives the failed transaction."""

    @pytest.fixture
    def instance(self, django_db_setup: None, tmp_path: Path) -> Iterator[tuple[Instance, list[str]]]:
        names = written(tmp_path, files(ROWS))
        with scratch() as made:
            made.json("import_register", *names)
            made.execute("ALTER TABLE commission_snapshot DISABLE TRIGGER USER")
            made.execute(
                "UPDATE commission_snapshot SET resources = set_byte(resources, 20, 255 - get_byte(resources, 20))"
            )
            yield made, names

    def entries(self, instance: Instance) -> list[Any]:
        return [row[0] for row in instance.rows("SELECT event FROM audit_entry WHERE event LIKE 'vault.%'")]

    @pytest.mark.long
    def test_it_is_told(self, instance: tuple[Instance, list[str]], tmp_path: Path) -> None:
        made, _ = instance
        changed = written(tmp_path, files([ROWS[0] | {"parc": "privé"}]))
        done = made.run("import_register", *changed, "--json")
        assert (done.returncode, done.stdout) == (1, "")
        assert "Une donnée chiffrée a été modifiée" in done.stderr
        assert "Traceback" not in done.stderr
        assert self.entries(made) == ["vault.tampered"]
        again = made.run("published_figures", "--json")
        assert (again.returncode, again.stdout) == (1, "")
        assert len(self.entries(made)) == 2
        relay = made.work()
        assert "Traceback" not in relay.stderr
        assert len(self.entries(made)) == 3
        assert made.rows("SELECT DISTINCT last_error FROM core_outboxmessage WHERE done_at IS NULL") == [("Tampered",)]
