"""One HNSW index per dimension in use: the columns themselves have no fixed length."""

from django.db import migrations

DIMENSIONS = (256, 1536)
TABLES = ("node_chunks", "node_metadata")


def _index(table, dimensions):
    name = f"{table}_hnsw_{dimensions}"
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table}"
        f" USING hnsw ((vector_embedding::vector({dimensions})) vector_cosine_ops)"
        f" WHERE dimensions = {dimensions}",
        f"DROP INDEX {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("node_links", "0002_row_level_security")]

    operations = [_index(table, dimensions) for table in TABLES for dimensions in DIMENSIONS]
