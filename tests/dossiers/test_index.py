"""The prints of persons follow what is written of them, whoever writes it; they tell nothing, and may be made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from accounts import grants
from accounts.models import User
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import Dossier, HousingRequest, Participant, Person, PersonIndex, PersonRole, State
from cases.dossiers.operations import NewDossier, NewEvaluation, NewMember, correct_past_situation
from cases.dossiers.operations.indexing import Kind, index_people, known_of, rebuild, rebuild_next, rotate, tokens_of
from cases.dossiers.operations.searching import search
from core import outbox
from core.db import acting_as
from core.models import OutboxMessage
from exchange.population import load_population
from tests.dossiers.acts import prepared
from tests.factories import make_dossier, past_situation
from tests.fixtures import Cast, as_role, execute
from vault import blind
from vault.keystore import KEYSTORE, IndexRoot

pytestmark = pytest.mark.django_db


def expected() -> set[tuple[str, int, int]]:
    """(person, token, epoch) that the persons of the database must have, as they are now."""
    made = blind.blinder()
    return {
        (str(person.pk), each, made.epoch)
        for person in Person.objects.all()
        for each in tokens_of(
            known_of(person, [row.number for row in HousingRequest.objects.filter(person=person)]), made
        )
    }


def stored() -> set[tuple[str, int, int]]:
    return {
        (str(person), token, epoch)
        for person, token, epoch in PersonIndex.objects.values_list("person", "token", "epoch")
    }


def _opened(siao: User) -> None:
    operations.open_dossier(NewDossier("N’Diaye", "Moussa", "M", date(1988, 11, 21)), by=siao, on=date(2026, 3, 2))


def _opened_by_the_web(siao: User) -> None:
    with acting_as(siao):
        _opened(siao)


def _member_added(siao: User) -> None:
    dossier = make_dossier(referent=siao)
    with acting_as(siao):
        operations.add_member(dossier.pk, NewMember("Quincieux", None, None, None, PersonRole.CONJOINT), by=siao)


def _imported(siao: User) -> None:
    make_dossier(last_name="Kalinčević", first_name="Snežana", unique_number="073 0425 000007 XTEST")


def _corrected(siao: User) -> None:
    dossier = make_dossier(last_name="Orsel", first_name="Berthe", birth_date=None, unique_number=None)
    told = past_situation(
        last_name="Orselle", first_name="Marie-Berthe", birth_date=date(1979, 1, 1), unique_number="0730425000009XTEST"
    )
    changed = ["last_name", "first_name", "birth_date", "unique_number"]
    with acting_as(siao):
        correct_past_situation(dossier.pk, told, changed=changed, by=siao)


def _evaluated(siao: User) -> None:
    dossier = prepared(State.EN_EVALUATION, referent=siao)
    with acting_as(siao):
        operations.write_evaluation(dossier.pk, NewEvaluation(unique_number="0730425000011XTEST"), by=siao)


def _by_operations(siao: User) -> None:
    load_population(4, 5, by_copy=False)


def _by_copy(siao: User) -> None:
    load_population(30, 5, by_copy=True)


@pytest.mark.parametrize(
    "write",
    [_opened, _opened_by_the_web, _member_added, _imported, _corrected, _evaluated, _by_operations, _by_copy],
    ids=lambda write: write.__name__.strip("_"),
)
def test_the_index_is_that_of_the_persons_after_each_way_of_writing(siao: User, write: Callable[[User], None]) -> None:
    write(siao)
    assert len(stored()) > 10
    assert stored() == expected()


def test_a_print_says_its_kind_and_nothing_of_the_value(siao: User) -> None:
    make_dossier(last_name="Orsel", first_name="Berthe")
    kinds = {token >> 24 for token in PersonIndex.objects.values_list("token", flat=True)}
    assert kinds == {kind.value for kind in Kind}
    (row,) = execute("SELECT count(DISTINCT token), count(*) FROM dossiers_personindex")
    assert row[0] == row[1] > 10
    columns = execute("SELECT data_type FROM information_schema.columns WHERE table_name = 'dossiers_personindex'")
    assert sorted(kind for (kind,) in columns) == ["integer", "smallint", "uuid"], "no room for a text"


def test_whoever_does_not_see_a_person_sees_none_of_her_prints(siao: User, etranger: User) -> None:
    make_dossier()
    with acting_as(siao):
        seen = PersonIndex.objects.count()
    with acting_as(etranger):
        assert PersonIndex.objects.count() == 0
        assert PersonIndex.objects.all().delete()[0] == 0
    with as_role("seuil_worker"):
        assert PersonIndex.objects.count() == seen > 10


def test_made_again_by_the_command_as_it_was(siao: User) -> None:
    for _ in range(3):
        make_dossier()
    before = stored()
    PersonIndex.objects.filter(person=Person.objects.first()).delete()
    told = StringIO()
    call_command("index", stdout=told)
    assert stored() == before
    assert told.getvalue() == "Index refait, en 1 lots.\n"


def test_a_new_key_prints_everything_again_then_destroys_the_old_root(
    siao: User, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.dossiers.operations.indexing.AT_ONCE", 2)
    for last in ("Orsel", "Savarin", "Revard", "Glandon", "Lauzière"):
        make_dossier(last_name=last)
    before = stored()
    assert rotate() == 2
    late = make_dossier(last_name="Tardivelle")  # written under the new key
    assert search("orsel", by=siao, session="s").found, "under the old key too"
    OutboxMessage.objects.filter(task="index.rebuild").update(due_at=Now())
    with as_role("seuil_worker"):
        while outbox.relay("index.rebuild"):
            pass
    assert {epoch for *_, epoch in stored()} == {2}
    assert stored() == expected()
    assert not before & stored()
    assert late.participants.count() == 1
    ended = IndexRoot.objects.using(KEYSTORE).get(epoch=1)
    assert (ended.wrapped, ended.destroyed_at is not None) == (None, True)
    assert set(Entry.objects.filter(event__startswith="index.").values_list("event", flat=True)) == {
        "index.rotated",
        "index.root_destroyed",
    }


def test_what_was_printed_under_the_old_key_meanwhile_is_printed_again(siao: User) -> None:
    make_dossier()
    old = blind.blinder()
    rotate()
    person = Participant.objects.get().person
    assert rebuild() == person.pk
    PersonIndex.objects.filter(person=person).delete()
    PersonIndex.objects.bulk_create(
        PersonIndex(person=person, token=each, epoch=1) for each in tokens_of(known_of(person), old)
    )
    rebuild_next(2, person.pk)
    assert len(blind.blinders()) == 2, "the old root is needed still"
    rebuild_next(2, None)
    rebuild_next(2, person.pk)
    assert stored() == expected()
    assert [each.epoch for each in blind.blinders()] == [2]


def test_another_team_finds_what_is_opened_to_it_and_no_more(cast: Cast) -> None:
    seen, hidden = make_dossier(last_name="Quatrevaux"), make_dossier(last_name="Quatrevaux")
    grants.grant(seen, to=cast["fol73"], reason="essai", by=None)
    with acting_as(cast["fol73"]):
        found = search("katrevo", by=cast["fol73"], session="s").found
    assert found == [seen.pk]
    with acting_as(cast["siao"]):
        found = search("katrevo", by=cast["siao"], session="s").found
    assert set(found) == {seen.pk, hidden.pk}
    assert the_siao().team.pk in hidden.open_to or Dossier.objects.get(pk=hidden.pk).open_to


def test_printing_people_again_counts_their_rows(siao: User) -> None:
    make_dossier()
    person = Person.objects.get()
    assert index_people([person.pk]) == PersonIndex.objects.count()
    assert index_people([]) == 0
