"""What the index page says of people and organisations."""

from axes.models import AccessAttempt

from accounts.admin.lockouts import locked
from accounts.models import AccessKey, Organization, User
from config.admin.dashboard import Section, Tile, register_section
from config.admin.display import list_address


def _section() -> Section:
    shut = locked(AccessAttempt.objects.all()).count()
    return Section(
        "Organisations",
        [
            Tile(
                "Organisations",
                Organization.objects.count(),
                list_address("accounts_organization"),
                icon="domain",
            ),
            Tile(
                "Active people",
                User.objects.filter(is_active=True).count(),
                list_address("accounts_user", is_active__exact=1),
                icon="group",
            ),
            Tile(
                "Access keys in use",
                AccessKey.objects.usable().count(),
                list_address("accounts_accesskey", state="usable"),
                icon="key",
            ),
            Tile(
                "Locked sign-ins",
                shut,
                list_address("axes_accessattempt", locked="yes"),
                tone="bad" if shut else "",
                icon="lock_person",
            ),
        ],
    )


register_section("organisations", 30, _section)
