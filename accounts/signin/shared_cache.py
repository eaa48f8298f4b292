"""Keys of the shared cache, hashed: the counters are told apart by e-mail address and by machine, which a dump must
not tell. Named by CACHES."""

from __future__ import annotations

from django.utils.crypto import salted_hmac


def hashed(key: str, prefix: str, version: int) -> str:
    """64 hexadecimal figures, the same for the same key while the secret key is the same."""
    return salted_hmac("accounts.signin.shared_cache", f"{prefix}:{version}:{key}", algorithm="sha256").hexdigest()
