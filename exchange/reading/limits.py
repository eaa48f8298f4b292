"""How much of a stranger's file is read. Every limit is told in a sentence when it is passed."""

MEGABYTE = 1_000_000

FILE_BYTES = 20 * MEGABYTE
"""A file as it arrives."""
UNPACKED_BYTES = 200 * MEGABYTE
"""All the parts of a workbook once unpacked, declared or found."""
UNPACKED_RATIO = 200
"""Unpacked bytes for one packed byte; a register stays under 50."""
RATIO_FROM_BYTES = 1 * MEGABYTE
"""Small parts may be well packed without being a bomb: the ratio is looked at from this size on."""
ARCHIVE_ENTRIES = 1_000
XML_ELEMENTS = 12_000_000
"""100 000 rows of 30 columns make about 9 million elements."""
COLUMNS = 200
ROWS = 100_000
AREA = 3_000_000
"""Rows by columns of one sheet: the reader of workbooks keeps the rectangle in memory."""
SHEET_TEXT = 50_000_000
"""Characters of all the cells of a workbook, a shared text counting each time that it is used."""
CELL_TEXT = 32_767
"""Excel's own limit."""
CSV_LINE = 65_536
CSV_RECORD = 262_144
"""Characters of one record, whose quoted cells may hold line breaks."""
HEADER_ROWS = 50
"""The headers are looked for among the first rows."""
WARNINGS = 500
"""Warnings kept for one pass: memory stays flat when every row has one."""
