"""Opening a dossier in an emergency: for whom, how long, who is told, and what it never tells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.grants import revoke
from accounts.models import Membership, User
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers.models import Dossier, DossierUserGrant, Person, UrgentOpening
from cases.dossiers.operations import Emergency, end_by_hand, examine, open_urgently, protect
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from core.models import OutboxMessage
from tests.factories import make_dossier
from tests.fixtures import Cast, execute, prove, refusal, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
NOTE = "Expulsion ce matin, personne ne répond."
NONE_SUCH = "Aucun dossier ne s’ouvre avec cette référence."


def ask(user: User, reference: str, note: str = NOTE, reason: str = "DANGER") -> Dossier | None:
    with acting_as(user):
        return open_urgently(Emergency(reference, reason, note), by=user)


def sees(user: User, dossier: Dossier) -> bool:
    with acting_as(user):
        return Dossier.objects.filter(pk=dossier.pk).exists()


class TestOpening:
    def test_for_four_hours(self, dossier: Dossier, cast: Cast) -> None:
        assert ask(cast["fol73"], f" {dossier.reference} ") == dossier
        assert sees(cast["fol73"], dossier)
        given = DossierUserGrant.ever.get()
        assert given.valid_until is not None
        assert given.valid_until - given.valid_from == timedelta(hours=4)
        assert (given.reason, given.granted_by, given.user) == ("urgency", cast["fol73"], cast["fol73"])
        execute("UPDATE dossiers_dossierusergrant SET valid_from = now() - interval '5 hours', valid_until = now()")
        assert not sees(cast["fol73"], dossier)  # no job has run

    @pytest.mark.parametrize("form", [str.lower, lambda told: f" {told.replace('-', ' ')} ", lambda told: told + "."])
    def test_the_reference_as_one_hears_it(self, dossier: Dossier, cast: Cast, form: Callable[[str], str]) -> None:
        make_dossier()
        assert ask(cast["fol73"], form(dossier.reference)) == dossier
        assert ask(cast["siao"], form(dossier.reference)) == dossier  # who sees it already
        assert DossierUserGrant.ever.count() == 1

    def test_the_one_written_just_so_first_and_no_part_of_it(self, dossier: Dossier, cast: Cast) -> None:
        plain = make_dossier(reference=dossier.reference.replace("-", "").lower())
        assert ask(cast["fol73"], dossier.reference) == dossier
        assert ask(cast["toit"], plain.reference) == plain
        for other in (dossier.reference[:-1], dossier.reference[4:], " – ", ""):
            assert ask(cast["sante"], other) is None
        for account in ("fol73", "toit"):
            assert [sees(cast[account], each) for each in (dossier, plain)] == [account == "fol73", account == "toit"]

    def test_it_is_written_down(self, dossier: Dossier, cast: Cast) -> None:
        ask(cast["fol73"], dossier.reference)
        opening = UrgentOpening.objects.get()
        assert (opening.reference, opening.reason, opening.note) == (dossier.reference, "DANGER", NOTE)
        events = set(Entry.objects.filter(actor_id=cast["fol73"].pk).values_list("event", flat=True))
        assert events == {"dossier.urgency_tried", "dossier.opened_urgently"}
        assert NOTE not in str(list(Entry.objects.values_list("codes", flat=True)))

    def test_what_one_sees_already_is_not_opened_again(self, dossier: Dossier, cast: Cast) -> None:
        assert ask(cast["siao"], dossier.reference) == dossier
        assert not DossierUserGrant.ever.exists()
        assert not UrgentOpening.objects.exists()

    @pytest.mark.parametrize("account", ["bailleur", "admin", "etranger", "coordination", "comptable"])
    def test_not_for_a_role_without_dossiers(self, dossier: Dossier, cast: Cast, account: str) -> None:
        with pytest.raises(NotAllowed):
            ask(cast[account], dossier.reference)
        with acting_as(cast[account]):  # nor by the function itself
            assert execute("SELECT seuil_open_urgently(%s, gen_random_uuid())", dossier.reference) == [(None,)]
        assert not DossierUserGrant.ever.exists()

    @pytest.mark.parametrize(("reason", "note"), [("", NOTE), ("AUTRE", NOTE), ("DANGER", ""), ("DANGER", "vite !")])
    def test_a_reason_and_words_are_owed(self, dossier: Dossier, cast: Cast, reason: str, note: str) -> None:
        with pytest.raises(OperationRefused):
            ask(cast["fol73"], dossier.reference, note, reason)
        assert not DossierUserGrant.ever.exists()

    def test_who_instructs_may_cut_it_short(self, dossier: Dossier, cast: Cast) -> None:
        ask(cast["fol73"], dossier.reference)
        with acting_as(cast["siao"]):
            end_by_hand(dossier.pk, DossierUserGrant.objects.get().pk, by=cast["siao"])
        assert not sees(cast["fol73"], dossier)

    def test_nobody_gives_it_to_herself_otherwise(self, dossier: Dossier, etranger: User) -> None:
        with acting_as(etranger):
            error = refusal(
                lambda: UrgentOpening(
                    subject_id=dossier.household_id,
                    dossier=dossier,
                    reference="x",
                    opened_by=etranger,
                    opened_at=timezone.now(),
                    until=timezone.now(),
                    reason="DANGER",
                    note=NOTE,
                ).save(force_insert=True)
            )
        assert error.sqlstate == "42501"


class TestProtected:
    def test_by_the_dpo_alone(self, dossier: Dossier, cast: Cast) -> None:
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        for account in ("siao2", "fol73", "prescripteur"):
            assert ask(cast[account], dossier.reference) is None
        assert ask(cast["dpo"], dossier.reference, reason="RIGHTS") == dossier
        assert sees(cast["dpo"], dossier)

    def test_only_those_named_are_told(self, dossier: Dossier, cast: Cast) -> None:
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        ask(cast["dpo"], dossier.reference, reason="RIGHTS")
        outbox.run_all()
        assert {message.to[0] for message in mail.outbox} == {
            cast[account].email
            for account in ("siao", "animation", "coordination")  # she works at Grand Chambéry
        }


class TestTelling:
    def test_the_dpo_the_siao_and_who_is_in_charge_of_her_body(self, dossier: Dossier, cast: Cast) -> None:
        ask(cast["sante"], dossier.reference)
        outbox.run_all()
        told = {message.to[0]: str(message.body) for message in mail.outbox}
        assert set(told) == {cast[account].email for account in ("dpo", "siao", "siao2", "animation", "fol73")}
        assert "/urgence/suivi/" in told[cast["dpo"].email]
        assert f"/dossiers/{dossier.pk}/acces/" in told[cast["siao"].email]
        person = Person.objects.get()
        for body in told.values():
            for secret in (person.last_name, dossier.reference, "Cartier", "Expulsion"):
                assert secret is not None
                assert secret not in body

    def test_where_nobody_else_is_in_charge_the_administrator(self, dossier: Dossier, cast: Cast) -> None:
        """She who tends her own people's access is not told of herself; nobody is, where nobody does."""
        ask(cast["fol73"], dossier.reference)
        Membership.objects.filter(user=cast["prescripteur"]).update(in_charge=False)
        ask(cast["prescripteur"], dossier.reference)
        outbox.run_all()
        told = [message.to[0] for message in mail.outbox]
        assert told.count(cast["admin"].email) == 2
        assert cast["fol73"].email not in told
        page = "Le délégué à la protection des données, la personne responsable des accès dans votre organisation"
        browser = Client()
        browser.force_login(cast["fol73"])
        prove(browser, cast["fol73"])
        assert page in _plain(browser.get(reverse("urgency:ask")))

    def test_once(self, dossier: Dossier, cast: Cast) -> None:
        ask(cast["fol73"], dossier.reference)
        outbox.run_all()
        before = len(mail.outbox)
        OutboxMessage.objects.filter(task="urgency.tell").update(done_at=None)
        outbox.run_all()
        assert len(mail.outbox) == before


class TestExamining:
    def test_the_dpo_reads_and_examines(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        ask(cast["fol73"], dossier.reference)
        browser = browse("dpo")
        told = _plain(browser.get(reverse("urgency:list")))
        for words in (dossier.reference, "Sofia Brancaz", "FOL 73", NOTE, "Une personne est en danger"):
            assert words in told
        opening = UrgentOpening.objects.get()
        done = browser.post(reverse("urgency:examine", args=[opening.pk]), follow=True)
        assert "est examinée" in _plain(done)
        assert UrgentOpening.objects.get().examined_by == cast["dpo"]
        again = browser.post(reverse("urgency:examine", args=[opening.pk]), follow=True)
        assert again.status_code == 200
        with pytest.raises(OperationRefused, match="déjà examinée"), acting_as(cast["dpo"]):
            examine(opening.pk, by=cast["dpo"])
        assert Entry.objects.filter(event="urgency.examined").count() == 1

    def test_nobody_examines_her_own(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        ask(cast["dpo"], dossier.reference)
        opening = UrgentOpening.objects.get()
        with pytest.raises(OperationRefused, match="vous-même"), acting_as(cast["dpo"]):
            examine(opening.pk, by=cast["dpo"])
        browser = browse("dpo")
        told = _plain(browser.get(reverse("urgency:list")))
        assert "Par une autre personne que vous" in told
        assert reverse("urgency:examine", args=[opening.pk]) not in told
        assert "vous-même" in _plain(browser.post(reverse("urgency:examine", args=[opening.pk]), follow=True))
        assert "Ouvertures en urgence à examiner" not in _plain(browser.get("/"))
        behind = {"examined_at": timezone.now(), "examined_by": cast["dpo"]}
        error = refusal(lambda: UrgentOpening.objects.update(**behind))
        assert error.diag.constraint_name == "urgency_examined_by_another"
        assert not Entry.objects.filter(event="urgency.examined").exists()

    def test_others_have_no_such_page(self, browse: Browse) -> None:
        for account in ("siao", "fol73", "admin"):
            assert browse(account).get(reverse("urgency:list")).status_code == 404

    def test_rows_are_for_who_did_who_sees_and_who_examines(self, dossier: Dossier, cast: Cast) -> None:
        ask(cast["fol73"], dossier.reference)
        execute("UPDATE dossiers_dossierusergrant SET valid_until = valid_from")
        seen = set()
        for name, user in cast.items():
            with acting_as(user):
                if UrgentOpening.objects.exists():
                    seen.add(name)
        assert seen == {"fol73", "dpo", "siao", "siao2", "animation"}
        with acting_as(cast["siao"]):
            assert UrgentOpening.objects.update(examined_at=timezone.now(), examined_by=cast["siao"]) == 0

    def test_what_awaits_the_dpo(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        assert "Ouvertures en urgence à examiner" not in _plain(browse("dpo").get("/"))
        ask(cast["fol73"], dossier.reference)
        assert "Ouvertures en urgence à examiner" in _plain(browse("dpo").get("/"))


class TestPage:
    SENT = {"reason": "DANGER", "note": NOTE}

    def test_open_and_the_banner_on_every_page(self, dossier: Dossier, browse: Browse) -> None:
        browser = browse("fol73")
        done = browser.post(reverse("urgency:ask"), self.SENT | {"reference": dossier.reference}, follow=True)
        assert "Ouvert en urgence" in _plain(done)
        for name in ("dossiers:detail", "dossiers:journal", "commission:dossier", "housing:dossier", "support:open"):
            told = _plain(browser.get(reverse(name, args=[dossier.pk])))
            assert "Vous voyez ce dossier jusqu’à" in told, name
        told = _plain(browse("siao").get(dossier.get_absolute_url()))
        assert "Sofia Brancaz a ouvert ce dossier en urgence" in told

    def test_it_does_not_tell_what_exists(self, browse: Browse, cast: Cast) -> None:
        safe = make_dossier("bare")
        protect(safe.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        browser = browse("fol73")
        answers = [
            browser.post(reverse("urgency:ask"), self.SENT | {"reference": reference}).content.decode()
            for reference in (safe.reference, "LDA-2026-ZZZZ")
        ]
        assert all(NONE_SUCH in answer for answer in answers)
        one, other = (_masked(answer, safe.reference) for answer in answers)
        assert one == other

    def test_five_tries_an_hour(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        browser = browse("fol73")
        for _ in range(5):
            answer = browser.post(reverse("urgency:ask"), self.SENT | {"reference": "LDA-2026-ZZZZ"})
            assert (answer.status_code, NONE_SUCH in _plain(answer)) == (422, True)
        answer = browser.post(reverse("urgency:ask"), self.SENT | {"reference": dossier.reference})
        assert "cinq essais en une heure" in _plain(answer)
        assert not DossierUserGrant.ever.exists()
        assert Entry.objects.filter(event="dossier.urgency_tried", dossier_id=None).count() == 5
        assert ask(cast["toit"], dossier.reference) == dossier  # each person counts hers

    def test_not_for_a_role_without_dossiers(self, browse: Browse) -> None:
        for account in ("bailleur", "admin", "etranger"):
            assert browse(account).post(reverse("urgency:ask"), self.SENT | {"reference": "x"}).status_code == 404

    def test_a_dossier_hidden_from_the_siao_itself(self, dossier: Dossier, browse: Browse) -> None:
        revoke(dossier, of=the_siao().team)
        done = browse("siao").post(reverse("urgency:ask"), self.SENT | {"reference": dossier.reference}, follow=True)
        assert done.redirect_chain[-1][0] == dossier.get_absolute_url()


def _plain(answer: Any) -> str:
    return text_of(answer).replace("\u00a0", " ").replace("\u202f", " ")


def _masked(page: str, reference: str) -> str:
    import re

    page = page.replace(reference, "REF").replace("LDA-2026-ZZZZ", "REF")
    return re.sub(r'(csrfmiddlewaretoken" value|nonce|data-idle|data-most)="[^"]*"', r"\1", page)
