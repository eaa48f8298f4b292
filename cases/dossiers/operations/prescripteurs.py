"""Who is written to at the body that oriented a household, and how."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from accounts.models import Membership, User
from accounts.operations import letter_text
from accounts.roles import Code
from cases.dossiers.models import Dossier
from core import mail


def prescripteurs_of(dossier: Dossier) -> list[User]:
    """Those who prescribe there and may open the dossier, by address: a reference and a link are told to nobody else.

    Of a protected one, they are the persons named on it; of one that was never open to their team, nobody.
    """
    there = Membership.objects.live().filter(organisation=dossier.prescripteur_id, role=Code.PRESCRIPTEUR)
    people = User.objects.filter(pk__in=there.values("user"), is_active=True).order_by("email")
    return [person for person in people if person.has_perm("view", dossier)]


def write_of(dossier: Dossier, letter: str, *, cause: UUID, to: Iterable[str]) -> int:
    """Send each of these addresses a mail of its own, which leads to the dossier; how many were told.

    `cause` is what it is about: sent again after a crash, it is the same mail. An address that the server refuses for
    good is not counted; a refusal for now is raised, to be tried again.
    """
    words = letter_text(letter, reference=dossier.reference)
    told = (
        mail.tell(
            address,
            subject=words.subject,
            sentence=words.sentence,
            action=words.action,
            path=dossier.get_absolute_url(),
            key=f"{letter}:{cause}",
        )
        for address in to
    )
    return sum(told)
