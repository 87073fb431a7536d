"""Put the knowledge base behind the wall between organisations."""

from django.db import migrations

from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge_base", "0001_initial"),
        ("node_links", "0002_row_level_security"),
    ]

    operations = [
        tenant_policy("knowledge_base_sops"),
        tenant_policy("sop_versions"),
        tenant_policy("sop_references"),
    ]
