"""Notices by mail: a reference, one sentence, one link, a telephone number; nothing of a person (charter, « Mail »).

A notice tells that something waits in Seuil, never what. Each recipient gets a message of her own, whose Message-ID
depends on the notice alone: sent again after a crash, it is the same message, for the folder and for mail servers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac

from core.typography import typeset, typeset_html

PERMANENT = 500  # from here on, a mail server refuses for good (RFC 5321)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_PHONE = re.compile(r"\+?[0-9][0-9 .\u00a0\u202f]{2,24}")
_PATH = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?#-][A-Za-z0-9._~!$&'()*+,;=:@%?#/-]*)?")


def send_notice(*, to: Iterable[str], subject: str, sentence: str, action: str, path: str, phone: str, key: str) -> int:
    """Send the same notice to each address, one message each; return how many messages were handed over.

    `subject` carries the reference, `sentence` says that something waits, `action` is the verb of the one link, `path`
    where it leads inside Seuil, `phone` a number that a human answers. `key` names the notice (its task and the
    identifier of its cause): the same key and address make the same Message-ID.
    Raises `ValueError` on a text of several lines, an address that is not one, a path outside Seuil; what the mail
    server refuses is raised as it is, to be tried again.
    """
    addresses = list(dict.fromkeys(_address(each) for each in to))
    for name, text in (("subject", subject), ("sentence", sentence), ("action", action), ("key", key)):
        _one_line(name, text)
    if not _PHONE.fullmatch(phone):
        raise ValueError("phone must be a telephone number")
    if not _PATH.fullmatch(path):
        raise ValueError("path must lead inside Seuil, from its first slash")
    context = {
        "subject": typeset(subject),
        "sentence": typeset(sentence),
        "action": typeset(action),
        "link": f"{settings.PUBLIC_URL}{path}",
        "phone": phone,
        "dialled": re.sub(r"[^+0-9]", "", phone),
    }
    text = typeset(render_to_string("core/mail/notice.txt", context))
    html = typeset_html(render_to_string("core/mail/notice.html", context))
    messages = [_message(address, context["subject"], text, html, key) for address in addresses]
    return get_connection().send_messages(messages) or 0


def tell(address: str, *, subject: str, sentence: str, action: str, path: str, key: str) -> bool:
    """Send a notice to one address, with the telephone number of the instance; whether the mail server took it.

    An address that it refuses for good holds up nobody else's: False. What it refuses for now is raised, as all that
    `send_notice` raises.
    """
    try:
        send_notice(
            to=[address],
            subject=subject,
            sentence=sentence,
            action=action,
            path=path,
            phone=settings.CONTACT_PHONE,
            key=key,
        )
    except SMTPRecipientsRefused as refused:
        if all(code >= PERMANENT for code, _ in refused.recipients.values()):
            return False
        raise
    return True


def message_id(key: str, address: str) -> str:
    """The Message-ID of the notice `key` for one address: always the same, and tells neither of them."""
    digest = salted_hmac("core.mail", f"{key}\0{address}", algorithm="sha256").hexdigest()[:40]
    return f"<{digest}@{urlsplit(settings.PUBLIC_URL).hostname}>"


def _message(address: str, subject: str, text: str, html: str, key: str) -> EmailMultiAlternatives:
    headers = {"Message-ID": message_id(key, address), "Auto-Submitted": "auto-generated"}  # no out-of-office answer
    message = EmailMultiAlternatives(subject, text, to=[address], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def _address(given: str) -> str:
    """One bare address; its own text stays out of the error, which a log may keep."""
    try:
        validate_email(given)
    except Exception:
        raise ValueError("to must hold bare mail addresses, one each") from None
    return given


def _one_line(name: str, text: str) -> None:
    if not text.strip() or _CONTROL.search(text):
        raise ValueError(f"{name} must be one line of text")
