"""Put the graph behind the wall between organisations."""

from django.db import migrations

from accounts.rls import OF_TENANT_OR_SHARED, tenant_policy


class Migration(migrations.Migration):
    dependencies = [("node_links", "0001_initial"), ("accounts", "0002_row_level_security")]

    operations = [
        tenant_policy("node_metadata"),
        tenant_policy("node_links"),
        tenant_policy("node_link_types", read=OF_TENANT_OR_SHARED),
        tenant_policy("node_events"),
        tenant_policy("node_event_sequences"),
        tenant_policy("node_chunks"),
        tenant_policy("node_postings"),
        tenant_policy("node_index_backlog"),
    ]
