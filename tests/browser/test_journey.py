"""From prescription to follow-up, through pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREENS
from tests.browser.signing import Signing
from tests.browser.walking import TEAM, Walk, state, tab


@pytest.mark.parametrize(("scripts", "who"), [(True, ("Revardin", "Odette")), (False, ("Bisanne", "Solange"))])
def test_from_prescription_to_follow_up(scripts: bool, who: tuple[str, str], signing: Signing) -> None:
    walk = Walk(signing, *who, scripts=scripts)
    walk.shots = SCREENS / "parcours" / ("avec-scripts" if scripts else "sans-script")
    walk.be_ready()
    walk.plan_seance(f"Salle {who[0]}")
    walk.be_decided()
    notice = walk.read_notice()
    assert walk.dossier in notice
    assert not [word for word in (*who, "Validé") if word in notice], "a notice names nobody and tells no decision"
    walk.search()
    walk.sign()
    walk.enter()
    walk.accompany()
    walk.hand_over()
    team = walk.page_of("fol73")
    team.goto(walk.dossier)
    state(team, "En suivi")
    tab(team, "Accompagnement")
    expect(team.locator("main")).to_contain_text(TEAM)
    follower = walk.page_of("prescripteur")
    follower.goto(walk.dossier)
    state(follower, "En suivi")
    assert who[0] not in follower.locator("main").inner_text(), "the prescripteur reads no name"
    assert walk.wrong() == []
