"""Two people who write at once, and a session that ends while one writes: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from cases.dossiers.models import AnswerDraft, Dossier, KeptWriting
from cases.dossiers.models.questions import QUESTIONS
from cases.dossiers.operations import Keep, Outcome, Told, close, settle, write_answers
from cases.dossiers.operations.answers import Line, drafts_of, held_of, last_version, raw_lines
from cases.dossiers.operations.kept import forget_expired
from cases.dossiers.views.evaluation.kept import COOKIE
from core.db import acting_as
from core.errors import OperationRefused
from core.models import OutboxMessage
from tests.dossiers.answering import sent, under_evaluation
from tests.fixtures import Cast, as_role, at_once, execute, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
MINE, OTHER = "Je garde mon chien.", "Il a un chien, Filou."


def held(dossier: Dossier, key: str = "mots_menage") -> Any:
    return held_of(dossier, last_version(dossier), [QUESTIONS[key]])[key]


def page(dossier: Dossier) -> str:
    return reverse("dossiers:evaluation_step", args=[dossier.pk, "menage"])


@pytest.fixture
def dossier(cast: Cast) -> Dossier:
    return under_evaluation(referent=cast["siao"])


class TestTwoPeople:
    @pytest.fixture
    def contested(self, cast: Cast, dossier: Dossier) -> Dossier:
        """Claire had the page before her when Hugo wrote."""
        seen = held(dossier).token
        write_answers(dossier.pk, {"mots_menage": Told(OTHER, seen=seen)}, by=cast["siao2"])
        done = write_answers(dossier.pk, {"mots_menage": Told(MINE, seen=seen)}, by=cast["siao"])
        assert done.outcomes == {"mots_menage": Outcome.CONTESTED}
        return dossier

    def test_the_second_one_is_kept_aside_for_her_alone(self, cast: Cast, contested: Dossier) -> None:
        assert held(contested).value == OTHER
        asked = [QUESTIONS["mots_menage"]]
        assert drafts_of(contested, cast["siao"], asked)["mots_menage"].value == MINE
        assert drafts_of(contested, cast["siao2"], asked) == {}
        (stored,) = execute("SELECT text FROM dossiers_answerdraft")[0]
        assert MINE.encode() not in bytes(stored)
        for account, count in (("siao", 1), ("siao2", 0), ("animation", 0), ("etranger", 0)):
            with acting_as(cast[account]):
                assert AnswerDraft.objects.count() == count

    def test_what_one_only_had_before_her_is_not_contested(self, cast: Cast, dossier: Dossier) -> None:
        first = held(dossier)
        write_answers(dossier.pk, {"mots_menage": Told(OTHER, seen=first.token)}, by=cast["siao2"])
        done = write_answers(dossier.pk, {"mots_menage": Told("", seen=first.token)}, by=cast["siao"])
        assert done.outcomes == {"mots_menage": Outcome.SAME}
        assert held(dossier).value == OTHER

    @pytest.mark.parametrize(
        ("keep", "value"), [(Keep.MINE, MINE), (Keep.OTHER, OTHER), (Keep.BOTH, f"{OTHER}\n\n{MINE}")]
    )
    def test_she_chooses(self, cast: Cast, contested: Dossier, keep: Keep, value: str) -> None:
        with acting_as(cast["siao"]):
            settle(contested.pk, "mots_menage", keep, seen=held(contested).token, by=cast["siao"])
        assert held(contested).value == value
        assert not AnswerDraft.objects.exists()

    def test_a_third_text_meanwhile_is_not_written_over(self, cast: Cast, contested: Dossier) -> None:
        seen = held(contested).token
        write_answers(contested.pk, {"mots_menage": Told("Encore autre chose.")}, by=cast["siao2"])
        with pytest.raises(OperationRefused, match="encore changé"):
            settle(contested.pk, "mots_menage", Keep.MINE, seen=seen, by=cast["siao"])
        assert held(contested).value == "Encore autre chose."
        assert AnswerDraft.objects.count() == 1

    def test_both_of_several_choices_and_of_lines(self, cast: Cast, dossier: Dossier) -> None:
        rsa, aah = (raw_lines([Line(nature, Decimal(sum_))]) for nature, sum_ in (("RSA", 600), ("AAH", 900)))
        for key, one, two in (("needs", "DEMARCHES,BUDGET", "BUDGET,LIEN"), ("resources", rsa, aah)):
            seen = held(dossier, key).token
            write_answers(dossier.pk, {key: Told(one, seen=seen)}, by=cast["siao2"])
            write_answers(dossier.pk, {key: Told(two, seen=seen)}, by=cast["siao"])
            settle(dossier.pk, key, Keep.BOTH, seen=held(dossier, key).token, by=cast["siao"])
        assert held(dossier, "needs").value == "DEMARCHES,BUDGET,LIEN"
        evaluation = last_version(dossier)
        assert evaluation is not None
        assert (evaluation.resources, evaluation.resource) == (Decimal(1500), "MIXTE")

    def test_through_the_pages_both_see_what_became_of_it(self, browse: Browse, dossier: Dossier) -> None:
        claire, hugo = browse("siao"), browse("siao2")
        hers = sent(dossier, "menage", mots_menage=MINE, language="peul")
        hugo.post(page(dossier), sent(dossier, "menage", mots_menage=OTHER))
        answer = claire.post(page(dossier), hers, follow=True)
        said = text_of(answer)
        assert "deux textes" in said
        assert "Hugo Lemaire, à" in said
        assert MINE in said
        assert OTHER in said
        assert held(dossier, "language").value == "peul", "the others are saved"
        assert "deux textes" not in text_of(hugo.get(page(dossier)))
        both = sent(dossier, "menage", **{"garder": "mots_menage:both", "mots_menage-autre": held(dossier).token})
        claire.post(page(dossier), both)
        assert held(dossier).value == f"{OTHER}\n\n{MINE}"
        assert "deux textes" not in text_of(claire.get(page(dossier)))

    def test_the_script_is_told(self, browse: Browse, dossier: Dossier) -> None:
        hers = sent(dossier, "menage", mots_menage=MINE)
        browse("siao2").post(page(dossier), sent(dossier, "menage", mots_menage=OTHER))
        said = browse("siao").post(page(dossier), hers, headers={"Seuil-Autosave": "1"}).json()
        assert said["fields"]["mots_menage"]["contested"].startswith("Hugo Lemaire a écrit ici à")


@pytest.mark.django_db(transaction=True)
def test_in_real_threads_one_is_written_and_the_other_kept(cast: Cast) -> None:
    dossier = under_evaluation()
    seen = held(dossier).token

    def write(account: str, text: str) -> None:
        with acting_as(cast[account]):
            write_answers(dossier.pk, {"mots_menage": Told(text, seen=seen)}, by=cast[account])

    assert at_once(partial(write, "siao", MINE), partial(write, "siao2", OTHER)) == [None, None]
    kept = AnswerDraft.objects.get()
    mine = drafts_of(dossier, User.objects.get(pk=kept.owner_id), [QUESTIONS["mots_menage"]])["mots_menage"].value
    assert {held(dossier).value, mine} == {MINE, OTHER}
    assert held(dossier).revision == 1


class TestSessionThatEnded:
    @pytest.fixture
    def ended(self, browse: Browse, dossier: Dossier) -> Client:
        """Claire's browser, whose session ended while she wrote; what she then sent."""
        browser = browse("siao")
        browser.get(page(dossier))
        data = sent(dossier, "menage", mots_menage=MINE)
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        answer = browser.post(page(dossier), data)
        assert answer.headers["Location"] == f"/connexion/?next={page(dossier)}"
        return browser

    def back(self, browser: Client, user: User) -> Client:
        kept = browser.cookies[COOKIE]
        browser.force_login(user)
        browser.cookies[COOKIE] = kept.value
        return browser

    def test_it_is_sealed_under_a_key_that_the_browser_holds(self, ended: Client) -> None:
        cookie = ended.cookies[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 3600)
        row = KeptWriting.objects.get()
        assert MINE.encode() not in bytes(row.sealed)
        assert cookie.value.partition(".")[0] == str(row.pk)
        assert cookie.value.partition(".")[2] not in str(execute("SELECT * FROM dossiers_keptwriting"))

    def test_it_is_offered_beside_what_is_saved_and_taken_up(self, ended: Client, dossier: Dossier, siao: User) -> None:
        write_answers(dossier.pk, {"language": Told("peul")}, by=None)
        browser = self.back(ended, siao)
        said = text_of(browser.get(page(dossier)))
        assert "Vous aviez écrit ceci à" in said
        assert "sans que ce soit enregistré" in said
        assert MINE in said
        assert not held(dossier).value
        answer = browser.post(page(dossier), {"repris": "reprendre"})
        assert answer.status_code == 302
        assert answer.cookies[COOKIE]["max-age"] == 0
        assert held(dossier).value == MINE
        assert held(dossier, "language").value == "peul", "what another wrote meanwhile stays"
        assert not KeptWriting.objects.exists()

    @pytest.mark.parametrize("is_closed", [False, True], ids=["an answer to mend", "refused"])
    def test_what_could_not_be_saved_stays_kept(
        self, browse: Browse, dossier: Dossier, siao: User, is_closed: bool
    ) -> None:
        browser = browse("siao")
        browser.get(page(dossier))
        data = sent(dossier, "menage", mots_menage=MINE, **({} if is_closed else {"children": "-2"}))
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        browser.post(page(dossier), data)
        if is_closed:
            close(dossier.pk, by=None, on=timezone.localdate(), outcome="DECES")
        browser = self.back(browser, siao)
        answer = browser.post(page(dossier), {"repris": "reprendre"})
        assert answer.status_code == 422
        assert COOKIE not in answer.cookies
        assert KeptWriting.objects.exists(), "nothing else holds these words"
        assert ("Vous aviez écrit" in text_of(browser.get(page(dossier)))) is not is_closed

    def test_it_may_be_given_up(self, ended: Client, dossier: Dossier, siao: User) -> None:
        browser = self.back(ended, siao)
        browser.post(page(dossier), {"repris": "laisser"})
        assert not KeptWriting.objects.exists()
        assert "Vous aviez écrit" not in text_of(browser.get(page(dossier)))
        assert not held(dossier).value

    def test_what_is_contested_meanwhile_is_kept_aside(
        self, ended: Client, dossier: Dossier, siao: User, cast: Cast
    ) -> None:
        write_answers(dossier.pk, {"mots_menage": Told(OTHER)}, by=cast["siao2"])
        browser = self.back(ended, siao)
        browser.post(page(dossier), {"repris": "reprendre"})
        assert held(dossier).value == OTHER
        assert MINE in text_of(browser.get(page(dossier)))

    def test_nobody_else_is_offered_it(self, ended: Client, dossier: Dossier, cast: Cast) -> None:
        browser = self.back(ended, cast["siao2"])
        assert "Vous aviez écrit" not in text_of(browser.get(page(dossier)))

    def test_not_with_another_key_nor_at_another_address(self, ended: Client, dossier: Dossier, siao: User) -> None:
        browser = self.back(ended, siao)
        ticket = browser.cookies[COOKIE].value
        other = reverse("dossiers:evaluation_step", args=[dossier.pk, "souhaits"])
        assert "Vous aviez écrit" not in text_of(browser.get(other))
        for wrong in (ticket[:-4] + "AAA=", ticket.partition(".")[0], "x", ".", f"{dossier.pk}.{ticket}"):
            browser.cookies[COOKIE] = wrong
            assert "Vous aviez écrit" not in text_of(browser.get(page(dossier)))

    def test_after_an_hour_it_is_gone(self, ended: Client, dossier: Dossier, siao: User) -> None:
        message = OutboxMessage.objects.get(task="writing.expired")
        assert message.due_at > timezone.now() + timedelta(minutes=59)
        execute("UPDATE dossiers_keptwriting SET expires_at = now() - interval '1 second'")
        browser = self.back(ended, siao)
        assert "Vous aviez écrit" not in text_of(browser.get(page(dossier)))
        with as_role("seuil_worker"):
            forget_expired(KeptWriting.objects.get().pk)
        assert not KeptWriting.objects.exists()

    def test_a_visitor_without_a_session_fills_no_shelf(self, dossier: Dossier) -> None:
        browser = Client()
        assert browser.post(page(dossier), {"mots_menage": MINE}).status_code == 302
        browser.cookies[settings.SESSION_COOKIE_NAME] = "rien"
        answer = browser.post(page(dossier), {"mots_menage": MINE})
        assert COOKIE not in answer.cookies
        assert not KeptWriting.objects.exists()

    def test_where_nothing_is_written_nothing_is_kept(self, browse: Browse, dossier: Dossier) -> None:
        browser = browse("siao")
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        browser.post(reverse("dossiers:take", args=[dossier.pk]), {"note": MINE})
        assert not KeptWriting.objects.exists()

    def test_twelve_hours_after_the_sign_in_too(self, browse: Browse, dossier: Dossier, siao: User) -> None:
        browser = browse("siao")
        browser.get(page(dossier))
        session = browser.session
        about = session["seuil.session"]
        session["seuil.session"] = about | {"opened_at": (timezone.now() - timedelta(hours=13)).isoformat()}
        session.save()
        answer = browser.post(page(dossier), sent(dossier, "menage", mots_menage=MINE))
        assert answer.headers["Location"] == f"/connexion/?next={page(dossier)}"
        assert KeptWriting.objects.get().owner_id == siao.pk
