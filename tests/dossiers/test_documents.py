"""Pieces: joined, seen, verified, replaced, removed for good; who may; what PostgreSQL refuses behind our back."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.grants import grant, revoke
from accounts.models import Organisation, User
from audit.models import Entry
from cases.dossiers import operations
from cases.dossiers.models import (
    Document,
    DocumentContent,
    Dossier,
    Participant,
    PieceKind,
    Removal,
)
from cases.dossiers.operations import SeenPiece
from cases.dossiers.operations.documents import discard, usual_end
from core import outbox
from core.db import acting_as
from core.errors import NotAllowed, OperationRefused
from tests.dossiers.files import CANARY, joined, new, pdf, png, read, stored
from tests.factories import make_dossier
from tests.fixtures import Cast, as_role, at_once, execute, refusal
from tests.security.canaries import found_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path / "documents"


@pytest.fixture
def shared(cast: Cast, dossier: Dossier) -> Dossier:
    """Open to FOL 73 too, where a social worker and a nurse work."""
    grant(dossier, to=Organisation.objects.known_as("FOL 73").get().team, reason="test", by=None)
    return dossier


class TestJoining:
    def test_kept_sealed_under_opaque_names_and_read_again(self, dossier: Dossier, siao: User, folder: Path) -> None:
        data = pdf()
        with acting_as(siao):
            made = joined(dossier, siao, data=data, is_checked=True)
            opened = operations.open_document(Document.objects.get(pk=made.pk))
            assert b"".join(opened.blocks()) == data
            opened.verify()
        assert (opened.name, len(opened.digest)) == (f"avis {CANARY}.pdf", 64)
        assert (made.subject_id, made.media, made.size) == (dossier.household_id, "PDF", len(data))
        assert made.checked_by == siao
        (path,) = stored(folder)
        assert path.name == made.file
        assert made.file not in str(made.pk)
        assert [oct(each.stat().st_mode & 0o777) for each in (path, path.parent, folder)] == ["0o600", "0o700", "0o700"]
        assert found_in(path.read_bytes(), {CANARY}) == []
        entry = Entry.objects.get(event="document.added")
        assert (entry.target_id, entry.codes) == (made.pk, {"klass": "SOCIAL", "version": 1})

    def test_several_in_one_act_or_none(self, dossier: Dossier, siao: User, folder: Path) -> None:
        person = Participant.objects.get(dossier=dossier).person_id
        wanted = [new(), new("IDENTITE", png(), person=person), new("RIB", person=person)]
        made = operations.add_documents(dossier.pk, wanted, by=siao)
        assert [each.klass for each in made] == ["SOCIAL", "IDENTITY", "BANK"]
        assert made[1].subject_id == person
        with pytest.raises(OperationRefused, match="n’est pas de ce ménage"):
            operations.add_documents(dossier.pk, [new(), new(person=uuid4())], by=siao)
        assert Document.objects.count() == 3

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            ({"kind": "INCONNUE"}, "nature de la pièce"),
            ({"received_on": date(2999, 1, 1)}, "jour de la réception"),
            ({"person": uuid4()}, "n’est pas de ce ménage"),
            ({"replaces": uuid4()}, "n’est plus là"),
        ],
    )
    def test_refused_in_words(self, dossier: Dossier, siao: User, told: dict[str, Any], said: str) -> None:
        with pytest.raises(OperationRefused, match=said):
            joined(dossier, siao, **told)
        assert not Document.objects.exists()

    def test_not_in_a_closed_dossier(self, dossier: Dossier, siao: User) -> None:
        operations.close(dossier.pk, by=siao, on=TODAY(), outcome="DECES", note="x y z")
        with pytest.raises(OperationRefused, match="rouvrez-le"):
            joined(dossier, siao)

    def test_each_role(self, shared: Dossier, cast: Cast) -> None:
        """Who may join; a piece joined by who may not verify waits to be verified."""
        may = {}
        for account in ("siao", "siao2", "animation", "fol73", "sante", "dpo", "bailleur", "etranger", "admin"):
            try:
                with acting_as(cast[account]), transaction.atomic():
                    may[account] = joined(shared, cast[account], is_checked=True).checked_at is not None
            except (NotAllowed, Dossier.DoesNotExist):
                may[account] = None  # type: ignore[assignment]
        refused = dict.fromkeys(("animation", "dpo", "bailleur", "etranger", "admin"))
        assert may == {"siao": True, "siao2": True, "fol73": False, "sante": False, **refused}

    def test_how_long_a_kind_is_valid(self) -> None:
        caf, identity = PieceKind.objects.get(pk="ATTESTATION_CAF"), PieceKind.objects.get(pk="IDENTITE")
        assert usual_end(caf, date(2026, 11, 30)) == date(2027, 2, 28)
        assert usual_end(identity, date(2026, 11, 30)) is None


class TestVersions:
    def test_the_former_stays_until_it_is_removed(self, dossier: Dossier, siao: User) -> None:
        first = joined(dossier, siao)
        second = joined(dossier, siao, data=pdf(pages=2), replaces=first.pk)
        assert (second.version, second.replaces) == (2, first)
        assert list(Document.objects.standing()) == [second]
        assert read(first)
        with pytest.raises(OperationRefused, match="déjà été remplacée"):
            joined(dossier, siao, replaces=first.pk)
        operations.remove_document(second.pk, Removal.MISTAKE, by=siao)
        assert list(Document.objects.standing()) == [first]
        assert joined(dossier, siao, replaces=first.pk).version == 2

    def test_of_the_same_piece_alone(self, dossier: Dossier, siao: User) -> None:
        first = joined(dossier, siao)
        with pytest.raises(OperationRefused, match="n’est plus là"):
            joined(dossier, siao, "ATTESTATION_CAF", replaces=first.pk)

    def test_sql_says_so_too(self, dossier: Dossier, siao: User) -> None:
        first = joined(dossier, siao)
        joined(dossier, siao, replaces=first.pk)
        other = joined(dossier, siao)
        for change in (
            f"replaces_id = '{first.pk}', version = 2",
            "version = 2",
            "size = 20971521",
            "is_kept = false",
            "file = 'avis.pdf'",
            "removed_at = now()",
            f"subject_id = '{uuid4()}'",
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                execute(f"UPDATE dossiers_document SET {change} WHERE id = %s", other.pk)  # noqa: S608


class TestSeen:
    def test_counts_as_verified_and_keeps_nothing(self, dossier: Dossier, siao: User, folder: Path) -> None:
        with acting_as(siao):
            operations.see_pieces(
                dossier.pk, [SeenPiece("AVIS_IMPOSITION"), SeenPiece("RESSOURCES")], by=siao, on=TODAY()
            )
        first = Document.objects.first()
        assert first is not None
        assert (first.is_kept, first.checked_by, first.file, first.size) == (False, siao, "", None)
        assert stored(folder) == []
        with pytest.raises(OperationRefused, match="pas conservée"):
            operations.open_document(first)
        assert Entry.objects.get(event="document.seen").codes == {"count": 2}

    def test_by_the_siao_and_not_in_advance(self, shared: Dossier, cast: Cast) -> None:
        with pytest.raises(NotAllowed):
            operations.see_pieces(shared.pk, [SeenPiece("AVIS_IMPOSITION")], by=cast["fol73"], on=TODAY())
        with pytest.raises(OperationRefused, match="jour où la pièce"):
            operations.see_pieces(
                shared.pk, [SeenPiece("AVIS_IMPOSITION")], by=cast["siao"], on=TODAY() + timedelta(days=1)
            )
        with pytest.raises(OperationRefused, match="par qui peut la lire"):
            operations.see_pieces(shared.pk, [SeenPiece("MEDICAL")], by=cast["siao"], on=TODAY())


class TestVerifying:
    def test_once_by_who_reads_it(self, shared: Dossier, cast: Cast) -> None:
        with acting_as(cast["fol73"]):
            made = joined(shared, cast["fol73"])
        with acting_as(cast["fol73"]), pytest.raises(NotAllowed):
            operations.check_document(made.pk, by=cast["fol73"])
        with acting_as(cast["siao"]):
            assert operations.check_document(made.pk, by=cast["siao"]).checked_by == cast["siao"]
            with pytest.raises(OperationRefused, match="déjà vérifiée"):
                operations.check_document(made.pk, by=cast["siao"])

    def test_a_health_paper_by_the_nurse(self, shared: Dossier, cast: Cast) -> None:
        with acting_as(cast["fol73"]):
            made = joined(shared, cast["fol73"], "MEDICAL")
        with acting_as(cast["siao"]), pytest.raises(Document.DoesNotExist):
            operations.check_document(made.pk, by=cast["siao"])
        with acting_as(cast["sante"]):
            assert operations.check_document(made.pk, by=cast["sante"]).checked_by == cast["sante"]


READERS = {"siao", "siao2", "animation", "fol73"}


class TestWhoKnowsAndWhoReads:
    """PostgreSQL's own rules, with no view between."""

    @pytest.mark.parametrize(
        ("kind", "by", "know", "open_it"),
        [
            (
                "AVIS_IMPOSITION",
                "siao",
                {"siao", "siao2", "animation", "fol73"},
                {"siao", "siao2", "animation", "fol73"},
            ),
            (
                "IDENTITE",
                "siao",
                {"siao", "siao2", "animation", "fol73", "sante"},
                {"siao", "siao2", "animation", "fol73", "sante"},
            ),
            ("MEDICAL", "fol73", {"fol73", "sante"}, {"sante"}),
            ("MEDICAL", "sante", {"fol73", "sante"}, {"sante"}),
            ("MEDICAL", "siao", {"siao", "siao2", "animation", "sante"}, {"sante"}),
            ("RIB", "fol73", {"fol73", "sante"}, set()),
        ],
    )
    def test_by_class_and_team(
        self, shared: Dossier, cast: Cast, kind: str, by: str, know: set[str], open_it: set[str]
    ) -> None:
        with acting_as(cast[by]):
            made = joined(shared, cast[by], kind)
        knows, opens = set(), set()
        for account, user in cast.items():
            with acting_as(user):
                knows |= {account} if Document.objects.filter(pk=made.pk).exists() else set()
                opens |= {account} if DocumentContent.objects.filter(document=made).exists() else set()
        assert (knows, opens) == (know, open_it)
        with as_role("seuil_worker"):
            assert DocumentContent.objects.filter(document=made).exists()

    def test_nobody_joins_to_what_she_does_not_see(self, dossier: Dossier, cast: Cast) -> None:
        joined(dossier, None)
        with acting_as(cast["etranger"]):
            assert not Document.objects.exists()
            assert not execute("SELECT 1 FROM dossiers_documentcontent")
        with acting_as(cast["siao"]):
            for forbidden in (
                "UPDATE dossiers_documentcontent SET klass = 'SOCIAL'",
                "DELETE FROM dossiers_documentcontent",
                "UPDATE dossiers_document SET klass = 'SOCIAL'",
                "UPDATE dossiers_document SET received_on = now()",
                "DELETE FROM dossiers_document",
                "UPDATE dossiers_piecerequest SET due_on = now()",
            ):
                assert refusal(lambda: execute(forbidden)).sqlstate == "42501", forbidden  # noqa: B023


class TestRemoving:
    def test_really_gone(self, dossier: Dossier, siao: User, folder: Path) -> None:
        made = joined(dossier, siao)
        wrapped = bytes(DocumentContent.objects.get().wrapped_key)
        with acting_as(siao):
            removed = operations.remove_document(made.pk, Removal.MISTAKE, by=siao)
        assert not DocumentContent.objects.exists(), "the key goes with the act itself"
        assert stored(folder), "the file follows"
        outbox.run_all()
        assert stored(folder) == []
        assert (removed.removed_by, removed.removal) == (siao, "MISTAKE")
        with pytest.raises(OperationRefused):
            operations.open_document(removed)
        dump = b"".join(str(row).encode() for table in every_table() for row in execute(f"SELECT * FROM {table}"))  # noqa: S608
        assert found_in(dump, {CANARY}) == []
        for name in ("default", "keystore"):
            with connections[name].cursor() as cursor:
                cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
                for (table,) in cursor.fetchall():
                    cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
                    assert not [row for row in cursor.fetchall() if wrapped.hex() in row[0]], table
        assert Entry.objects.get(event="document.removed").codes == {"reason": "MISTAKE", "klass": "SOCIAL"}

    def test_nothing_of_a_removed_piece_changes(self, dossier: Dossier, siao: User) -> None:
        made = joined(dossier, siao)
        operations.remove_document(made.pk, Removal.USELESS, by=siao)
        with pytest.raises(OperationRefused, match="déjà retirée"):
            operations.remove_document(made.pk, Removal.USELESS, by=siao)
        with pytest.raises(OperationRefused, match="a été retirée"):
            operations.check_document(made.pk, by=siao)
        with pytest.raises(IntegrityError), transaction.atomic():
            Document.objects.filter(pk=made.pk).update(removed_at=None, removal=None)

    def test_by_whom(self, shared: Dossier, cast: Cast) -> None:
        with acting_as(cast["fol73"]):
            mine, other = joined(shared, cast["fol73"]), joined(shared, cast["fol73"], "MEDICAL")
        with acting_as(cast["siao"]):
            hers = joined(shared, cast["siao"])
        with acting_as(cast["fol73"]):
            with pytest.raises(NotAllowed):
                operations.remove_document(hers.pk, Removal.MISTAKE, by=cast["fol73"])
            operations.remove_document(mine.pk, Removal.MISTAKE, by=cast["fol73"])
            operations.remove_document(other.pk, Removal.MISTAKE, by=cast["fol73"])  # joined, though not read
            with pytest.raises(OperationRefused, match="dans la liste"):
                operations.remove_document(hers.pk, "PARCE_QUE", by=cast["siao"])
        assert not DocumentContent.objects.exclude(document=hers).exists()

    def test_a_bank_account_by_who_instructs_unread(self, dossier: Dossier, cast: Cast) -> None:
        """Joined by a colleague who may have left: who pays reads it, and does not instruct."""
        person = Participant.objects.get(dossier=dossier).person_id
        with acting_as(cast["siao2"]):
            (rib,) = operations.add_documents(dossier.pk, [new("RIB", person=person)], by=cast["siao2"])
        with acting_as(cast["siao"]):
            assert not DocumentContent.objects.exists()
            operations.remove_document(rib.pk, Removal.MISTAKE, by=cast["siao"])
        assert not DocumentContent.objects.exists()

    def test_not_by_who_neither_reads_nor_joined_it(self, shared: Dossier, cast: Cast) -> None:
        with acting_as(cast["fol73"]):
            made = joined(shared, cast["fol73"], "MEDICAL")
        with pytest.raises((NotAllowed, OperationRefused)):
            operations.remove_document(made.pk, Removal.MISTAKE, by=cast["siao"])
        assert DocumentContent.objects.exists()

    def test_who_joined_it_sees_the_dossier_still(self, shared: Dossier, cast: Cast) -> None:
        """Row security hides it from her; the act says it too."""
        made = joined(shared, cast["fol73"])
        revoke(shared, of=Organisation.objects.known_as("FOL 73").get().team)
        with pytest.raises(NotAllowed):
            operations.remove_document(made.pk, Removal.MISTAKE, by=cast["fol73"])
        assert DocumentContent.objects.exists()

    def test_the_work_may_be_done_twice_and_spares_what_stands(
        self, dossier: Dossier, siao: User, folder: Path
    ) -> None:
        kept, gone = joined(dossier, siao), joined(dossier, siao)
        operations.remove_document(gone.pk, Removal.MISTAKE, by=siao)
        for each in (gone, gone, kept):
            discard(each.pk)
        assert [path.name for path in stored(folder)] == [kept.file]


def every_table() -> list[str]:
    return [name for (name,) in execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_new_versions_of_one_piece(self, siao: User, folder: Path) -> None:
        dossier = make_dossier()
        first = joined(dossier, siao)

        def again() -> None:
            joined(dossier, siao, replaces=first.pk)

        outcomes = at_once(again, again)
        assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "OperationRefused"]
        assert Document.objects.filter(replaces=first).count() == 1
