"""Copies one table from Postgres to Postgres with dlt's sql_database source.

usage: dlt-copy.py BACKEND SOURCE DESTINATION TABLE FOLDER [CURSOR KEY]
"""

import os
import sys

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"

import dlt
from dlt.sources.sql_database import sql_table


def backend_options(backend: str, source: str) -> dict:
    """Chunks of the size that the documentation of sql_database uses for large tables."""
    if backend == "connectorx":
        # return_type "arrow_stream" reads by batches; without it the whole table is held in memory.
        conn = source.replace("postgresql://", "postgres://", 1)
        return {"backend_kwargs": {"conn": conn, "return_type": "arrow_stream", "batch_size": 50_000}}
    return {"chunk_size": 50_000, "backend_kwargs": {"tz": "UTC"}}


def main(backend: str, source: str, destination: str, table: str, folder: str, cursor: str = "", key: str = "") -> None:
    pipeline = dlt.pipeline(
        pipeline_name=f"bench_{table}",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(destination),
        dataset_name="public",
    )
    resource = sql_table(
        credentials=source,
        schema="public",
        table=table,
        backend=backend,
        reflection_level="full_with_precision",
        **({"incremental": dlt.sources.incremental(cursor)} if cursor else {}),
        **backend_options(backend, source),
    )
    if cursor:
        resource.apply_hints(primary_key=key, write_disposition={"disposition": "merge", "strategy": "upsert"})
    # parquet is loaded by ADBC: COPY in binary form
    pipeline.run(resource, write_disposition=None if cursor else "replace", loader_file_format="parquet")


main(*sys.argv[1:])
