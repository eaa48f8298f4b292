"""Tables of the keystore, and the base of every row that holds encrypted fields."""

from vault.keystore import Dek, IndexRoot, KeyClass, PeriodKey
from vault.rows import Vaulted, VaultQuerySet

__all__ = ["Dek", "IndexRoot", "KeyClass", "PeriodKey", "VaultQuerySet", "Vaulted"]
