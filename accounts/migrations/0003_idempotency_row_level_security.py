"""Put the answers kept for repeated requests behind the wall between organisations."""

from django.db import migrations

from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_row_level_security"),
        ("config", "0002_idempotency_keys"),
    ]

    operations = [tenant_policy("idempotency_keys")]
