"""Opening a dossier by hand, naming who follows it, protecting it: who sees it then, in each of its ways in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import grants
from accounts.models import Membership, Organisation, User
from accounts.operations import leave
from accounts.operations import siao as the_siao
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    BY_HAND,
    Dossier,
    DossierGroupGrant,
    DossierUserGrant,
    Evaluation,
    GrantReason,
    Participant,
    Person,
)
from cases.dossiers.operations import Opening, end_by_hand, open_by_hand, protect, standing, unprotect
from cases.support.models import Measure, MeasureKind
from cases.support.operations import end_measure, open_measure
from commission.models import Examen, ExamenState
from commission.operations import PastExamen, enrol, plan_seance, record_past_examen, record_past_seance
from core.db import acting_as
from core.errors import OperationRefused
from tests.factories import complete, make_dossier
from tests.fixtures import Cast, as_role, execute, text_of

pytestmark = pytest.mark.django_db
Browse = Callable[[str], Client]
TODAY = timezone.localdate()
SOON = TODAY + timedelta(days=7)


def fol() -> Organisation:
    return Organisation.objects.known_as("FOL 73").get()


def sees(user: User, dossier: Dossier) -> bool:
    """The same answer from PostgreSQL, from the queryset and from `has_perm`."""
    with acting_as(user):
        alone = Dossier.objects.filter(pk=dossier.pk).exists()
        asked = Dossier.objects.visible_to(user).filter(pk=dossier.pk).exists()
        mine = user.has_perm("view", dossier)
    outside = Dossier.objects.visible_to(user).filter(pk=dossier.pk).exists()
    assert alone == asked == mine == outside
    return alone


class TestByHand:
    def test_to_a_person_until_a_day_included(self, dossier: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            made = open_by_hand(dossier.pk, Opening(cast["toit"], "shared", SOON), by=cast["siao"])
        assert sees(cast["toit"], dossier)
        kept = DossierUserGrant.ever.get(pk=made.pk)
        assert kept.valid_until is not None
        assert timezone.localtime(kept.valid_until).isoformat()[:16] == f"{SOON + timedelta(days=1)}T00:00"
        assert (kept.reason, kept.granted_by) == ("shared", cast["siao"])
        entry = Entry.objects.get(event="grant.given")
        assert entry.codes == {"to": "person", "reason": "shared"}

    def test_to_a_team_then_ended(self, dossier: Dossier, cast: Cast) -> None:
        made = open_by_hand(dossier.pk, Opening(fol(), "relay", TODAY), by=cast["siao"])
        assert sees(cast["fol73"], dossier)
        assert sees(cast["sante"], dossier)
        with acting_as(cast["siao"]):
            end_by_hand(dossier.pk, made.pk, by=cast["siao"])
        assert not sees(cast["fol73"], dossier)
        with pytest.raises(OperationRefused, match="déjà finie"):
            end_by_hand(dossier.pk, made.pk, by=cast["siao"])
        assert Entry.objects.filter(event="grant.ended").count() == 1

    @pytest.mark.parametrize(
        ("days", "words"), [(-1, "finit après son début"), (366, "un an au plus"), (-400, "finit après son début")]
    )
    def test_a_day_that_does_not_do(self, dossier: Dossier, cast: Cast, days: int, words: str) -> None:
        opening = Opening(cast["toit"], "shared", TODAY + timedelta(days=days))
        with pytest.raises(OperationRefused, match=words):
            open_by_hand(dossier.pk, opening, by=cast["siao"])
        assert not DossierUserGrant.ever.exists()
        assert not Entry.objects.filter(event="grant.given").exists()

    @pytest.mark.parametrize("reason", ["", "measure", "protection", "urgency", "parce que"])
    def test_a_reason_that_is_not_given_by_hand(self, dossier: Dossier, cast: Cast, reason: str) -> None:
        with pytest.raises(OperationRefused, match="motif"):
            open_by_hand(dossier.pk, Opening(cast["toit"], reason, SOON), by=cast["siao"])

    def test_nobody_to_whom_it_would_show_nothing(self, dossier: Dossier, cast: Cast) -> None:
        for account in ("bailleur", "etranger", "admin"):
            with pytest.raises(OperationRefused, match="ne lui montre aucun dossier"):
                open_by_hand(dossier.pk, Opening(cast[account], "shared", SOON), by=cast["siao"])

    def test_not_twice(self, dossier: Dossier, cast: Cast) -> None:
        open_by_hand(dossier.pk, Opening(cast["toit"], "shared", SOON), by=cast["siao"])
        with pytest.raises(OperationRefused, match="déjà une telle ouverture"):
            open_by_hand(dossier.pk, Opening(cast["toit"], "advice", SOON), by=cast["siao"])

    def test_by_who_instructs_and_sees_it(self, dossier: Dossier, cast: Cast) -> None:
        for account in ("animation", "fol73", "dpo"):
            with pytest.raises(OperationRefused):
                open_by_hand(dossier.pk, Opening(cast["toit"], "shared", SOON), by=cast[account])
        hidden = make_dossier("bare")
        grants.revoke(hidden, of=the_siao().team)
        with acting_as(cast["siao"]), pytest.raises(Dossier.DoesNotExist):
            open_by_hand(hidden.pk, Opening(cast["toit"], "shared", SOON), by=cast["siao"])

    def test_what_is_derived_is_not_ended_by_hand(self, dossier: Dossier, cast: Cast) -> None:
        given = DossierGroupGrant.ever.get(content_object=dossier)
        for pk in (given.pk, uuid4()):
            with pytest.raises(OperationRefused, match="finit avec ce qui l’a donnée"):
                end_by_hand(dossier.pk, pk, by=cast["siao"])

    def test_a_measure_that_ends_leaves_what_was_given_by_hand(self, dossier: Dossier, cast: Cast) -> None:
        measure = open_measure(dossier.pk, MeasureKind.AVDL, operator=fol(), started_on=TODAY, by=cast["siao"])
        open_by_hand(dossier.pk, Opening(fol(), "relay", SOON), by=cast["siao"])
        end_measure(measure.pk, on=TODAY, by=cast["siao"])
        assert sees(cast["fol73"], dossier)
        assert [each.reason for each in DossierGroupGrant.objects.filter(group=fol().team)] == ["relay"]


class TestReferent:
    def test_of_another_organisation_for_as_long_as_she_follows(self, dossier: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            operations.appoint_referent(dossier.pk, cast["toit"], by=cast["siao"])
        assert sees(cast["toit"], dossier)
        assert DossierUserGrant.objects.get().reason == GrantReason.REFERENT
        with acting_as(cast["siao"]):
            operations.appoint_referent(dossier.pk, cast["siao2"], by=cast["siao"])
        assert not sees(cast["toit"], dossier)
        assert not DossierUserGrant.objects.exists()  # her team sees it: nothing more is given

    def test_twice_the_same_gives_one_opening(self, dossier: Dossier, cast: Cast) -> None:
        for _ in range(2):
            operations.appoint_referent(dossier.pk, cast["toit"], by=cast["siao"])
        assert DossierUserGrant.ever.count() == 1

    def test_who_sees_nothing_is_not_appointed(self, dossier: Dossier, cast: Cast) -> None:
        for account in ("bailleur", "prescripteur", "dpo"):
            with pytest.raises(OperationRefused, match="ne lui dit pas qui est le ménage"):
                operations.appoint_referent(dossier.pk, cast[account], by=cast["siao"])

    def test_neither_prescripteurs_nor_the_dpo_are_proposed(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        for page, field in (("appoint", "person"), ("protect", "people")):
            answer = browse("siao").get(reverse(f"dossiers:{page}", args=[dossier.pk]))
            offered = {str(value) for value, _ in answer.context["form"].fields[field].choices}
            assert str(cast["fol73"].pk) in offered
            assert not offered & {str(cast["prescripteur"].pk), str(cast["dpo"].pk)}


class TestProtection:
    @pytest.fixture
    def safe(self, cast: Cast) -> Dossier:
        """Presented in a séance, accompanied by the FOL, opened by hand to Toi(t) d’abord; then protected."""
        made = make_dossier("presented", ethos="8.1 chez des tiers", referent=cast["siao"])
        seance = record_past_seance(TODAY - timedelta(days=30), "Chambéry", [], by=None)
        record_past_examen(made, PastExamen(seance, ExamenState.VALIDEE), by=None)
        open_measure(made.pk, MeasureKind.AVDL, operator=fol(), started_on=TODAY, by=cast["siao"])
        open_by_hand(made.pk, Opening(cast["toit"], "shared", SOON), by=cast["siao"])
        with acting_as(cast["siao"]):
            protect(made.pk, [cast["siao"], cast["fol73"]], by=cast["siao"])
        return Dossier.objects.get(pk=made.pk)

    def test_named_persons_alone_see_it(self, safe: Dossier, cast: Cast) -> None:
        assert {name for name, user in cast.items() if sees(user, safe)} == {"siao", "fol73"}
        assert (safe.open_to, safe.first_team) == ([], None)

    def test_its_rows_are_hidden_too(self, safe: Dossier, cast: Cast) -> None:
        for model in (Participant, Person, Evaluation, Examen, Measure):
            with acting_as(cast["siao2"]):
                assert not model._default_manager.exists(), model
            with acting_as(cast["siao"]):
                assert model._default_manager.exists(), model
        with acting_as(cast["siao2"]):
            assert not Entry.objects.filter(dossier_id=safe.pk).exists()
            assert not DossierUserGrant.ever.filter(content_object=safe).exists()

    def test_in_no_page_count_or_search_of_her_colleague(self, safe: Dossier, browse: Browse, cast: Cast) -> None:
        name = Person.objects.get().last_name
        assert name is not None
        seance = Examen.objects.get().seance
        for address in ("/", "/dossiers/", f"/dossiers/?etat={safe.state}", seance.get_absolute_url(), "/seances/"):
            told = text_of(browse("siao2").get(address))
            assert safe.reference not in told, address
            assert name not in told, address
            assert str(safe.pk) not in browse("siao2").get(address).content.decode()
        assert safe.reference in text_of(browse("siao").get("/dossiers/"))
        for page in ("detail", "journal", "evaluation", "access", "share", "protect", "appoint"):
            for send in (browse("siao2").get, browse("siao2").post):
                answer = send(reverse(f"dossiers:{page}", args=[safe.pk]))
                absent = send(reverse(f"dossiers:{page}", args=[uuid4()]))
                assert answer.status_code == absent.status_code >= 404
                assert answer.content == absent.content
        assert standing(cast["siao2"], today=TODAY).by_state.total() == 0
        assert standing(cast["siao"], today=TODAY).by_state.total() == 1

    def test_its_pages_say_it(self, safe: Dossier, browse: Browse) -> None:
        for account in ("siao", "fol73"):
            for page in ("dossiers:detail", "commission:dossier", "housing:dossier", "support:dossier"):
                assert "Dossier protégé" in text_of(browse(account).get(reverse(page, args=[safe.pk])))
        told = text_of(browse("siao").get(reverse("dossiers:access", args=[safe.pk])))
        assert "sans effet tant que le dossier est protégé" in told
        assert "Dossier protégé" in text_of(browse("siao").get(reverse("support:open", args=[safe.pk])))

    def test_no_team_opens_it_whoever_gives_it_a_grant(self, safe: Dossier, cast: Cast) -> None:
        with pytest.raises(OperationRefused, match="pas à une équipe"):
            open_by_hand(safe.pk, Opening(fol(), "relay", SOON), by=cast["siao"])
        grants.grant(safe, to=fol().team, reason="measure", by=None)
        execute("UPDATE dossiers_dossier SET open_to = %s", [fol().team.pk])
        assert not sees(cast["sante"], safe)
        execute("UPDATE dossiers_dossier SET first_team = %s", fol().team.pk)
        assert not sees(cast["sante"], safe)

    def test_a_person_may_be_named_later_by_one_who_sees_it(self, safe: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            open_by_hand(safe.pk, Opening(cast["siao2"], "replacement", SOON), by=cast["siao"])
        assert sees(cast["siao2"], safe)

    def test_lifting_it_gives_the_teams_back_and_them_alone(self, safe: Dossier, cast: Cast) -> None:
        with acting_as(cast["siao"]):
            unprotect(safe.pk, by=cast["siao"])
        seen = {name for name, user in cast.items() if sees(user, safe)}
        assert seen == {"siao", "siao2", "animation", "fol73", "sante"}  # what was given to a person is over
        assert not DossierUserGrant.objects.exists()
        found = Dossier.objects.get()
        assert found.open_to == sorted([the_siao().team.pk, fol().team.pk])
        assert found.first_team == found.open_to[0]

    def test_what_ended_meanwhile_does_not_come_back(self, safe: Dossier, cast: Cast) -> None:
        end_measure(Measure.objects.get().pk, on=TODAY, by=cast["siao"])
        unprotect(safe.pk, by=cast["siao"])
        assert not sees(cast["fol73"], safe)

    def test_a_referent_of_another_body_follows_again(self, dossier: Dossier, cast: Cast) -> None:
        operations.appoint_referent(dossier.pk, cast["toit"], by=cast["siao"])
        protect(dossier.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        assert not sees(cast["toit"], dossier)
        with pytest.raises(OperationRefused, match="personnes nommées"):
            operations.appoint_referent(dossier.pk, cast["toit"], by=cast["siao"])
        unprotect(dossier.pk, by=cast["animation"])
        assert sees(cast["toit"], dossier)

    def test_a_member_who_leaves_keeps_nothing(self, safe: Dossier, cast: Cast) -> None:
        leave(Membership.objects.get(user=cast["fol73"]), by=None)
        left = User.objects.get(pk=cast["fol73"].pk)
        assert not left.has_perm("dossiers.view_dossier")

    @pytest.mark.parametrize(
        ("named", "words"),
        [
            (["siao"], "au moins deux"),
            (["siao", "siao"], "au moins deux"),
            (["siao2", "fol73"], "Nommez-vous aussi"),
            (["siao", "bailleur"], "ne lui dit pas qui est le ménage"),
            (["siao", "dpo"], "ne lui dit pas qui est le ménage"),
            (["siao", "prescripteur"], "ne lui dit pas qui est le ménage"),
        ],
    )
    def test_who_is_named(self, dossier: Dossier, cast: Cast, named: list[str], words: str) -> None:
        with pytest.raises(OperationRefused, match=words):
            protect(dossier.pk, [cast[name] for name in named], by=cast["siao"])
        assert not Dossier.objects.get().is_protected
        assert not DossierUserGrant.ever.exists()

    def test_by_who_instructs_or_conducts(self, dossier: Dossier, cast: Cast) -> None:
        grants.grant(dossier, to=cast["fol73"], reason="shared", by=None)
        with pytest.raises(OperationRefused, match="Votre rôle"):
            protect(dossier.pk, [cast["fol73"], cast["siao"]], by=cast["fol73"])
        protect(dossier.pk, [cast["animation"], cast["siao"]], by=cast["animation"])
        with pytest.raises(OperationRefused, match="déjà protégé"):
            protect(dossier.pk, [cast["animation"], cast["siao"]], by=cast["siao"])
        with pytest.raises(OperationRefused, match="pas ouvert"):
            unprotect(dossier.pk, by=cast["siao2"])
        told = list(Entry.objects.filter(event__startswith="dossier.protected").values_list("codes", flat=True))
        assert told == [{"people": 2}]

    def test_the_commission_goes_on_with_who_is_named_and_figures_count_it(self, cast: Cast) -> None:
        made = make_dossier()
        complete(made)
        operations.appoint_referent(made.pk, cast["siao"], by=cast["siao"])
        protect(made.pk, [cast["siao"], cast["animation"]], by=cast["siao"])
        seance = plan_seance(SOON, "Chambéry", by=cast["animation"])
        with acting_as(cast["siao"]):
            operations.declare_ready(made.pk, by=cast["siao"], on=TODAY)
        with acting_as(cast["animation"]):
            examen = enrol(made.pk, seance.pk, by=cast["animation"])
        with acting_as(cast["siao2"]):
            assert not Examen.objects.exists()
        with as_role("seuil_worker"):
            assert Dossier.objects.filter(pk=made.pk).exists()
            assert Examen.objects.filter(pk=examen.pk).exists()


class TestPages:
    def test_who_sees_it_and_why(self, dossier: Dossier, browse: Browse) -> None:
        told = text_of(browse("siao").get(reverse("dossiers:access", args=[dossier.pk])))
        assert "SIAO de la Savoie" in told
        assert "Import du registre" in told
        assert "Ouvrir à quelqu’un" in told
        assert "Ouvrir à quelqu’un" not in text_of(browse("animation").get(f"/dossiers/{dossier.pk}/acces/"))

    def test_open_then_end(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        browser, address = browse("siao"), reverse("dossiers:share", args=[dossier.pk])
        sent = {"to": str(cast["toit"].pk), "reason": "shared", "last_day": f"{SOON:%d/%m/%Y}"}
        answer = browser.post(address, sent, follow=True)
        assert f"Le dossier est ouvert à « Karim Belmont » jusqu’au {SOON:%d/%m/%Y}." in _plain(answer)
        made = DossierUserGrant.objects.get()
        end = reverse("dossiers:end_share", args=[dossier.pk, made.pk])
        assert "Karim Belmont" in _plain(browser.get(end))
        assert "Cette ouverture est finie." in _plain(browser.post(end, follow=True))
        assert not sees(cast["toit"], dossier)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"to": "00000000-0000-0000-0000-000000000007"}, "n’est pas connue de Seuil"),
            ({"to": ""}, "Choisissez une personne ou une équipe"),
            ({"last_day": "01/01/2020"}, "Cette date est passée"),
            ({"last_day": "demain"}, "une date qui existe"),
            ({"reason": "measure"}, "Prenez une valeur de la liste"),
        ],
    )
    def test_bad_input_is_a_plain_sentence(
        self, dossier: Dossier, browse: Browse, cast: Cast, change: dict[str, str], words: str
    ) -> None:
        sent = {"to": str(cast["toit"].pk), "reason": "shared", "last_day": f"{SOON:%d/%m/%Y}"} | change
        answer = browse("siao").post(reverse("dossiers:share", args=[dossier.pk]), sent)
        assert answer.status_code == 422
        assert words in _plain(answer)
        assert not DossierUserGrant.ever.exists()

    def test_protect_then_lift(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        browser = browse("siao")
        address = reverse("dossiers:protect", args=[dossier.pk])
        refused = browser.post(address, {"people": [str(cast["siao"].pk)]})
        assert (refused.status_code, "au moins deux personnes" in _plain(refused)) == (422, True)
        done = browser.post(address, {"people": [str(cast["siao"].pk), str(cast["siao2"].pk)]}, follow=True)
        assert "Le dossier est protégé." in _plain(done)
        lifted = browser.post(reverse("dossiers:unprotect", args=[dossier.pk]), follow=True)
        assert "La protection est levée." in _plain(lifted)

    def test_appoint(self, dossier: Dossier, browse: Browse, cast: Cast) -> None:
        address = reverse("dossiers:appoint", args=[dossier.pk])
        answer = browse("siao").post(address, {"person": str(cast["toit"].pk)}, follow=True)
        assert "« Karim Belmont » suit maintenant ce dossier." in _plain(answer)
        assert sees(cast["toit"], dossier)

    def test_each_reason_has_words(self) -> None:
        assert set(BY_HAND) < set(GrantReason)
        assert all(each.label for each in GrantReason)


def _plain(answer: Any) -> str:
    return text_of(answer).replace("\u00a0", " ").replace("\u202f", " ")
