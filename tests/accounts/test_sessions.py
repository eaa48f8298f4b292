"""Sessions: how long, where, ended at once; proofs of presence; dormant accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.core import mail
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Session, SignOfLife, User
from accounts.proof import recently_proved
from accounts.signin.devices import device_of, is_handheld
from accounts.signin.dormancy import is_dormant, last_life, touch
from accounts.signin.operations import Lasting, end_sessions
from audit.models import Entry
from core.outbox import drain
from tests.accounts.signing_in import DESK, DOOR, PHONE, SECRET, code_of, enrol, sign_in
from tests.fixtures import prove, statements, text_of

pytestmark = pytest.mark.django_db
ME = "/mon-compte/"
NEW = "tricot lune bretelle chaussure 8"


def browser(agent: str = DESK) -> Client:
    return Client(headers={"User-Agent": agent})


class TestHowLong:
    def test_thirty_minutes_without_activity(self, louise: User) -> None:
        start = timezone.now()
        client = browser()
        with time_machine.travel(start) as clock:
            sign_in(client, louise.email)
            for _ in range(4):
                clock.shift(timedelta(minutes=29))
                assert client.get(ME).status_code == 200
            clock.shift(timedelta(minutes=31))
            assert client.get(ME).status_code == 302

    def test_who_is_warned_may_go_on(self, louise: User) -> None:
        client = browser()
        with time_machine.travel(timezone.now(), tick=False) as clock:
            sign_in(client, louise.email)
            assert client.get(ME).context["session_lasts"] == Lasting(30 * 60, 12 * 3600)
            clock.shift(timedelta(seconds=45))  # less than what is worth a write
            assert client.get(ME).context["session_lasts"] == Lasting(30 * 60 - 45, 12 * 3600 - 45)
            clock.shift(timedelta(minutes=28))
            assert client.post(reverse("accounts:go_on")).json()["idle"] == 30 * 60
            clock.shift(timedelta(minutes=29))
            assert client.get(ME).status_code == 200
            clock.shift(timedelta(minutes=31))
            assert client.post(reverse("accounts:go_on")).headers["Location"].startswith(DOOR)

    def test_going_on_does_not_make_the_twelve_hours_longer(self, louise: User) -> None:
        client = browser()
        with time_machine.travel(timezone.now(), tick=False) as clock:
            sign_in(client, louise.email)
            for _ in range(28):
                clock.shift(timedelta(minutes=25))
                client.post(reverse("accounts:go_on"))
            assert client.post(reverse("accounts:go_on")).json() == {"idle": 30 * 60, "most": 20 * 60}

    def test_twelve_hours_at_most(self, louise: User) -> None:
        client = browser()
        with time_machine.travel(timezone.now()) as clock:
            sign_in(client, louise.email)
            for _ in range(28):
                clock.shift(timedelta(minutes=25))
                client.get(ME)
            assert Session.objects.filter(user=louise).exists()
            clock.shift(timedelta(minutes=25))
            answer = client.get(ME)
            assert answer.headers["Location"] == f"{DOOR}?next={ME}"
            assert "douze heures" in text_of(client.get(answer.headers["Location"]))

    def test_a_page_writes_the_session_once_a_minute_at_most(self, louise: User) -> None:
        client = browser()
        sign_in(client, louise.email)
        client.get(ME)
        with statements() as sent:
            client.get(ME)
        assert not [statement for statement in sent if "UPDATE" in statement and "accounts_session" in statement]

    def test_a_desk_cookie_ends_with_the_browser(self, louise: User) -> None:
        client = browser()
        sign_in(client, louise.email)
        assert client.cookies["seuil_session"]["max-age"] == ""

    @pytest.mark.parametrize(("agent", "kept"), [(PHONE, True), (DESK, False)])
    def test_a_telephone_stays_twelve_hours_after_its_second_factor(self, louise: User, agent: str, kept: bool) -> None:
        secret = enrol(louise)
        client = browser(agent)
        with time_machine.travel(timezone.now()) as clock:
            sign_in(client, louise.email)
            offered = text_of(client.get(reverse("mfa_authenticate")))
            assert ("Rester connecté sur ce téléphone" in offered) is kept
            client.post(reverse("mfa_authenticate"), {"code": code_of(secret), "rester": "1"})
            client.get(ME)
            clock.shift(timedelta(hours=11))
            assert client.get(ME).status_code == (200 if kept else 302)
            clock.shift(timedelta(hours=2))
            assert client.get(ME).status_code == 302

    def test_a_telephone_does_not_stay_without_a_second_factor(self, louise: User) -> None:
        client = browser(PHONE)
        sign_in(client, louise.email)
        answer = client.post(reverse("accounts:stay"), follow=True)
        assert "après y avoir donné un second facteur" in text_of(answer)
        assert not Session.objects.get(user=louise).is_kept
        prove(client, louise, "mfa")
        client.post(reverse("accounts:stay"))
        assert Session.objects.get(user=louise).is_kept

    def test_signing_in_changes_the_key(self, louise: User) -> None:
        client = browser()
        client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
        before = client.session.session_key
        sign_in(client, louise.email)
        assert before not in (None, client.session.session_key)
        assert not Session.objects.filter(session_key=before).exists()


class TestWhere:
    def test_the_list_says_devices_in_words_and_no_more(self, louise: User) -> None:
        phone, desk = browser(PHONE), browser(DESK)
        for client in (phone, desk):
            sign_in(client, louise.email)
            client.get(ME)
        shown = text_of(desk.get(ME))
        assert "Safari, iPhone" in shown
        assert "Firefox, Windows" in shown
        row = Session.objects.get(device="Safari, iPhone")
        assert row.session_key not in desk.get(ME).content.decode()
        assert str(louise.pk) not in row.session_data

    def test_one_ends_a_session_at_once(self, louise: User) -> None:
        phone, desk = browser(PHONE), browser(DESK)
        for client in (phone, desk):
            sign_in(client, louise.email)
            client.get(ME)
        row = Session.objects.get(device="Safari, iPhone")
        assert desk.post(reverse("accounts:end_session", args=[row.ticket])).headers["Location"] == ME
        assert phone.get(ME).status_code == 302
        assert desk.get(ME).status_code == 200
        assert Entry.objects.get(event="account.session_ended").actor_id == louise.pk
        answer = desk.post(reverse("accounts:end_session", args=[row.ticket]), follow=True)
        assert "déjà fermée" in text_of(answer)

    def test_one_ends_no_session_of_somebody_else(self, louise: User, siao: User) -> None:
        other = browser()
        other.force_login(siao)
        other.get(ME)
        desk = browser()
        sign_in(desk, louise.email)
        row = Session.objects.get(user=siao)
        desk.post(reverse("accounts:end_session", args=[row.ticket]))
        assert other.get(ME).status_code == 200

    def test_all_the_others(self, louise: User) -> None:
        clients = [browser(agent) for agent in (PHONE, DESK, "curl/8")]
        for client in clients:
            sign_in(client, louise.email)
        clients[0].post(reverse("accounts:end_others"))
        assert [client.get(ME).status_code for client in clients] == [200, 302, 302]

    def test_leaving_ends_every_one(self, louise: User, siao: User) -> None:
        client = browser()
        sign_in(client, louise.email)
        assert end_sessions(louise, by=siao) == 1
        assert client.get(ME).status_code == 302

    def test_another_password_ends_the_others(self, louise: User) -> None:
        phone, desk = browser(PHONE), browser(DESK)
        for client in (phone, desk):
            sign_in(client, louise.email)
        same = {"password1": NEW, "password2": "autre chose 8"}
        assert "ne sont pas les mêmes" in text_of(desk.post(reverse("accounts:password"), same))
        assert desk.post(reverse("accounts:password"), {"password1": NEW, "password2": NEW}).status_code == 302
        assert (phone.get(ME).status_code, desk.get(ME).status_code) == (302, 200)
        drain("account.change_mail")
        assert [message.to for message in mail.outbox] == [[louise.email]]

    @pytest.mark.parametrize(
        ("agent", "words", "handheld"),
        [
            (PHONE, "Safari, iPhone", True),
            (DESK, "Firefox, Windows", False),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/141 Mobile Safari/537.36",
                "Chrome, Android",
                True,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141 Safari/537.36 Edg/141",
                "Edge, Linux",
                False,
            ),
            ("", "Appareil inconnu", False),
            ("<script>" * 500, "Appareil inconnu", False),
        ],
    )
    def test_devices_in_words(self, agent: str, words: str, handheld: bool) -> None:
        assert (device_of(agent), is_handheld(agent)) == (words, handheld)


@recently_proved
def act(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fait")


class TestProof:
    @pytest.mark.parametrize(("ago", "status"), [(0, 200), (299, 200), (301, 302), (-60, 302)])
    def test_less_than_five_minutes(self, client: Client, louise: User, ago: int, status: int) -> None:
        with time_machine.travel(timezone.now(), tick=False):
            client.force_login(louise)
            prove(client, louise, ago=ago)
            assert client.get(reverse("accounts:password")).status_code == status

    def test_what_is_posted_late_is_not_done(self, client: Client, louise: User) -> None:
        client.force_login(louise)
        prove(client, louise, ago=400)
        came = "http://testserver/mon-compte/"
        answer = client.post(reverse("accounts:password"), {"password1": NEW}, headers={"Referer": came})
        assert answer.headers["Location"] == f"{reverse('account_reauthenticate')}?next=http%3A//testserver{ME}"
        louise.refresh_from_db()
        assert louise.check_password(SECRET)
        proof = answer.headers["Location"]
        assert "Ce mot de passe ne convient pas." in text_of(client.post(proof, {"password": "autre"}))
        assert Entry.objects.filter(event="account.refused", target_id=louise.pk).exists()
        assert client.post(proof, {"password": SECRET}).headers["Location"] == came
        assert client.get(reverse("accounts:password")).status_code == 200

    @pytest.mark.parametrize("wanted", ["https://ailleurs.example/", "//ailleurs.example", "javascript:alert(1)"])
    def test_one_goes_on_within_the_site_only(self, client: Client, louise: User, wanted: str) -> None:
        client.force_login(louise)
        answer = client.post(f"{reverse('account_reauthenticate')}?next={wanted}", {"password": SECRET})
        assert answer.headers["Location"] == "/"

    def test_somebody_elses_proof_is_none(self, client: Client, louise: User, siao: User) -> None:
        client.force_login(louise)
        prove(client, siao)
        assert client.get(reverse("accounts:password")).status_code == 302

    def test_a_visitor_has_proved_nothing(self, rf: RequestFactory) -> None:
        from django.contrib.auth.models import AnonymousUser

        request = rf.get("/")
        request.user = AnonymousUser()
        assert act(request).status_code == 302


class TestDormancy:
    @pytest.fixture
    def asleep(self, louise: User) -> User:
        User.objects.filter(pk=louise.pk).update(created_at=timezone.now() - timedelta(days=400))
        louise.refresh_from_db()
        return louise

    def ago(self, user: User, **signs: datetime) -> User:
        User.objects.filter(pk=user.pk).update(**signs)
        return User.objects.get(pk=user.pk)

    @pytest.mark.parametrize(("days", "dormant"), [(179, False), (181, True)])
    def test_after_180_days(self, asleep: User, days: int, dormant: bool) -> None:
        assert is_dormant(self.ago(asleep, last_login=timezone.now() - timedelta(days=days))) is dormant

    def test_a_convocation_is_a_sign_of_life(self, asleep: User, siao: User) -> None:
        with statements() as sent:
            touch([asleep.pk, siao.pk])
        assert len(sent) == 1
        touch([asleep.pk])
        assert not is_dormant(User.objects.get(pk=asleep.pk))
        assert SignOfLife.objects.count() == 2
        assert timezone.now() - last_life(User.objects.get(pk=asleep.pk)) < timedelta(minutes=1)

    def test_comes_back_by_mail_then_by_the_usual_way(self, asleep: User, enforced: None) -> None:
        secret = enrol(asleep)
        client = browser()
        assert sign_in(client, asleep.email) == DOOR
        assert "suspendu" in text_of(client.get(DOOR))
        assert client.get(reverse("mfa_authenticate")).headers["Location"] == DOOR
        assert Entry.objects.get(event="account.refused").codes == {"reason": "dormant"}
        drain("account.return_mail")
        link = next(word for word in str(mail.outbox[0].body).split() if "/connexion/retour/" in word)
        assert "Rouvrir mon compte" in text_of(client.get(link))
        assert sign_in(client, asleep.email) == DOOR, "a visit reopens nothing"
        assert client.post(link).headers["Location"] == DOOR
        assert sign_in(Client(), asleep.email) == DOOR, "nor a click in another browser"
        assert sign_in(client, asleep.email) == reverse("mfa_authenticate")
        assert client.get(ME).status_code == 302
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert client.get(ME).status_code == 200
        assert "Ce lien ne sert plus" in text_of(Client().get(link))

    def test_a_wrong_password_says_nothing_of_it(self, asleep: User) -> None:
        assert "ne convient pas" in sign_in(browser(), asleep.email, "autre")
        assert drain("account.return_mail") == 0

    def test_a_made_up_link(self, client: Client, asleep: User) -> None:
        for pk, key in ((asleep.pk, "abc-def"), (uuid4(), "abc-def")):
            answer = client.get(reverse("accounts:come_back", args=[pk, key]))
            assert answer.status_code == 404
            assert "Ce lien ne sert plus" in text_of(answer)


def test_argon2_first(settings: Settings) -> None:
    from config import settings as product

    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS
    user = User(email="x@essai.example")
    user.set_password(SECRET)
    assert identify_hasher(user.password).algorithm == "argon2"
    assert "argon2id" in user.password
