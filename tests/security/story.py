"""What people do with the canaries, in a process of its own: `manage.py shell -c "…story.tell('/folder')"`."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone

from accounts import demo
from accounts.models import User
from cases.dossiers import operations as dossiers
from cases.dossiers.models import Dossier
from core.db import acting_as
from exchange import operations as exchange
from exchange.reading.register import open_register
from reporting import operations as reporting
from tests.security.canaries import NOTE


def tell(folder: str) -> None:
    """Import the register of `folder`, take an act with a note, leave files waiting, count."""
    files = sorted(Path(folder).glob("*.csv"))
    demo.install_cast(password=None)
    siao = User.objects.get(email=f"siao@{demo.DOMAIN}")
    reading = open_register([(path.name, path) for path in files], today=timezone.localdate())
    report = exchange.import_register(reading, by=siao)
    if report.rejected:
        raise AssertionError(f"{len(report.rejected)} cells rejected")
    declined = Dossier.objects.get(reference="LDA-2022-013")
    with acting_as(siao):
        dossiers.reconsider(declined.pk, by=siao, on=timezone.localdate(), note=NOTE)
        exchange.receive([(path.name, path.read_bytes()) for path in files], by=siao)
    reporting.catch_up()
