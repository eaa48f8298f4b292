"""The table of the roles (domaine § 6), in the groups, in the permissions and in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import psycopg
import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.backends import IN_CHARGE
from accounts.demo import CAST
from accounts.models import Membership, Organisation, User
from accounts.operations import install_roles, join, leave
from accounts.operations import siao as the_siao
from accounts.roles import ROLES, Code, incompatible_pairs
from tests.fixtures import Cast, at_once, execute, refusal

OVERLAP = "23P01"
# « May not also be », as the table says it
APART = {
    frozenset(pair)
    for one, others in {
        Code.HABITAT: [Code.ORDONNATEUR],
        Code.GESTIONNAIRE_FINANCIER: [Code.ORDONNATEUR],
        Code.COMPTABLE: [  # every role of Grand Chambéry
            Code.COORDINATION,
            Code.HABITAT,
            Code.GESTIONNAIRE_FINANCIER,
            Code.ORDONNATEUR,
            Code.OBSERVATOIRE,
            Code.DPO,
            Code.ADMIN_TECHNIQUE,
        ],
        Code.DPO: [Code.ADMIN_TECHNIQUE],
    }.items()
    for pair in ((one, other) for other in others)
}
# who may do what, one permission a line: adding one here is a decision
HOLDERS = {
    "commission.read_fiche": "bailleur ddetspp coordination",
    "accounts.manage_accounts": "admin_technique",
    "accounts.manage_people": "admin_technique",  # and whoever is in charge of an organisation's access
    "accounts.edit_lists": "admin_technique coordination",
    "audit.read_journal": "dpo",
    "commission.view_seance": "referent_siao animateur bailleur ddetspp coordination",
    "dossiers.close_dossier": "referent_siao",
    "commission.run_seance": "animateur",
    "housing.manage_lease": "referent_siao",
    "support.manage_measure": "referent_siao travailleur_social",
    "dossiers.import_register": "referent_siao",
    "dossiers.open_dossier": "prescripteur referent_siao",
    "dossiers.present_dossier": "animateur",
    "dossiers.instruct_dossier": "referent_siao",
    "dossiers.protect_dossier": "referent_siao animateur",
    "dossiers.see_identity": "referent_siao animateur travailleur_social sante",
    "dossiers.see_resources": "referent_siao animateur travailleur_social",
    "dossiers.record_meeting": "prescripteur referent_siao travailleur_social sante",
    "dossiers.follow_prescription": "prescripteur",
    "dossiers.join_document": "referent_siao travailleur_social sante",
    "dossiers.read_bank": "habitat gestionnaire_financier",
    "dossiers.read_health": "sante travailleur_social",
    "dossiers.write_health": "sante",
    "dossiers.read_justice": "referent_siao travailleur_social",
    "dossiers.write_justice": "referent_siao",
    "dossiers.view_dossier": "prescripteur referent_siao animateur travailleur_social sante dpo",
    "reporting.view_figures": (
        "referent_siao animateur ddetspp coordination habitat gestionnaire_financier ordonnateur observatoire"
    ),
}


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user("zelie.nivolet@exemple.test", first_name="Zélie", last_name="Nivolet")


@pytest.fixture
def organisation(db: None) -> Organisation:
    return the_siao()


def member(
    user: User, organisation: Organisation, role: Code, since: datetime, until: datetime | None = None
) -> Membership:
    return Membership.objects.create(
        user=user, organisation=organisation, role=role, valid_from=since, valid_until=until
    )


class TestTheTable:
    def test_who_may_do_what(self) -> None:
        held: dict[str, set[str]] = {}
        for role in ROLES.values():
            for permission in role.permissions:
                held.setdefault(permission, set()).add(role.code.value)
        assert held == {permission: set(roles.split()) for permission, roles in HOLDERS.items()}

    def test_every_code_has_its_role(self) -> None:
        assert set(ROLES) == set(Code)
        assert all(role.label and role.description for role in ROLES.values())

    def test_who_may_not_also_be_what(self) -> None:
        assert {frozenset(pair) for pair in incompatible_pairs()} == APART

    def test_the_same_referent_may_lead_the_commission(self, somebody: User, organisation: Organisation) -> None:
        join(somebody, organisation, Code.REFERENT_SIAO, by=None)
        join(somebody, organisation, Code.ANIMATEUR, by=None)
        assert Membership.objects.live().filter(user=somebody).count() == 2

    def test_the_groups_carry_the_table_and_no_more(self, db: None) -> None:
        stray = Permission.objects.get(codename="delete_dossier")
        Group.objects.get(name="role:observatoire").permissions.add(stray)
        Group.objects.get(name="role:dpo").permissions.clear()
        install_roles(connection)
        for role in ROLES.values():
            found = Group.objects.get(name=role.group_name).permissions.values_list(
                "content_type__app_label", "codename"
            )
            assert {f"{app}.{code}" for app, code in found} == role.permissions

    def test_the_cast_holds_every_role_in_its_organisation(self, cast: Cast) -> None:
        held = {
            (m.user.email.split("@")[0], m.role, m.organisation.name)
            for m in Membership.objects.live().select_related("user", "organisation")
        }
        assert held == {(m.account, m.role, m.organisation) for m in CAST if m.role}
        assert {role for _, role, _ in held} == set(Code)
        assert not Membership.objects.filter(user=cast["etranger"]).exists()


class TestWhatARoleAllows:
    def test_each_account_of_the_cast(self, cast: Cast) -> None:
        wrong = [
            (member.account, permission)
            for member in CAST
            for permission, roles in HOLDERS.items()
            if cast[member.account].has_perm(permission)
            != (member.role in roles.split() or (permission == IN_CHARGE and member.in_charge))
        ]
        assert wrong == []

    def test_one_query_a_request(self, siao: User) -> None:
        user = User.objects.get(pk=siao.pk)
        with CaptureQueriesContext(connection) as queries:
            for permission in HOLDERS:
                user.has_perm(permission)
        assert len(queries) == 1

    def test_the_end_of_a_membership_is_the_end_of_its_rights(self, siao: User) -> None:
        leave(Membership.objects.get(user=siao), by=None)
        assert not User.objects.get(pk=siao.pk).has_perm("dossiers.view_dossier")

    @pytest.mark.parametrize(("since", "until"), [(-2, -1), (1, None), (1, 2)])
    def test_neither_before_nor_after(
        self, somebody: User, organisation: Organisation, since: int, until: int | None
    ) -> None:
        now = timezone.now()
        end = None if until is None else now + timedelta(days=until)
        member(somebody, organisation, Code.REFERENT_SIAO, now + timedelta(days=since), end)
        assert somebody.get_all_permissions() == set()

    def test_a_closed_account_may_nothing(self, siao: User) -> None:
        siao.is_active = False
        assert not siao.has_perm("dossiers.view_dossier")
        assert siao.get_all_permissions() == set()

    def test_a_permission_given_by_another_way_counts_for_nothing(self, somebody: User) -> None:
        somebody.user_permissions.add(Permission.objects.get(codename="close_dossier"))
        somebody.groups.add(Group.objects.get(name="role:referent_siao"))
        assert not User.objects.get(pk=somebody.pk).has_perm("dossiers.close_dossier")


class TestNobodyAboveTheRights:
    def test_by_sql(self, siao: User) -> None:
        error = refusal(lambda: execute("UPDATE accounts_user SET is_superuser = true WHERE id = %s", siao.pk))
        assert error.diag.constraint_name == "user_nobody_above_the_rights"

    def test_by_creation(self, db: None) -> None:
        def create() -> User:
            return User.objects.create_user("x@exemple.test", is_superuser=True)

        assert refusal(create).diag.constraint_name == "user_nobody_above_the_rights"

    def test_an_address_is_in_lower_case(self, siao: User) -> None:
        error = refusal(lambda: execute("UPDATE accounts_user SET email = upper(email) WHERE id = %s", siao.pk))
        assert error.diag.constraint_name == "user_email_lower"
        assert User.objects.get_by_natural_key(" SIAO@Seuil.example ") == siao


@pytest.mark.parametrize("pair", incompatible_pairs(), ids="-".join)
class TestRolesApart:
    def test_refused_together_in_both_orders(
        self, pair: tuple[Code, Code], somebody: User, organisation: Organisation, cast: Cast
    ) -> None:
        elsewhere = Organisation.objects.known_as("FOL 73").get()
        for first, second in (pair, pair[::-1]):
            with transaction.atomic():
                join(somebody, organisation, first, by=None)
                error = refusal(lambda: join(somebody, elsewhere, second, by=None))  # noqa: B023  called at once
                assert error.sqlstate == OVERLAP
                assert error.diag.constraint_name == f"apart_{pair[0]}_{pair[1]}"[:60]
                transaction.set_rollback(True)

    def test_refused_when_the_dates_overlap_and_only_then(
        self, pair: tuple[Code, Code], somebody: User, organisation: Organisation
    ) -> None:
        now, day = timezone.now(), timedelta(days=1)
        first, second = pair
        member(somebody, organisation, first, now - 10 * day, now - 5 * day)
        member(somebody, organisation, second, now - 5 * day, now + 5 * day)
        member(somebody, organisation, first, now + 5 * day)
        error = refusal(lambda: member(somebody, organisation, second, now + 4 * day, now + 6 * day))
        assert error.sqlstate == OVERLAP

    def test_two_persons_may(self, pair: tuple[Code, Code], somebody: User, organisation: Organisation) -> None:
        other = User.objects.create_user("anatole.revard@exemple.test", first_name="Anatole", last_name="Revard")
        join(somebody, organisation, pair[0], by=None)
        join(other, organisation, pair[1], by=None)
        held = Membership.objects.live().filter(user__in=[somebody, other]).values_list("user", "role")
        assert set(held) == {(somebody.pk, pair[0]), (other.pk, pair[1])}


class TestMemberships:
    def test_once_at_a_time(self, somebody: User, organisation: Organisation) -> None:
        join(somebody, organisation, Code.DPO, by=None)
        error = refusal(lambda: join(somebody, organisation, Code.DPO, by=None))
        assert error.diag.constraint_name == "membership_once"

    def test_left_and_joined_again(self, somebody: User, organisation: Organisation) -> None:
        leave(join(somebody, organisation, Code.DPO, by=None), by=None)
        join(somebody, organisation, Code.DPO, by=None)
        assert Membership.objects.filter(user=somebody).count() == 2
        assert Membership.objects.live().filter(user=somebody).count() == 1

    def test_the_end_comes_after_the_beginning(self, somebody: User, organisation: Organisation) -> None:
        now = timezone.now()
        error = refusal(lambda: member(somebody, organisation, Code.DPO, now, now - timedelta(microseconds=1)))
        assert error.diag.constraint_name == "membership_dates"

    def test_one_that_ends_when_it_begins_never_was(self, somebody: User, organisation: Organisation) -> None:
        now = timezone.now()
        member(somebody, organisation, Code.DPO, now, now)
        join(somebody, organisation, Code.ADMIN_TECHNIQUE, by=None)
        assert Membership.objects.lasting().get(user=somebody).role == Code.ADMIN_TECHNIQUE

    def test_a_role_that_does_not_exist(self, siao: User) -> None:
        error = refusal(lambda: execute("UPDATE accounts_membership SET role = 'chef' WHERE user_id = %s", siao.pk))
        assert error.diag.constraint_name == "membership_role"


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_cannot_give_incompatible_roles() -> None:
    """Both see nothing to object to; PostgreSQL lets one of them through."""
    user = User.objects.create_user("zelie.nivolet@exemple.test", first_name="Zélie", last_name="Nivolet")
    organisation = the_siao()
    for pair in incompatible_pairs():
        outcomes = at_once(*(partial(join, user, organisation, role, by=None) for role in pair))
        (refused,) = [error for error in outcomes if error is not None]
        assert isinstance(refused.__cause__, psycopg.errors.ExclusionViolation), pair
        assert Membership.objects.filter(user=user).count() == 1
        Membership.objects.all().delete()
