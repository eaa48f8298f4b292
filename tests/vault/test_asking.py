"""Questions that go forward together: the rows of each as if it asked alone; their keys in one statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F, OuterRef, QuerySet, Subquery

from audit.models import Entry
from cases.dossiers.models import Dossier, DossierEvent, Evaluation, HousingRequest, Participant
from core.db.together import fetch
from tests.factories import make_dossier
from tests.fixtures import statements
from vault import keys
from vault.asking import Keys, Question, ask, rows, together
from vault.models import KeyClass

pytestmark = pytest.mark.django_db


@pytest.fixture
def several() -> list[Dossier]:
    return [make_dossier("presented"), make_dossier("adjourned"), make_dossier()]


def with_day() -> QuerySet[Dossier]:
    last = Evaluation.objects.filter(dossier=OuterRef("pk")).order_by("-version").values("recorded_at")[:1]
    return Dossier.objects.annotate(told_at=Subquery(last)).order_by(F("state_on").desc(nulls_last=True), "reference")


LISTS: dict[str, Callable[[], QuerySet[Any]]] = {
    "in its order": lambda: with_day(),
    "its first ones": lambda: with_day()[:2],
    "of another table": lambda: Dossier.objects.filter(participants__person__created_at__isnull=False).order_by("pk"),
    "with what it belongs to": lambda: HousingRequest.objects.select_related("dossier").order_by("pk"),
    "sealed": lambda: Participant.objects.select_related("person", "dossier__referent").order_by("pk"),
    "some columns": lambda: DossierEvent.objects.only("kind", "detail").order_by("recorded_at"),
    "that can only be empty": lambda: Dossier.objects.filter(pk__in=[]),
    "that is empty": lambda: Dossier.objects.filter(reference="AUCUNE"),
}


def held(row: Any) -> dict[str, Any]:
    """All that the row knows, opened, and what it brought."""
    found = {name: getattr(row, name) for name in vars(row) if not name.startswith("_")}
    return found | {name: held(brought) for name, brought in row._state.fields_cache.items() if brought is not None}


class TestFetch:
    def test_each_list_is_as_if_it_had_asked_alone(self, several: list[Dossier]) -> None:
        lists = [make() for make in LISTS.values()]
        with statements() as sent:
            fetch(*lists)
            found = [[held(row) for row in each] for each in lists]
        assert len(sent) == 1
        for name, rows_found in zip(LISTS, found, strict=True):
            assert rows_found == [held(row) for row in LISTS[name]()], name
        assert [len(each) for each in found[:2]] == [3, 2]

    def test_one_alone_and_none(self, several: list[Dossier]) -> None:
        one = Dossier.objects.order_by("pk")
        with statements() as sent:
            fetch(one, Dossier.objects.none())
            fetch()
            assert len(one) == 3
            fetch(one, Dossier.objects.filter(pk__in=[]))
        assert len(sent) == 1

    def test_what_is_made_from_it_asks_again(self, several: list[Dossier]) -> None:
        every, events = Dossier.objects.order_by("pk"), DossierEvent.objects.order_by("pk")
        fetch(every, events)
        first = make_dossier()
        assert list(every.filter(pk=first.pk)) == [first]
        assert len(every.all()) == 4
        assert len(every) == 3

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: Dossier.objects.values("pk"),
            lambda: Dossier.objects.values_list("pk", flat=True),
            lambda: Dossier.objects.using("keystore"),  # one statement goes to one database
            lambda: Entry.objects.all(),  # its codes are JSON, whose text the driver reads otherwise
        ],
    )
    def test_what_it_cannot_read_again_is_refused(self, wrong: Callable[[], QuerySet[Any]]) -> None:
        with pytest.raises(TypeError, match="together"):
            fetch(Dossier.objects.all(), wrong())


def count(queryset: QuerySet[Any], rounds: int) -> Question[int]:
    """A question that asks so many times."""
    found = 0
    for _ in range(rounds):
        again = queryset.all()
        yield [again]
        found += len(again)
    return found


def names() -> Question[list[str | None]]:
    found = Participant.objects.select_related("person").order_by("pk")
    yield [found]
    yield Keys.of([each.person_id for each in found], KeyClass.IDENTITY)
    return [each.person.last_name for each in found]


def motives() -> Question[list[str | None]]:
    found = DossierEvent.objects.order_by("pk")
    yield [found]
    yield Keys.of([each.subject_id for each in found], KeyClass.SOCIAL)
    return [each.motive for each in found]


def nothing() -> Question[str]:
    return "rien"
    yield []


class TestAsk:
    def test_as_many_statements_as_the_longest_has_rounds(self, several: list[Dossier]) -> None:
        every = Dossier.objects.all()
        with statements() as sent:
            assert ask(together(count(every, 3), nothing(), count(every, 1), rows(every.all()))) == [9, "rien", 3, None]
        assert len(sent) == 3

    def test_keys_once_when_nobody_wants_rows(self, several: list[Dossier]) -> None:
        alone = ask(names()), ask(motives())
        keys.forget_all()
        with statements() as sent, statements("keystore") as brought:
            told = ask(together(names(), together(motives(), count(Dossier.objects.all(), 3)), nothing()))
        assert told == [alone[0], [alone[1], 9], "rien"]
        assert all(alone)
        assert (len(sent), len(brought)) == (3, 1)

    def test_only_the_keys_that_are_asked_for(self, several: list[Dossier]) -> None:
        keys.forget_all()
        ask(together(names(), motives()))
        person = Participant.objects.order_by("pk")[0].person_id
        assert person.int in keys.ring(KeyClass.IDENTITY)
        assert person.int not in keys.ring(KeyClass.SOCIAL)
        with statements("keystore") as brought:
            ask(names())
        assert brought == []

    def test_what_breaks_in_one_is_told(self, several: list[Dossier]) -> None:
        def broken() -> Question[int]:
            yield [Dossier.objects.all()]
            raise LookupError("not found")

        with pytest.raises(LookupError, match="not found"):
            ask(together(count(Dossier.objects.all(), 2), broken()))
