"""The journal, whole: to who reads the journals and to nobody else; no name of a household, every event in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.demo import CAST
from accounts.models import Membership
from audit import journal
from audit.models import Entry
from cases.dossiers.views.detail import WORDS as ON_A_DOSSIER
from commission.models import Seance
from core.workflow import moves
from desk.journal_words import ELSEWHERE, told
from tests.dossiers.test_journal_words import calls, modules, recorded
from tests.factories import make_dossier
from tests.fixtures import Cast, statements, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
PAGE = "/journal/"
RECORDS = ("journal.record", "journal.record_reading", "refused", "note_refused")


def readings() -> Iterator[str]:
    """What pages note that they opened."""
    for _, module in modules():
        for call, name in calls(module):
            if name == "opened" and call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value)


class TestWords:
    def test_every_event_of_the_code_has_its_words(self) -> None:
        written = {event for event in recorded(by=RECORDS, anywhere=True) if "{}" not in event}
        every = written | set(readings())
        assert len(every) > 120, "the code is read"
        assert [event for event in sorted(every) if told(event) == "Acte inscrit"] == []

    def test_and_those_whose_name_is_made(self) -> None:
        assert {f"seance.{move.name}" for move in moves(Seance)} <= ELSEWHERE.keys()
        assert {"account.factor_added", "account.factor_removed"} <= ELSEWHERE.keys()

    def test_none_is_told_twice(self) -> None:
        assert ELSEWHERE.keys() & ON_A_DOSSIER.keys() == set()


@pytest.mark.parametrize("account", [member.account for member in CAST])
def test_who_reads_it(browse: Browse, account: str) -> None:
    assert browse(account).get(PAGE).status_code == (200 if account == "dpo" else 404)


class TestPage:
    def test_what_was_done_read_and_refused(self, browse: Browse, cast: Cast) -> None:
        dossier = make_dossier(referent=cast["siao"])
        browse("siao").get(dossier.get_absolute_url())
        browse("bailleur").get(dossier.get_absolute_url())
        page = browse("dpo").get(PAGE)
        said = text_of(page)
        for words in ("Dossier créé depuis le registre", "Dossier ouvert", "Claire Vautrin SIAO de la Savoie"):
            assert words in said, words
        person = dossier.participants.get().person
        for hidden in (person.last_name, person.first_name, dossier.reference, str(dossier.pk)):
            assert str(hidden) not in re.sub(r'csrfmiddlewaretoken" value="[^"]*"', "", page.content.decode())
        assert Entry.objects.filter(event="journal.read", actor_id=cast["dpo"].pk).count() == 1

    def test_one_dossier_is_followed_by_the_beginning_of_its_identifier(self, browse: Browse, cast: Cast) -> None:
        one, other = make_dossier(referent=cast["siao"]), make_dossier(referent=cast["siao2"])
        page = browse("dpo").get(PAGE, {"dossier": str(one.pk)[:8]})
        assert {line.dossier for line in page.context["lines"]} == {str(one.pk)[:8]}
        assert page.context["page"].paginator.count == Entry.objects.filter(dossier_id=one.pk).count()
        assert f"dossier {str(one.pk)[:8]}" in text_of(page)
        assert str(other.pk)[:8] not in text_of(page)

    def test_filters(self, browse: Browse, cast: Cast) -> None:
        dossier = make_dossier(referent=cast["siao"])
        browse("siao").get(dossier.get_absolute_url())
        journal.record("membership.refused", target=dossier.pk, by=cast["admin"], why="kind")
        browser = browse("dpo")

        def words(**asked: str) -> set[str]:
            return {line.words for line in browser.get(PAGE, asked).context["lines"]}

        assert words(quoi="refus") == {"Rôle refusé"}
        assert words(quoi="refus", par=str(cast["siao"].pk)) == set()
        assert words(par=str(cast["admin"].pk)) == {"Rôle refusé"}
        assert "Dossier ouvert" in words(quoi="lectures", par=str(cast["siao"].pk))
        assert "Rôle refusé" not in words(quoi="lectures")

    def test_where_she_worked_then_and_whom_it_was_done_to(self, browse: Browse, cast: Cast) -> None:
        held = Membership.objects.get(user=cast["siao"])
        journal.record("membership.left", target=cast["fol73"].pk, by=cast["siao"])
        Membership.objects.filter(pk=held.pk).update(valid_until=timezone.now())
        journal.record("period.closed", target=cast["dpo"].pk, by=cast["siao"])
        journal.record("account.refused", target=cast["siao"].pk, by=None)
        after, *_, before = browse("dpo").get(PAGE, {"par": str(cast["siao"].pk)}).context["lines"]
        assert (before.words, before.whom, before.body) == ("Rôle terminé", str(cast["fol73"]), "SIAO de la Savoie")
        assert (after.words, after.body) == ("Période de chiffres close", "")
        refused = browse("dpo").get(PAGE, {"quoi": "refus"}).context["lines"][0]
        assert (refused.who, refused.whom) == ("un visiteur", str(cast["siao"]))

    def test_a_week_unless_one_asks_for_more(self, browse: Browse, cast: Cast) -> None:
        with time_machine.travel(timezone.now() - timedelta(days=20)):
            journal.record("period.closed", target=uuid4(), by=None)
        browser = browse("dpo")
        assert "Période de chiffres close" not in text_of(browser.get(PAGE))
        page = browser.get(PAGE, {"quand": "31"})
        assert "Période de chiffres close Seuil" in text_of(page)
        assert "depuis un mois" in text_of(page)

    @pytest.mark.parametrize(
        "asked",
        [{"quoi": "tout"}, {"par": "moi"}, {"quand": "10**9"}, {"dossier": "%"}, {"page": "-3"}, {"dossier": "0" * 36}],
    )
    def test_what_means_nothing_is_not_asked(self, browse: Browse, asked: dict[str, str]) -> None:
        page = browse("dpo").get(PAGE, asked)
        assert (page.status_code, page.context["active"]) == (200, [])

    def test_in_as_many_statements_for_many(self, browse: Browse, cast: Cast) -> None:
        browser, sent = browse("dpo"), []
        for many in (1, 12):
            for _ in range(many):
                journal.record("period.closed", target=cast["siao"].pk, by=cast["siao2"])
            browser.get(PAGE)
            with statements() as each:
                browser.get(PAGE)
            sent.append(len(each))
        assert sent[0] == sent[1] <= 8
