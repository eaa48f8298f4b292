"""Pages that exist only while something is there (an opening, a séance to convene, two members), walked on purpose."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.signing import WIDTHS, Signing
from tests.browser.walking import Walk, fill, follow, path_of, press, tab, today
from tests.browser.watching import Watch


def looked_at(page: Page, watch: Watch) -> None:
    """The page, at both widths: its structure, who may read it, what it complains of."""
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert watch.structure() + watch.accessibility() + watch.heard() == []


WHO = iter(
    (
        ("Semnoz", "Aurore"),
        ("Charvin", "Bertille"),
        ("Tournette", "Clarisse"),
        ("Arclusaz", "Denise"),
        ("Sambuy", "Eulalie"),
        ("Trélod", "Firmine"),
    )
)


@pytest.fixture
def prescribed(signing: Signing) -> Walk:
    walk = Walk(signing, *next(WHO))  # somebody else each time: nobody resembles another
    walk.prescribe()
    walk.take()
    return walk


@pytest.mark.usefixtures("every_site")  # found before: what is shared for a moment is no page of the others' sites
def test_a_dossier_is_shared_then_protected(prescribed: Walk) -> None:
    page = prescribed.page_of("siao")
    watch = Watch(page)
    tab(page, "Accès")
    follow(page, "Ouvrir à quelqu’un")
    page.get_by_label("À qui").select_option(label="FOL 73")
    page.get_by_label("Pourquoi").select_option(index=1)
    fill(page, **{"Jusqu’au": today()})
    press(page, "Ouvrir")
    page.get_by_role("row").filter(has_text="FOL 73").get_by_role("link", name="Mettre fin").click()
    looked_at(page, watch)
    press(page, "Mettre fin")
    expect(page.get_by_role("status")).to_contain_text("finie")
    follow(page, "Protéger ce dossier")
    looked_at(page, watch)
    page.get_by_role("checkbox", checked=False).first.check()  # two persons at least
    press(page, "Protéger ce dossier")
    follow(page, "Lever la protection")
    looked_at(page, watch)
    press(page, "Lever la protection")
    expect(page.get_by_role("status")).to_contain_text("levée")


def test_a_household_of_two_that_expects_a_child(prescribed: Walk) -> None:
    """What may happen to each member, to a birth, to a period of the path: pages that a person alone does not have."""
    page = prescribed.page_of("siao")
    watch = Watch(page)
    household, path = f"{prescribed.dossier}menage/", f"{prescribed.dossier}parcours/"
    page.goto(household)
    follow(page, "Ajouter une personne")
    fill(page, **{"Nom de naissance": "Pécloz", "Prénom (facultatif)": "Gaspard"})
    page.get_by_label("Place dans le ménage").select_option("CONJOINT")
    press(page, "Ajouter cette personne")
    follow(page, "Un enfant est attendu")
    fill(page, **{"Naissance prévue le": today()})
    press(page, "Inscrire")
    looked_at(page, watch)
    acts = ("Devient titulaire…", "A quitté le ménage…", "Ouvrir un dossier à son nom…")
    for act in (*(f"{act} Gaspard" for act in acts), "Inscrire la naissance", "Ne plus compter"):
        page.goto(household)
        follow(page, act)
        looked_at(page, watch)
    page.goto(path)
    page.get_by_role("link", name="Ajouter une période").first.click()
    page.get_by_label("Où la personne vivait").select_option(index=1)
    fill(page, Depuis="2024")
    press(page, "Ajouter cette période")
    for act in ("Corriger", "Terminer", "Copier", "Retirer"):
        page.goto(path)
        page.locator("table").get_by_role("link", name=act).first.click()
        looked_at(page, watch)


def test_what_one_wants_to_be_reminded_of(prescribed: Walk) -> None:
    page = prescribed.page_of("siao")
    watch = Watch(page)
    page.goto(prescribed.dossier)
    follow(page, "Me le rappeler")
    fill(page, **{"Quoi": "Rappeler la CAF", "Me le rappeler le": today()})
    press(page, "Inscrire ce rappel")
    looked_at(page, watch)
    follow(page, "Reporter")
    looked_at(page, watch)


def test_a_decision_is_told_in_writing(prescribed: Walk, signing: Signing) -> None:
    """The law’s text is written, a letter is looked at, made, and handed over."""
    texts = signing.as_("coordination").new_page()
    texts.goto("/reglages/textes/legal/")
    texts.get_by_label("Texte").fill("Vous pouvez demander, par écrit, que la décision soit revue.")
    press(texts, "Enregistrer une nouvelle version")
    page = prescribed.page_of("siao")
    watch = Watch(page)
    page.goto(f"{prescribed.dossier}courriers/")
    looked_at(page, watch)
    follow(page, "Notice d’information, facile à lire")
    looked_at(page, watch)
    press(page, "Établir le courrier")
    looked_at(page, watch)
    page.get_by_label("Comment").select_option(index=1)
    press(page, "Marquer comme remis")
    expect(page.get_by_role("status").first).to_contain_text("ce courrier est parti")


def test_an_opening_in_an_emergency_is_examined(prescribed: Walk, signing: Signing) -> None:
    page = signing.as_("fol73").new_page()
    page.goto("/urgence/")
    fill(page, **{"Référence du dossier, en entier": prescribed.reference})
    page.get_by_label("Pourquoi maintenant").select_option(index=1)
    page.get_by_label("Ce qui ne peut pas attendre").fill("Un rendez-vous ne peut pas attendre.")
    press(page, "Ouvrir pour quatre heures")
    assert path_of(page) == prescribed.dossier
    watched = signing.as_("dpo").new_page()
    watch = Watch(watched)
    watched.goto("/urgence/suivi/")
    looked_at(watched, watch)
    row = watched.get_by_role("row").filter(has_text=prescribed.reference)
    row.get_by_role("button", name="Examiné").click()
    expect(watched.get_by_role("status")).to_contain_text("examinée")


def test_a_seance_is_convened_and_closed(signing: Signing) -> None:
    walk = Walk(signing, "", "")
    walk.plan_seance("Salle du Semnoz")
    page = walk.page_of("animation")
    watch = Watch(page)
    follow(page, "Convoquer les membres")
    looked_at(page, watch)
    page.goto(walk.seance)
    walk.open_seance()
    press(page, "Clore la séance")
    looked_at(page, watch)
    press(page, "Clore la séance")
