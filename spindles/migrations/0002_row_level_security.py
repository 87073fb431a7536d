"""Put plans behind the wall between organisations."""

from django.db import migrations

from accounts.rls import tenant_policy


class Migration(migrations.Migration):
    dependencies = [("spindles", "0001_initial"), ("accounts", "0002_row_level_security")]

    operations = [tenant_policy("plans")]
