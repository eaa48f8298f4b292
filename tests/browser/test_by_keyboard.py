"""From somebody met in the street to a complete dossier with two documents, without touching a mouse."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.conftest import SCREENS
from tests.browser.keys import by_keys
from tests.browser.signing import WIDTHS, Signing, sign_in
from tests.browser.walking import choose, fill, follow, path_of, press, state, tab, today
from tests.browser.watching import Watch
from tests.dossiers.files import pdf, png

NAME = "Touchebelle"
OPENED_DETAILS = "Laisser vide, avec une raison"
FILE = "Fichier PDF, JPEG ou PNG"
# What is answered, step by step: a line of a list, a box to tick (the words are then its own), a text. Of every
# question that counts; one is left empty, with its reason (below).
STEPS: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("Composition du ménage", "Femme isolée"),
        ("Enfants qui vivent avec le ménage", "0"),
        ("Langue dans laquelle la personne est à l’aise", "français"),
        ("Besoin d’un interprète", "Non"),
        ("Lecture du français", "Lit et écrit le français"),
        ("Téléphone personnel", ""),
    ),
    (
        ("Droit au séjour", "Nationalité française"),
        ("Pièce d’identité", "En cours de validité"),
        ("Adresse pour le courrier", "Domiciliation au CCAS"),
        ("Numéro unique", "073112600001XTEST"),
        ("Demande déposée ou renouvelée le", today()),
        ("Recours DALO", "Pas de recours"),
        ("Protection juridique", "Aucune"),
    ),
    (
        ("Où vit le ménage", "1. espace public"),
        ("Dans les mots du SI-SIAO", "Sans abri"),
        ("Depuis le", "02/03/2024"),
        ("Commune où il se trouve", "Chambéry"),
    ),
    (
        ("Aucune charge", ""),
        ("Loyer ou redevance actuelle", "0"),
        ("Pension alimentaire reçue", "0"),
        ("Situation professionnelle", "En recherche d’emploi"),
        ("Avis d’imposition disponible", "Oui"),
        ("Compte en banque à son nom", "Oui"),
    ),
    (
        ("Aucune dette", ""),
        ("Dossier de surendettement", "Pas de dossier"),
        ("Procédure d’expulsion", "Aucune procédure"),
    ),
    (
        ("Dernier logement à soi, jusqu’au", "01/03/2024"),
        ("Ce qui a fait rupture", "Rupture familiale ou conjugale"),
        ("Temps passé sans logement, en tout", "De deux à cinq ans"),
        ("A déjà eu un bail à son nom", "Oui"),
    ),
    (
        ("Chambéry", ""),
        ("T2", ""),
        ("Étage", "Peu importe"),
        ("Pas de besoin particulier", ""),
        ("Un chat", ""),
        ("Ce que le ménage ne veut pas", "Un foyer."),
    ),
    (
        ("Démarches et droits", ""),
        ("Rythme souhaité", "Une fois par semaine"),
        ("Accepte des visites chez elle", "Oui"),
        ("Accompagnements déjà en place", "La maraude."),
        ("Personnes sur qui compter", "Sa sœur."),
    ),
    (("Le ménage adhère au projet", "Oui"), ("Évaluation du", today())),
)
HOME, MONEY = 2, 3  # the steps with a question left empty, with a table


def test_from_the_street_to_a_complete_dossier(signing: Signing) -> None:
    page = signing.as_(None, width=390).new_page()
    watch = Watch(page)
    with by_keys(page) as keys:
        sign_in(page, "siao")
        meet(page)
        page.set_viewport_size({"width": 1280, "height": WIDTHS[1280]})
        come_in(page)
        evaluate(page)
        bring_documents(page)
        tab(page, "Parcours")
        press(page, "Déclarer prêt à présenter")
        state(page, "Prêt")
        page.screenshot(path=SCREENS / "clavier" / "dossier-pret-1280.png", full_page=True)
    assert keys.stops > 200, "the keyboard was really used"
    assert watch.heard() == []


def meet(page: Page) -> None:
    """In the street, on a phone with its keyboard."""
    page.get_by_role("navigation", name="Raccourcis").get_by_role("link", name="Rencontre").click()
    fill(page, **{"Où, en quelques mots": "derrière la gare"})
    _tile(page, "Femme").click()
    fill(page, Nom=NAME, Prénom="Aimée")
    _tile(page, "Dehors").click()
    fill(page, **{"Besoin maintenant": "un duvet"})
    _tile(page, "Oui, et d’accord").click()
    page.screenshot(path=SCREENS / "clavier" / "rencontre-390.png")
    press(page, "Enregistrer la rencontre")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rencontre enregistrée")


def come_in(page: Page) -> None:
    """The SIAO met her: who orients her is all that lacks. Then it is a prescription, with its referent."""
    follow(page, "Ouvrir le dossier")
    state(page, "Repéré")
    follow(page, "Compléter l’entrée")
    choose(page, **{"Orienté par": "SIAO de la Savoie"})
    press(page, "Enregistrer la réponse")
    press(page, "Enregistrer la prescription")
    state(page, "Prescrit")
    press(page, "Prendre ce dossier")
    expect(page.get_by_role("status")).to_contain_text("Vous suivez maintenant ce dossier.")


def evaluate(page: Page) -> None:
    """Every question that counts, from the first step to the last; the page then says that none is left."""
    press(page, "Commencer l’évaluation")
    state(page, "En évaluation")
    tab(page, "Évaluation")
    follow(page, "Continuer : Ménage et personnes")
    for number, answers in enumerate(STEPS):
        if number == MONEY:
            page.get_by_label("Nature, ligne 1").first.select_option(label="RSA")
            page.get_by_label("Par mois, ligne 1").first.fill("607,75")
        for words, answer in answers:
            _answer(page, words, answer)
        if number == HOME:
            _leave_empty(page, "leave_by", "Sans objet")
        _save(page, is_last=number == len(STEPS) - 1)
    page.screenshot(path=SCREENS / "clavier" / "evaluation-1280.png", full_page=True)
    expect(page.locator("#avancement, [data-answered]").first).to_have_text(re.compile(r"^45\sréponses sur 45$"))
    tab(page, "Parcours")
    press(page, "Dater et figer l’évaluation")
    state(page, "Évalué")


def bring_documents(page: Page) -> None:
    """Two files are joined; the two other pieces are seen and handed back."""
    tab(page, "Documents")
    follow(page, "Joindre des pièces")
    _file(page, "Pièce d’identité", FilePayload(name="identite.png", mimeType="image/png", buffer=png()))
    _file(page, "Justificatif de ressources", FilePayload(name="rsa.pdf", mimeType="application/pdf", buffer=pdf()))
    press(page, "Joindre")
    held = page.get_by_role("region", name="Dans le dossier").locator(".doc")
    expect(held).to_have_count(2)
    expect(held.filter(has_text="Vérifiée")).to_have_count(2)
    page.screenshot(path=SCREENS / "clavier" / "documents-1280.png", full_page=True)
    follow(page, "Noter des pièces vues")
    for piece in ("Avis d’imposition", "Attestation de demande de logement social"):
        page.get_by_label(piece, exact=True).check()
    press(page, "Noter ces pièces comme vues")
    expect(page.get_by_text("À recevoir")).to_have_count(0)


def _tile(page: Page, words: str) -> Locator:
    return page.locator("label.choice").filter(has_text=re.compile(f"^{words}$"))


def _answer(page: Page, words: str, answer: str) -> None:
    field = page.get_by_role("main").get_by_label(words, exact=True)
    if not answer:
        field.check()
    elif field.evaluate("(e) => e.tagName") == "SELECT":
        field.select_option(label=answer)
    else:
        field.fill(answer)


def _leave_empty(page: Page, question: str, reason: str) -> None:
    box = page.locator(f"[data-question={question}]")
    box.get_by_text(OPENED_DETAILS, exact=True).click()
    box.get_by_role("combobox").select_option(label=reason)


def _save(page: Page, *, is_last: bool) -> None:
    before = path_of(page)
    words = re.compile("^Enregistrer$" if is_last else "^Enregistrer et continuer")
    page.get_by_role("button", name=words).click()
    assert path_of(page) != before


def _file(page: Page, piece: str, file: FilePayload) -> None:
    row = page.get_by_role("group", name=re.compile(f"^{piece}"))
    row.get_by_label(FILE).set_input_files(file)
