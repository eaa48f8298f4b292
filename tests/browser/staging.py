"""What the register does not hold, so that every page has something to show: séances to come and going on."""

from __future__ import annotations

from tests.browser.signing import Signing
from tests.browser.walking import Walk, path_of


def stage(signing: Signing) -> None:
    """A notice sent; a situation before the members; another that waits for a séance; a search, a lease."""
    told = Walk(signing, "Colombier", "Yvonne")
    told.be_ready()
    told.plan_seance("Salle du Colombier")
    told.be_decided()
    told.read_notice()
    shown = Walk(signing, "Nivolet", "Germaine")
    shown.be_ready()
    shown.plan_seance("Salle du Nivolet")
    shown.enrol()
    shown.open_seance()
    shown.present()
    waits = Walk(signing, "Granier", "Lucienne")
    waits.be_ready()
    waits.plan_seance("Salle du Granier")
    waits.settle()
    _search(signing).accompany()
    _search(signing).sign()


def _search(signing: Signing) -> Walk:
    """A dwelling is looked for, for one of the validated households of the register."""
    walk = Walk(signing, "", "")
    page = walk.page_of("siao")
    page.goto("/dossiers/?etat=VALIDE")
    page.get_by_role("rowheader").get_by_role("link").first.click()
    walk.dossier = path_of(page)
    walk.search()
    return walk
