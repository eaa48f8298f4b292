"""Pages of the import."""

from exchange.views.columns import columns, forget, mappings
from exchange.views.comparing import compare, si_siao, si_siao_values
from exchange.views.importing import confirm, give_up, preview, upload
from exchange.views.reconciling import accept, keep, open_row, recognise
from exchange.views.undoing import undo

__all__ = [
    "accept",
    "columns",
    "compare",
    "confirm",
    "forget",
    "give_up",
    "keep",
    "mappings",
    "open_row",
    "preview",
    "recognise",
    "si_siao",
    "si_siao_values",
    "undo",
    "upload",
]
