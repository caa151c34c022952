"""Copies one table from Postgres to Postgres with DuckDB and its postgres extension.

usage: duckdb-copy.py SOURCE DESTINATION TABLE
"""

import sys

import duckdb
import duckdb_extension_postgres_scanner as postgres_extension
from pathlib import Path


def connect(source: str, destination: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    load_extension(connection)
    # The unordered read may give pages to any thread; a copy needs no order.
    connection.execute("SET preserve_insertion_order = false")
    # Without this the two sides would print timestamps in the zone of the machine.
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"ATTACH '{source}' AS source (TYPE postgres, READ_ONLY)")
    connection.execute(f"ATTACH '{destination}' AS destination (TYPE postgres)")
    return connection


def load_extension(connection: duckdb.DuckDBPyConnection) -> None:
    """From the PyPI package of the extension: the server that DuckDB asks is not always in reach."""
    folder = Path(postgres_extension.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    connection.execute(f"LOAD '{folder / 'postgres_scanner.duckdb_extension'}'")


def main(source: str, destination: str, table: str) -> None:
    connection = connect(source, destination)
    connection.execute(f'CREATE TABLE destination.public."{table}" AS SELECT * FROM source.public."{table}"')


main(*sys.argv[1:])
