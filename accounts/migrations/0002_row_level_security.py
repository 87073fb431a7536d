"""Put the tables of accounts behind the wall between organisations."""

from django.db import migrations

from accounts import rls


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        rls.tenant_policy("memberships", read=rls.OF_TENANT_OR_OWN),
        rls.tenant_policy("access_keys", read=rls.OF_TENANT_OR_PRESENTED_KEY),
        rls.tenant_policy("organizations", read=rls.THE_TENANT_ITSELF, write=rls.THE_TENANT),
    ]
