"""What is on the disk: changed, lost, left behind by a crash."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from cases.dossiers import operations
from cases.dossiers.models import (
    Document,
    DocumentContent,
    Dossier,
)
from cases.dossiers.operations.documents import sweep
from config.environment import BASE_DIR
from tests.dossiers.files import joined, read, stored
from tests.fixtures import execute
from vault import files, keys
from vault.errors import KeyMissing, Tampered
from vault.models import Dek

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return tmp_path / "documents"


class TestTampering:
    @pytest.fixture
    def pair(self, dossier: Dossier, siao: User) -> tuple[Document, Document]:
        return joined(dossier, siao), joined(dossier, siao)

    def test_two_files_or_two_keys_exchanged(self, pair: tuple[Document, Document], folder: Path) -> None:
        one, other = pair
        paths = {path.name: path for path in stored(folder)}
        first = paths[one.file].read_bytes()
        paths[one.file].write_bytes(paths[other.file].read_bytes())
        with pytest.raises(Tampered):
            read(one)
        paths[one.file].write_bytes(first)
        assert read(one)
        keys_of = dict(DocumentContent.objects.values_list("document", "wrapped_key"))
        execute("UPDATE dossiers_documentcontent SET wrapped_key = %s WHERE id = %s", keys_of[other.pk], one.pk)
        with pytest.raises(Tampered):
            operations.open_document(one)

    @pytest.mark.parametrize("column", ["wrapped_key", "details"])
    def test_one_byte_of_what_opens_it(self, pair: tuple[Document, Document], column: str) -> None:
        for place in (0, 2, 5, 20, 40):
            execute(
                f"UPDATE dossiers_documentcontent SET {column} = "  # noqa: S608
                f"set_byte({column}, %s, 255 - get_byte({column}, %s)) WHERE id = %s",
                place,
                place,
                pair[0].pk,
            )
            with pytest.raises(Tampered):
                operations.open_document(pair[0])
            execute(
                f"UPDATE dossiers_documentcontent SET {column} = "  # noqa: S608
                f"set_byte({column}, %s, 255 - get_byte({column}, %s)) WHERE id = %s",
                place,
                place,
                pair[0].pk,
            )
        assert read(pair[0])

    def test_a_file_that_is_no_more(self, pair: tuple[Document, Document]) -> None:
        files.documents().drop(pair[0].file)
        with pytest.raises(Tampered):
            operations.open_document(pair[0]).verify()

    def test_the_subjects_key_destroyed(self, pair: tuple[Document, Document]) -> None:
        Dek.objects.using("keystore").filter(subject_id=pair[0].subject_id).delete()
        keys.forget_all()
        with pytest.raises(KeyMissing):
            operations.open_document(Document.objects.defer("kind").get(pk=pair[0].pk))

    def test_a_name_that_leads_elsewhere(self) -> None:
        for name in ("../../etc/passwd", "", "a" * 31, "A" * 32, "/" + "a" * 31):
            with pytest.raises(ValueError, match="not the name"):
                next(files.documents().blocks(name))


class TestWhatACrashLeaves:
    def test_a_failed_transaction_leaves_a_file_that_the_sweep_drops(
        self, dossier: Dossier, siao: User, folder: Path
    ) -> None:
        kept = joined(dossier, siao)
        with transaction.atomic():
            joined(dossier, siao)
            transaction.set_rollback(True)
        assert len(stored(folder)) == 2
        assert sweep() == 0, "it may still be on its way to its row"
        _grow_old(folder)
        assert sweep() == 1
        assert [path.name for path in stored(folder)] == [kept.file]
        assert read(kept)

    def test_a_draft_too(self, folder: Path) -> None:
        def breaks() -> Iterator[bytes]:
            yield b"x"
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            files.documents().keep(breaks())
        assert stored(folder) == []
        (folder / "ab").mkdir(parents=True)
        (folder / "ab" / ("ab" + "0" * 30 + ".part")).write_bytes(b"x")
        (folder / "ab" / "readme").write_bytes(b"not ours")
        _grow_old(folder)
        assert sweep() == 1
        assert [path.name for path in stored(folder)] == ["readme"]

    def test_killed_between_the_file_and_its_row(self, folder: Path) -> None:
        """A real process, killed once the file is written: no row names it, the sweep drops it."""
        done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=BASE_DIR, check=False)
        assert done.returncode == -9
        assert len(stored(folder)) == 1
        assert not Document.objects.exists()
        _grow_old(folder)
        assert sweep() == 1


KILLED = """
import os, signal, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from pathlib import Path
from vault.files import Folder
from vault.streams import passing_key
Folder(Path(sys.argv[1])).keep(passing_key("tests").seal([b"page" * 100_000]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def _grow_old(folder: Path) -> None:
    for path in stored(folder):
        os.utime(path, (1, 1))
