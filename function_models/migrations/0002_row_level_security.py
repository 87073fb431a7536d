"""Put function models behind the wall between organisations."""

from django.db import migrations

from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("function_models", "0001_initial"),
        ("node_links", "0002_row_level_security"),
    ]

    operations = [
        tenant_policy("function_models"),
        tenant_policy("function_model_versions"),
    ]
