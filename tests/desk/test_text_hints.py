"""Words that have another place: found, said calmly, never a block; measured on invented notes; kept in settings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ListName, TextHint, User
from accounts.operations import Hint, edit_hint, hints, history_of, met_in
from accounts.operations.hints import folded, pattern_of
from cases.dossiers import operations
from cases.dossiers.models import State
from core.errors import NotAllowed, OperationRefused
from tests.desk.hints_corpus import ALIKE, HELD, ORDINARY
from tests.dossiers.acts import prepared
from tests.fixtures import Cast, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]


@pytest.fixture
def known(db: None) -> list[Hint]:
    return hints()


def families(text: str, known: list[Hint]) -> set[str]:
    return {met.code for met in met_in(text, known)}


class TestMeasured:
    """The figures that the decision 0025 quotes."""

    def test_false_alarms(self, known: list[Hint]) -> None:
        """None in ordinary notes; three of the four that were written to look like those of a family."""
        wrong = [text for text in ORDINARY if families(text, known)]
        alike = [text for text in ALIKE if families(text, known)]
        assert (len(wrong), len(ORDINARY), len(alike), len(ALIKE)) == (0, 36, 3, 4), wrong + alike

    def test_what_is_found(self, known: list[Hint]) -> None:
        missed = [text for code, texts in HELD.items() for text in texts if code not in families(text, known)]
        every = sum(len(texts) for texts in HELD.values())
        assert (len(missed), every) == (4, 39), missed
        assert all(re.search(r"entend des voix|joints|taule|exagère", text) for text in missed)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("SCHIZOPHRÈNE", "SCHIZOPHRÈNE"),
            ("il est schizophrene.", "schizophrene"),
            ("Une maison d’arrêt", "maison d’arrêt"),
            ("une maison  d'arrêt", "maison  d'arrêt"),
            ("garde\u00a0à\u00a0vue", "garde\u00a0à\u00a0vue"),
            ("d\u0065\u0301pressif", "dépressif"),  # accents apart
            ("😀 incarcérée 😀", "incarcérée"),
        ],
    )
    def test_as_it_is_written_whatever_the_accents(self, known: list[Hint], text: str, word: str) -> None:
        assert [met.word for met in met_in(text, known)] == [word]

    @pytest.mark.parametrize("text", ["foulard", "Romans-sur-Isère", "viole le règlement", "sidaction", "ivoire", ""])
    def test_whole_words_alone(self, known: list[Hint], text: str) -> None:
        assert met_in(text, known) == []

    def test_one_word_for_each_family_in_the_order_of_the_text(self, known: list[Hint]) -> None:
        met = met_in("Ivre, sort de prison, encore ivre, puis en détention.", known)
        assert [each.word for each in met] == ["Ivre", "prison"]
        assert met[0].suggestion.startswith("Décrivez plutôt ce que vous observez.")

    @pytest.mark.parametrize("number", ["73000", "2026-11-30", "LDA-2026-AB23", "073MMAA000001X", "1 412,60 €"])
    def test_ordinary_numbers_are_let_be(self, known: list[Hint], number: str) -> None:
        assert met_in(number, known) == []

    @given(st.text(max_size=60))
    def test_folded_letter_for_letter(self, text: str) -> None:
        assert len(folded(text)) <= len(unicodedata.normalize("NFC", text))
        assert folded(folded(text)) == folded(text)

    def test_patterns_are_of_both_languages(self, known: list[Hint]) -> None:
        """No escape that browsers refuse in their strict mode, no named group, no inline flag."""
        for hint in known:
            assert re.search(r"\\[^.*+?()\[\]{}|^$/\\]|\(\?P|\(\?[ims]", hint.pattern) is None, hint.code


class TestServed:
    def test_the_list_is_told_to_who_is_signed_in(self, browse: Browse) -> None:
        answer = browse("fol73").get(reverse("desk:text_hints"))
        assert answer.headers["Cache-Control"] == "private, max-age=300"
        assert len(answer.json()["hints"]) == 6
        assert set(answer.json()["hints"][0]) == {"pattern", "suggestion"}
        assert browse("").get(reverse("desk:text_hints")).status_code == 302

    def test_a_long_text_has_its_place_for_hints_and_a_setting_has_none(
        self, browse: Browse, siao: User, cast: Cast
    ) -> None:
        dossier = prepared(State.EVALUE, referent=siao)
        page = browse("siao").get(reverse("dossiers:act", args=[dossier.pk, "adjourn"])).content.decode()
        assert page.count("data-text-hints=") == 1
        assert 'src="/static/text_hints.js' in page
        setting = browse("coordination").get(reverse("desk:hint", args=["justice"])).content.decode()
        assert "data-text-hints=" not in setting

    def test_it_never_blocks_and_is_said_after_saving(self, browse: Browse, cast: Cast) -> None:
        dossier = prepared(State.EVALUE, referent=cast["siao"])
        browser = browse("siao")
        note = "Sort de prison lundi, il attend une place."
        sent = browser.post(
            reverse("dossiers:act", args=[dossier.pk, "decline"]), {"motive": "PERDU_DE_VUE", "note": note}
        )
        assert sent.status_code == 302
        said = text_of(browser.get(dossier.get_absolute_url()))
        assert "« prison » : Décrivez plutôt ce qui compte pour le logement" in said
        assert "« prison » :" not in text_of(browse("siao2").get(dossier.get_absolute_url())), "its author alone"

    def test_what_holds_nothing_says_nothing(self, browse: Browse, cast: Cast) -> None:
        dossier = prepared(State.EVALUE, referent=cast["siao"])
        day = timezone.localdate()
        operations.adjourn(
            dossier.pk,
            by=cast["siao"],
            on=day,
            motive="AJOURNE_AUTRE",
            review_on=day + timedelta(days=9),
            note="Il attend.",
        )
        assert "Décrivez plutôt" not in text_of(browse("siao").get(dossier.get_absolute_url()))


class TestSettings:
    def test_a_family_is_changed_with_its_history(self, browse: Browse, cast: Cast) -> None:
        browser, url = browse("coordination"), reverse("desk:hint", args=["justice"])
        assert "Infractions et justice" in text_of(browser.get(reverse("desk:hints")))
        sent = {"words": "taule\r\n  garde   à vue \r\ntaule", "suggestion": "Écrivez la date.", "is_active": "on"}
        assert browser.post(url, sent).status_code == 302
        assert TextHint.objects.get(pk="justice").words == "taule\ngarde à vue"
        assert families("Il a fait de la taule.", hints()) == {"justice"}
        assert families("Sort de prison.", hints()) == set()
        (change,) = history_of(ListName.HINT, "justice")
        assert (change.after["mots"], change.changed_by) == ("taule, garde à vue", cast["coordination"])
        assert "taule, garde à vue" in text_of(browser.get(url))

    def test_a_family_out_of_use_is_not_looked_for(self, cast: Cast) -> None:
        hint = TextHint.objects.get(pk="justice")
        edit_hint("justice", words=hint.words, suggestion=hint.suggestion, is_active=False, by=cast["coordination"])
        assert families("Sort de prison.", hints()) == set()

    @pytest.mark.parametrize(
        "words", ["(a+)+$", "prison.*", "[a-z]", "{nir", "a|b", "*", "mot * au milieu", "\n".join("abcdefghij" * 30)]
    )
    def test_no_pattern_of_ones_own(self, cast: Cast, words: str) -> None:
        """A line is words: nobody writes an expression that would take a page’s time."""
        if len(words) > 100:
            words = "\n".join(f"mot{rank}" for rank in range(201))
        with pytest.raises(OperationRefused):
            edit_hint("justice", words=words, suggestion="Autre.", is_active=True, by=cast["coordination"])

    def test_something_is_always_offered(self, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="à la place"):
            edit_hint("justice", words="prison", suggestion="  ", is_active=True, by=cast["coordination"])
        said = refusal(lambda: TextHint.objects.filter(pk="justice").update(suggestion=""))
        assert said.diag.constraint_name == "text_hint_says_what_to_do"

    @pytest.mark.parametrize("account", ["siao", "animation", "prescripteur", "dpo"])
    def test_other_roles_change_none(self, browse: Browse, cast: Cast, account: str) -> None:
        assert browse(account).get(reverse("desk:hints")).status_code == 404
        with pytest.raises(NotAllowed):
            edit_hint("justice", words="prison", suggestion="Autre.", is_active=True, by=cast[account])

    def test_an_empty_family_looks_for_nothing(self) -> None:
        assert pattern_of("") == pattern_of("\n \n") == ""
