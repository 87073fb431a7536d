"""Indexes that searching reads alone, and HNSW indexes that writing does not wait for."""

from django.db import migrations, models

DIMENSIONS = (256, 1536)
TABLES = ("node_chunks", "node_metadata")


def _hnsw(table, dimensions):
    """Let the index hold only the rows that `vector_index.py` has put there."""
    name = f"{table}_hnsw_{dimensions}"
    drop = f"DROP INDEX {name}"
    create = (
        f"CREATE INDEX {name} ON {table}"
        f" USING hnsw ((vector_embedding::vector({dimensions})) vector_cosine_ops)"
        f" WHERE dimensions = {dimensions}"
    )
    return migrations.RunSQL([drop, f"{create} AND in_vector_index"], [drop, create])


class Migration(migrations.Migration):
    dependencies = [("node_links", "0003_vector_indexes")]

    operations = [
        # Vectors stay in the row and texts move out: comparing vectors one by one reads nothing else.
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ALTER COLUMN vector_embedding SET STORAGE MAIN",
                f"ALTER TABLE {table} ALTER COLUMN vector_embedding SET STORAGE EXTERNAL",
            )
            for table in TABLES
        ),
        # Everything that ranking by words asks of a node, without its row.
        migrations.RemoveIndex(model_name="nodemetadata", name="node_metadata_searchable"),
        migrations.AddIndex(
            model_name="nodemetadata",
            index=models.Index(
                fields=["organization", "feature_type", "id"],
                include=["text_length", "entity_id"],
                condition=models.Q(deleted_at=None, searchable=True),
                name="node_metadata_searchable",
            ),
        ),
        # The primary key answers "where does this lexeme occur, how often" by itself.
        migrations.RunSQL(
            "ALTER TABLE node_postings DROP CONSTRAINT node_postings_pkey,"
            " ADD PRIMARY KEY (organization_id, lexeme, node_id) INCLUDE (frequency)",
            "ALTER TABLE node_postings DROP CONSTRAINT node_postings_pkey,"
            " ADD PRIMARY KEY (organization_id, lexeme, node_id)",
        ),
        migrations.AddField(
            model_name="nodechunk",
            name="in_vector_index",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="nodemetadata",
            name="in_vector_index",
            field=models.BooleanField(default=False, editable=False),
        ),
        *(_hnsw(table, dimensions) for table in TABLES for dimensions in DIMENSIONS),
        migrations.RemoveIndex(model_name="nodechunk", name="node_chunks_model"),
        migrations.AddIndex(
            model_name="nodechunk",
            index=models.Index(
                fields=["embedding_model", "dimensions", "organization", "in_vector_index", "node"],
                name="node_chunks_model",
            ),
        ),
        migrations.AddIndex(
            model_name="nodemetadata",
            index=models.Index(
                fields=["embedding_model", "dimensions", "organization", "in_vector_index"],
                name="node_metadata_model",
            ),
        ),
    ]
