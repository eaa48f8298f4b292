"""What comes in and goes out: the register, and the demonstration built from it."""

from exchange.operations.demo import load_demo
from exchange.operations.pending import (
    JOB,
    LARGEST,
    REFUSED_ROWS,
    TOO_LARGE,
    discard,
    expire,
    import_in_background,
    import_pending,
    imports_under_way,
    job_of,
    open_pending,
    receive,
    rows_of,
)
from exchange.operations.plan import SITUATION_COLUMNS, Outcome, RowPlan
from exchange.operations.register import MOST_ROWS, PAGE_ROWS, Report, import_register, preview_register

__all__ = [
    "JOB",
    "LARGEST",
    "MOST_ROWS",
    "PAGE_ROWS",
    "REFUSED_ROWS",
    "SITUATION_COLUMNS",
    "TOO_LARGE",
    "Outcome",
    "Report",
    "RowPlan",
    "discard",
    "expire",
    "import_in_background",
    "import_pending",
    "import_register",
    "imports_under_way",
    "job_of",
    "load_demo",
    "open_pending",
    "preview_register",
    "receive",
    "rows_of",
]
