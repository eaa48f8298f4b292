"""Where mails go outside production: a folder of the instance, one file per message."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Sequence
from email.message import Message
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

SUFFIX = ".eml"


class EmailBackend(BaseEmailBackend):
    """Writes each message whole into EMAIL_FILE_PATH, under a name made of its Message-ID.

    The same message is the same file: sent twice, it is there once. Only the instance's own account may read.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages; return how many are in the folder."""
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for each in email_messages:
            message = each.message()
            _write(folder / file_name(message), message.as_bytes())
        return len(email_messages)


def file_name(message: Message) -> str:
    """Forty hexadecimal figures: the message, without a word of it."""
    return hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:40] + SUFFIX


def _write(path: Path, content: bytes) -> None:
    """All of it under its name, or nothing; what is there already stays as it was first sent."""
    draft = path.with_name(f".{path.stem}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
