"""Edge: gives SQLite statistics of its indexes, so that it chooses the most selective one.

Without statistics SQLite rates all indexes alike. The index of a family's types is the least selective of all, since a
production consists mostly of tasks, and the most selective one for a query of the few milestones among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

#: The statistics of a family's table that holds no rows yet: the number of rows, and of rows of one type.
_DEFAULT_STATISTICS = "1000000 200000"

#: The number of index entries that are sampled, so that the analysis takes milliseconds on a database of any size.
_ANALYSIS_LIMIT_ROWS = 1000


def type_index_name(table: str) -> str:
    """Return the name of the index of entity types in a family's table."""
    return f"ix_{table}_entity_type"


def analyze(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Analyze the indexes of the tables. Call it after a seed; new tables are analyzed when they are created."""
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ANALYSIS_LIMIT_ROWS}")
    connection.exec_driver_sql("ANALYZE")
    analyzed = set(connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1").scalars())
    defaults = [
        (table.name, type_index_name(table.name), _DEFAULT_STATISTICS)
        for table in metadata.tables.values()
        if table.name not in analyzed and any(index.name == type_index_name(table.name) for index in table.indexes)
    ]
    if defaults:
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", defaults)
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # loads the inserted statistics
