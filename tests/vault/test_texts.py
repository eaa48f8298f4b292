"""Short texts that the application seals for itself."""

from __future__ import annotations

import pytest

from vault import keys, texts
from vault.errors import Tampered
from vault.keystore import Dek

pytestmark = pytest.mark.django_db


def test_a_text_comes_back_and_is_never_sealed_twice_alike() -> None:
    one, other = texts.seal("secret é", "factor"), texts.seal("secret é", "factor")
    assert one != other
    assert "secret" not in one
    assert texts.unseal(one, "factor") == texts.unseal(other, "factor") == "secret é"


def test_its_key_is_one_row_of_the_keystore() -> None:
    Dek.objects.using("keystore").filter(subject_id=texts.OWN).delete()
    keys.forget_all()
    for _ in range(3):
        texts.seal("x", "factor")
    assert Dek.objects.using("keystore").filter(subject_id=texts.OWN).count() == 1


@pytest.mark.parametrize("change", [lambda t: t[:-4] + "AAA=", lambda t: "AAAA" + t[4:], lambda t: "", lambda t: "é"])
def test_what_was_changed_does_not_open(change: object) -> None:
    sealed = texts.seal("secret", "factor")
    with pytest.raises(Tampered):
        texts.unseal(change(sealed), "factor")  # type: ignore[operator]


def test_what_was_sealed_for_something_else_does_not_open() -> None:
    with pytest.raises(Tampered):
        texts.unseal(texts.seal("secret", "factor"), "other")
    assert texts.unseal_briefly(texts.seal_briefly("secret", "session"), "other") is None


@pytest.mark.parametrize("sealed", ["", "x", "1.", "1.AAAA", "9.AAAA", "-1.x", "1.é", "é.AAAA"])
def test_a_brief_text_that_does_not_open_is_none(sealed: str) -> None:
    assert texts.unseal_briefly(sealed, "session") is None


def test_a_brief_text_asks_no_database(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0, using="keystore"):  # type: ignore[operator]
        assert texts.unseal_briefly(texts.seal_briefly("x", "session"), "session") == "x"
