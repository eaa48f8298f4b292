"""What people do with the canaries, in a process of its own: `manage.py shell -c "…story.tell('/folder')"`."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from accounts import demo
from accounts.models import User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Channel, Dossier
from cases.dossiers.operations import Answer, NewDocument, NewDossier, NewEntry, inspect
from cases.dossiers.operations.searching import search
from core.db import acting_as
from exchange import operations as exchange
from exchange.models import CodedColumn, Compared, Sent
from exchange.reading.columns import Correspondence
from exchange.reading.register import open_register
from reporting import operations as reporting
from tests.dossiers.files import pdf, upload
from tests.security.canaries import NOTE

EXTRACTION = """N° SI-SIAO;Nom;Prénom;Né(e) le;Statut
SI-1;Quenouillère;Émilie;17/02/1970;chez madame Tournebroche
"""


def _compare(declined: Dossier, siao: User) -> None:
    """An extraction waits, a word of it has a meaning, a request is recognised, and a difference stays."""
    sent = [("extraction.csv", EXTRACTION.encode())]
    waiting = exchange.receive(sent, by=siao, kind=Sent.SI_SIAO)
    exchange.tell_values({(CodedColumn.STATUS, "chez madame Tournebroche"): "CLOS"}, by=siao)
    exchange.recognise(waiting, declined.pk, rank=0, is_same=True, by=siao)
    name = next(each for each in exchange.reconcile(waiting, by=siao).differences if each.field == Compared.LAST_NAME)
    exchange.keep(waiting, declined.pk, name.field, rank=0, mark=name.mark, by=siao)


def tell(folder: str) -> None:
    """Import the register of `folder`, take an act with a note, search a name, leave files waiting, count."""
    files = sorted(Path(folder).glob("*.csv"))
    demo.install_cast(password=None)
    siao = User.objects.get(email=f"siao@{demo.DOMAIN}")
    reading = open_register([(path.name, path) for path in files], today=timezone.localdate())
    report = exchange.import_register(reading, by=siao)
    if report.rejected:
        raise AssertionError(f"{len(report.rejected)} cells rejected")
    declined = Dossier.objects.get(reference="LDA-2022-013")
    with acting_as(siao):
        headers = Correspondence(frozenset({"madame quenouillere"}), {"madame quenouillere": "last_name"})
        exchange.remember(headers, "Tableau de madame Quenouillère", by=siao)
        dossiers.reconsider(declined.pk, by=siao, on=timezone.localdate(), note=NOTE)
        met = NewEntry(
            Channel.MARAUDE,
            place="sous le pont Sainte-Ursule",
            needs=NOTE,
            answer=Answer(no_agreement="AUTRE", note=NOTE),
        )
        unnamed = NewDossier(None, known_as="celui de monsieur Tournebroche", entry=met)
        dossiers.open_dossier(unnamed, by=siao, on=timezone.localdate())
        piece = NewDocument("RESSOURCES", inspect(upload(pdf(text=NOTE), f"{NOTE}.pdf")), timezone.localdate())
        dossiers.add_documents(declined.pk, [piece], by=siao)
        dossiers.remind(declined.pk, text=NOTE, due_on=timezone.localdate(), by=siao)
        search("Ó Súilleabháin Öztürkoğlu", by=siao, session="")
        words = dossiers.Told("Elle dit que madame Quenouillère la soutient.")
        dossiers.write_answers(declined.pk, {"mots_menage": words, "network": dossiers.Told("Tournebroche")}, by=siao)
        exchange.receive([(path.name, path.read_bytes()) for path in files], by=siao)
        _compare(declined, siao)
    reporting.catch_up()
