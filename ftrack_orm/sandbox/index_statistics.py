"""Edge: tells SQLite what its indexes are worth, so that it uses the one that finds the fewest rows.

Without statistics it takes all indexes for equally good. The one of the types of a family is the worst of all, since a
production is mostly tasks, and the best when somebody asks for the few milestones among them.
"""

from __future__ import annotations

import sqlalchemy as sa

#: What is assumed of a family's table while nobody knows better: its rows, and those of one type.
_DEFAULT_STATISTICS = "1000000 200000"

#: How many entries of an index are looked at, so that measuring takes milliseconds on a database of any size.
_ANALYSIS_LIMIT_ROWS = 1000


def type_index_name(table: str) -> str:
    """Return the name of the index of the types in a family's table."""
    return f"ix_{table}_entity_type"


def analyze(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Measure the indexes of the tables. Worth calling after a seed; new tables are measured when they are made."""
    connection.exec_driver_sql(f"PRAGMA analysis_limit = {_ANALYSIS_LIMIT_ROWS}")
    connection.exec_driver_sql("ANALYZE")
    measured = set(connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1").scalars())
    assumed = [
        (table.name, type_index_name(table.name), _DEFAULT_STATISTICS)
        for table in metadata.tables.values()
        if table.name not in measured and any(index.name == type_index_name(table.name) for index in table.indexes)
    ]
    if assumed:
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", assumed)
        connection.exec_driver_sql("ANALYZE sqlite_schema")  # reads what was written
