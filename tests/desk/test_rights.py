"""« Qui peut quoi » says what `accounts/roles.py` says, to everyone; `docs/qui-voit-quoi.md` as well."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from accounts.demo import CAST
from accounts.roles import ROLES, Code, incompatible_pairs
from core.errors import OperationRefused
from desk.context import PLACES
from desk.management.commands.rights_page import BEGIN, END, PAGE
from desk.rights import abilities, lines
from tests.fixtures import Cast, text_of

ADDRESS = "/qui-peut-quoi/"


def test_every_permission_of_a_role_has_french_words() -> None:
    told = {ability.permission: ability.label for ability in abilities()}
    assert told.keys() == {permission for role in ROLES.values() for permission in role.permissions}
    assert not [label for label in told.values() if label.startswith("Can ")]
    assert len(set(told.values())) == len(told), "two permissions under the same words"


def test_the_page_of_the_documentation_names_places_as_the_menu_does() -> None:
    text = (Path(product.BASE_DIR) / PAGE).read_text("utf-8")
    named = re.findall(r"^- « (.+?) »", text, re.MULTILINE)
    assert named
    assert set(named) <= {place[0] for group in PLACES for place in group}


def test_each_role_is_told_as_it_is() -> None:
    for line in lines({Code.DPO}):
        allowed = {ability.permission for ability in abilities() if ability.label in line.abilities}
        assert allowed == line.role.permissions
        assert line.is_mine == (line.role.code == Code.DPO)
    said = {frozenset((line.role.label, other)) for line in lines(set()) for other in line.apart}
    assert said == {frozenset((ROLES[one].label, ROLES[other].label)) for one, other in incompatible_pairs()}


@pytest.mark.django_db
class TestPage:
    def test_everyone_reads_it_and_finds_it(self, browse: Callable[[str], Client]) -> None:
        for member in CAST:
            browser = browse(member.account)
            answer = browser.get(ADDRESS)
            shown = text_of(answer)
            assert f'href="{ADDRESS}"' in browser.get("/").content.decode()
            assert all(ability.label in shown for ability in abilities())
            assert all(role.description in shown for role in ROLES.values())
            assert answer.content.decode().count(">votre rôle</span>") == (1 if member.role else 0)

    def test_who_am_i_here(self, browse: Callable[[str], Client], cast: Cast) -> None:
        held = cast["siao"].memberships.get()
        shown = text_of(browse("siao").get(ADDRESS))
        assert f"Référent SIAO {held.organisation}, depuis le " in shown
        assert "Aucun rôle n’est attaché à votre compte" in text_of(browse("etranger").get(ADDRESS))

    def test_a_visitor_does_not(self, client: Client) -> None:
        assert client.get(ADDRESS).status_code == 302


class TestDocument:
    def test_it_is_up_to_date(self) -> None:
        call_command("rights_page", check=True, stdout=StringIO())

    def test_one_out_of_date_is_refused_then_written_and_the_rest_stays(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        text = (Path(product.BASE_DIR) / PAGE).read_text(encoding="utf-8")
        settings.BASE_DIR = tmp_path
        page = tmp_path / PAGE
        page.parent.mkdir()
        page.write_text(text.replace("| bailleur | –", "| bailleur | oui"), encoding="utf-8")
        with pytest.raises(OperationRefused, match="rights_page"):
            call_command("rights_page", check=True, stdout=StringIO())
        out = StringIO()
        call_command("rights_page", json=True, stdout=out)
        assert json.loads(out.getvalue())["written"] is True
        assert page.read_text(encoding="utf-8") == text

    @pytest.mark.parametrize("mark", [BEGIN, END])
    def test_without_its_marks_nothing_is_written(self, tmp_path: Path, settings: Settings, mark: str) -> None:
        text = (Path(product.BASE_DIR) / PAGE).read_text(encoding="utf-8").replace(mark, "")
        settings.BASE_DIR = tmp_path
        (tmp_path / "docs").mkdir()
        (tmp_path / PAGE).write_text(text, encoding="utf-8")
        with pytest.raises(OperationRefused, match="repères"):
            call_command("rights_page", stdout=StringIO())
        assert (tmp_path / PAGE).read_text(encoding="utf-8") == text
