"""What comes in and goes out: the register, and the demonstration built from it."""

from exchange.operations.demo import load_demo
from exchange.operations.pending import LARGEST, TOO_LARGE, discard, expire, open_pending, receive
from exchange.operations.plan import SITUATION_COLUMNS, Outcome, RowPlan
from exchange.operations.register import PAGE_ROWS, Report, import_register, preview_register

__all__ = [
    "LARGEST",
    "PAGE_ROWS",
    "SITUATION_COLUMNS",
    "TOO_LARGE",
    "Outcome",
    "Report",
    "RowPlan",
    "discard",
    "expire",
    "import_register",
    "load_demo",
    "open_pending",
    "preview_register",
    "receive",
]
