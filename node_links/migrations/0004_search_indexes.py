"""Indexes that searching reads alone, without the rows behind them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("node_links", "0003_vector_indexes")]

    operations = [
        # The primary key answers "where does this lexeme occur, how often" by itself.
        migrations.RunSQL(
            "ALTER TABLE node_postings DROP CONSTRAINT node_postings_pkey,"
            " ADD PRIMARY KEY (organization_id, lexeme, node_id) INCLUDE (frequency)",
            "ALTER TABLE node_postings DROP CONSTRAINT node_postings_pkey,"
            " ADD PRIMARY KEY (organization_id, lexeme, node_id)",
        ),
        migrations.RemoveIndex(model_name="nodechunk", name="node_chunks_model"),
        migrations.AddIndex(
            model_name="nodechunk",
            index=models.Index(
                fields=["embedding_model", "dimensions", "organization", "node"],
                name="node_chunks_model",
            ),
        ),
        migrations.AddIndex(
            model_name="nodemetadata",
            index=models.Index(
                fields=["embedding_model", "dimensions", "organization"],
                name="node_metadata_model",
            ),
        ),
    ]
