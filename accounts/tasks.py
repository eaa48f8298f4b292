"""What runs alone: the mails of one's account, and of invitations. A link is made when its mail is written."""

from __future__ import annotations

from uuid import UUID

from accounts import operations
from accounts.signin import mails
from core import outbox


@outbox.handler("invitation.sent")
def invitation_sent(payloads: list[outbox.Payload]) -> None:
    """Safe to run twice: the same sending makes the same mail, with the same identifier."""
    for payload in payloads:
        operations.send_invitation(UUID(payload["invitation"]), int(payload["sending"]))


@outbox.handler("account.reset_mail")
def reset_asked(payloads: list[outbox.Payload]) -> None:
    """Nobody is told when no account has the address: the message was written all the same."""
    for payload in payloads:
        mails.send_reset(payload["person"], payload["ask"])


@outbox.handler("account.return_mail")
def return_asked(payloads: list[outbox.Payload]) -> None:
    """The link that reopens a dormant account."""
    for payload in payloads:
        mails.send_return(payload["person"], payload["ask"])


@outbox.handler("account.change_mail")
def account_changed(payloads: list[outbox.Payload]) -> None:
    """In case it was not the person."""
    for payload in payloads:
        mails.send_change(payload["person"], payload["ask"])
