"""The path of a household, walked through pages: each act by the person whose act it is, found by its words."""

from __future__ import annotations

import re
import time
from datetime import date
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.signing import Signing, is_asked, prove
from tests.browser.watching import Watch
from tests.dossiers.files import png

PRESENT = ("SIAO de la Savoie", "Habitat des Bauges", "DDETSPP de la Savoie")
LANDLORD, TEAM = "Habitat des Bauges", "FOL 73"
NOTICE = 30.0  # seconds that the worker has to write the mail


class Walk:
    """One household. `shots` is where numbered screenshots go; nowhere when None."""

    def __init__(self, signing: Signing, last_name: str, first_name: str, *, scripts: bool = True) -> None:
        self.name = f"{last_name}, {first_name}"  # as lists write it
        self._last_name, self._first_name = last_name, first_name
        self._signing, self._scripts = signing, scripts
        self._pages: dict[str, tuple[Page, Watch]] = {}
        mark = sum(map(ord, last_name + first_name))  # nobody resembles another of the series
        self.born = f"{mark % 28 + 1:02}/{mark % 12 + 1:02}/{1955 + mark % 45}"
        self.shots: Path | None = None
        self._taken = 0
        self.dossier = self.seance = ""  # addresses
        self.reference = ""

    def page_of(self, account: str) -> Page:
        """The page that this person has before her eyes."""
        if account not in self._pages:
            page = self._signing.as_(account, scripts=self._scripts).new_page()
            self._pages[account] = page, Watch(page)
        return self._pages[account][0]

    def shot(self, page: Page, name: str) -> None:
        """A numbered screenshot of the whole page."""
        self._taken += 1
        if self.shots:
            page.evaluate("scrollTo(0, 0)")  # what sticks to the window stands at its place
            page.screenshot(path=self.shots / f"{self._taken:02}-{name}.png", full_page=True)

    def wrong(self) -> list[str]:
        """What the pages complained of on the way."""
        return [each for _, watch in self._pages.values() for each in watch.heard()]

    def prescribe(self) -> None:
        """The CCAS orients the household, and reads the reference."""
        page = self.page_of("prescripteur")
        page.goto("/")
        nav(page, "Nouvelle prescription")
        fill(page, **{"Nom": self._last_name, "Prénom (facultatif)": self._first_name})
        fill(page, **{"Date de naissance (facultatif)": self.born, "Orientation le": today()})
        page.get_by_label("Oui, de vive voix", exact=True).check()
        page.get_by_label("Oui, elle est d’accord", exact=True).check()
        self.shot(page, "prescription")
        press(page, "Transmettre au SIAO")
        said = page.get_by_role("status").filter(has_text="transmise au SIAO")
        found = re.search(r"LDA-\d{4}-\w+", said.inner_text())
        assert found, "the reference is said"
        self.reference, self.dossier = found.group(), path_of(page)
        state(page, "Prescrit")
        self.shot(page, "dossier-vu-du-prescripteur")

    def take(self) -> None:
        """The SIAO finds it among the prescribed, and takes it."""
        page = self.page_of("siao")
        page.goto("/")
        page.locator(".moments").get_by_role("link", name="Prescrit").click()
        row = page.get_by_role("row").filter(has_text=self.reference)
        self.shot(page, "dossiers-prescrits")
        row.get_by_role("link").first.click()
        page.wait_for_url(lambda url: url.endswith(self.dossier))
        press(page, "Prendre ce dossier")

    def evaluate(self) -> None:
        """Evaluated, the answers written, the evaluation dated; the household is ready."""
        page = self.page_of("siao")
        page.goto(self.dossier)
        press(page, "Commencer l’évaluation")
        self._confirm(page, "Commencer l’évaluation")
        state(page, "En évaluation")
        tab(page, "Évaluation")
        self.shot(page, "evaluation")
        follow(page, "Continuer : Ménage et personnes")
        choose(page, **{"Composition du ménage": "Femme isolée"})
        fill(page, **{"Enfants qui vivent avec le ménage": "0"})
        self._onward(page)
        choose(page, **{"Droit au séjour": "Nationalité française"})
        fill(page, **{"Numéro unique": "073112600001XTEST", "Demande déposée ou renouvelée le": today()})
        self._onward(page)
        page.get_by_label("Où vit le ménage", exact=True).select_option(index=3)
        self._onward(page)
        page.get_by_label("Nature, ligne 1").first.select_option("ACTIVITE")
        page.get_by_label("Par mois, ligne 1").first.fill("1 180,50")
        self.shot(page, "ressources")
        self._onward(page)
        page.get_by_label("Aucune dette").check()
        self._onward(page)
        self._onward(page)
        page.get_by_label("Chambéry", exact=True).check()
        page.get_by_label("T2", exact=True).check()
        self._onward(page)
        page.get_by_label("Démarches et droits").check()
        self._onward(page)
        choose(page, **{"Le ménage adhère au projet": "Oui"})
        fill(page, **{"Évaluation du": today()})
        page.get_by_role("button", name="Enregistrer", exact=True).click()
        page.wait_for_url(re.compile("/evaluation/$"))
        page.goto(self.dossier)
        self.go_on(page, "Dater et figer l’évaluation", "Évalué")
        self.bring_pieces(page)
        page.goto(self.dossier)
        self.go_on(page, "Déclarer prêt à présenter", "Prêt")
        self.shot(page, "pret-a-presenter")

    def go_on(self, page: Page, label: str, becomes: str) -> None:
        """An act that leads forward."""
        press(page, label)
        self._confirm(page, label)
        state(page, becomes)

    def bring_pieces(self, page: Page) -> None:
        """One piece is joined, the others are seen and handed back."""
        tab(page, "Documents")
        follow(page, "Joindre des pièces")
        page.locator("input[type=file]").first.set_input_files(
            FilePayload(name="identite.png", mimeType="image/png", buffer=png())
        )
        self.shot(page, "joindre")
        press(page, "Joindre")
        follow(page, "Noter des pièces vues")
        for piece in ("Justificatif de ressources", "Avis d’imposition", "Attestation de demande de logement social"):
            page.get_by_label(piece, exact=True).check()
        press(page, "Noter ces pièces comme vues")
        self.shot(page, "documents")

    @staticmethod
    def _onward(page: Page) -> None:
        """Save the step, and go to the next one."""
        before = path_of(page)
        page.get_by_role("button", name=re.compile("^Enregistrer et continuer")).click()
        page.wait_for_url(lambda url: before not in url)

    def be_ready(self) -> None:
        """From the prescription to a dossier that waits for its séance."""
        self.prescribe()
        self.take()
        self.evaluate()

    def plan_seance(self, place: str) -> None:
        """A séance today, at a place of its own."""
        page = self.page_of("animation")
        page.goto("/")
        nav(page, "Séances")
        follow(page, "Planifier une séance")
        fill(page, Date=today(), Lieu=place)
        press(page, "Planifier")
        self.seance = path_of(page)

    def enrol(self) -> None:
        """On the agenda, from the page of the séance."""
        page = self.page_of("animation")
        page.goto(self.seance)
        press(page, f"Inscrire {self.name} à l’ordre du jour")
        expect(page.get_by_role("status")).to_contain_text(self.reference)
        self.shot(page, "ordre-du-jour")

    def settle(self) -> None:
        """The members called, the agenda settled."""
        page = self.page_of("animation")
        follow(page, "Convoquer les membres")
        press(page, "Convoquer les membres")
        press(page, "Arrêter l’ordre du jour")

    def open_seance(self) -> None:
        """Settled, then opened with who is there."""
        self.settle()
        page = self.page_of("animation")
        follow(page, "Ouvrir la séance")
        for body in PRESENT:
            page.get_by_label(body, exact=True).check()
        self.shot(page, "ouverture")
        press(page, "Ouvrir la séance")
        state(page, "Ouverte")

    def be_decided(self) -> None:
        """From the agenda of the séance to its closing."""
        self.enrol()
        self.open_seance()
        self.present()
        self.decide()
        self.close_seance()

    def present(self) -> None:
        """Shown to the members."""
        press(self.page_of("animation"), f"Présenter {self.name}")

    def decide(self) -> None:
        """Validated, a landlord coming forward."""
        page = self.page_of("animation")
        self.shot(page, "seance")
        follow(page, f"Décider pour {self.name}")
        page.get_by_label("Validée", exact=True).check()
        page.get_by_label("Bailleur qui se positionne").select_option(label=LANDLORD)
        self.shot(page, "decision")
        press(page, "Enregistrer la décision")

    def close_seance(self) -> None:
        """Decisions frozen, notices leaving."""
        page = self.page_of("animation")
        press(page, "Clore la séance")
        press(page, "Clore la séance")  # it is asked once more
        state(page, "Close|Clôturée")
        self.shot(page, "seance-close")

    def search(self) -> None:
        """A dwelling is looked for."""
        page = self.page_of("siao")
        page.goto(self.dossier)
        state(page, "Validé")
        press(page, "Ouvrir la recherche de logement")
        self._confirm(page, "Ouvrir la recherche de logement")

    def sign(self) -> None:
        """A lease of one's own."""
        page = self.page_of("siao")
        tab(page, "Logement")
        follow(page, "Inscrire un bail signé")
        choose(page, **{"Type de bail": "Bail en nom propre", "Parc": "Public", "Bailleur": LANDLORD})
        fill(page, **{"Signé le": today()})
        self.shot(page, "bail")
        press(page, "Inscrire le bail")

    def enter(self) -> None:
        """The keys."""
        page = self.page_of("siao")
        follow(page, "Inscrire l’entrée dans le logement")
        fill(page, **{"Entrée le": today()})
        press(page, "Inscrire l’entrée")
        page.goto(self.dossier)
        state(page, "Logé")

    def accompany(self) -> None:
        """A team for the household."""
        page = self.page_of("siao")
        page.goto(self.dossier)
        tab(page, "Accompagnement")
        follow(page, "Ouvrir un accompagnement")
        page.wait_for_load_state()
        if is_asked(page):  # a household’s whole path takes more than five minutes where the machine is slow
            prove(page)
        choose(page, **{"Type d’accompagnement": "Équipe pluridisciplinaire FOL 73", "Équipe (facultatif)": TEAM})
        fill(page, **{"Commencé le": today()})
        self.shot(page, "accompagnement")
        press(page, "Ouvrir l’accompagnement")

    def hand_over(self) -> None:
        """The relay: the household is followed."""
        page = self.page_of("siao")
        page.goto(self.dossier)
        press(page, "Passer le relais")
        self._confirm(page, "Passer le relais")
        state(page, "En suivi")
        self.shot(page, "en-suivi")

    def read_notice(self) -> str:
        """The prescripteur's mail, once the worker has written it: its text."""
        page = self.page_of("prescripteur")
        page.goto("/")
        page.get_by_role("link", name="Lire les courriels").click()
        deadline = time.monotonic() + NOTICE
        link = page.get_by_role("link").filter(has_text=self.reference)
        while not link.count():
            assert time.monotonic() < deadline, f"no notice about {self.reference} in {NOTICE} s"
            time.sleep(0.5)
            page.reload()
        self.shot(page, "courriels")
        link.first.click()
        page.wait_for_load_state()
        self.shot(page, "avis-au-prescripteur")
        return page.get_by_role("main").inner_text()

    def _confirm(self, page: Page, label: str) -> None:
        """The act's own page, when it has one."""
        if "/actes/" in page.url:
            press(page, label)


def nav(page: Page, label: str) -> None:
    """An entry of the main navigation."""
    page.get_by_role("navigation", name="Principale").get_by_role("link", name=label).click()
    page.wait_for_load_state()


def tab(page: Page, label: str) -> None:
    """A part of the dossier."""
    page.get_by_role("navigation", name="Parties du dossier").get_by_role("link", name=label).click()
    page.wait_for_load_state()


def follow(page: Page, label: str) -> None:
    """A link of the page, by its words."""
    page.get_by_role("main").get_by_role("link", name=label).click()
    page.wait_for_load_state()


def press(page: Page, label: str) -> None:
    """An act: a button, or the link that looks like one."""
    main = page.get_by_role("main")
    found: Locator = main.get_by_role("button", name=label).or_(main.get_by_role("link", name=label))
    found.click()
    page.wait_for_load_state()


def fill(page: Page, **answers: str) -> None:
    """Fields, by their labels."""
    for label, answer in answers.items():
        page.get_by_role("main").get_by_label(label, exact=True).fill(answer)


def choose(page: Page, **answers: str) -> None:
    """Lists, by their labels."""
    for label, answer in answers.items():
        page.get_by_role("main").get_by_label(label, exact=True).select_option(label=answer)


def state(page: Page, words: str) -> None:
    """The page says this state beside its title."""
    expect(page.locator(".state-lg").first).to_have_text(re.compile(words))


def today() -> str:
    """Today as one writes it in a field."""
    return f"{date.today():%d/%m/%Y}"  # noqa: DTZ011  the machine's own day, as the page's


def path_of(page: Page) -> str:
    """Where the page is."""
    return re.sub(r"^https?://[^/]+", "", page.url)
