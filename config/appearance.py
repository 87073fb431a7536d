"""How the admin looks: name, colours, the sidebar. Read by the settings, so it imports no model."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy

# Indigo, and a cool grey under it: the two scales that every colour of the pages comes from.
_PRIMARY = {
    "50": "oklch(96.2% .018 272.3)",
    "100": "oklch(93% .034 272.8)",
    "200": "oklch(87% .065 274)",
    "300": "oklch(78.5% .115 274.7)",
    "400": "oklch(67.3% .182 276.9)",
    "500": "oklch(58.5% .233 277.1)",
    "600": "oklch(51.1% .262 277)",
    "700": "oklch(45.7% .24 277)",
    "800": "oklch(39.8% .195 277.4)",
    "900": "oklch(35.9% .144 278.7)",
    "950": "oklch(25.7% .09 281.3)",
}


# Pages of the SOPs' list that stand in the sidebar by themselves.
_OWN_PAGES = ("search", "import")


def _item(title: str, icon: str, model: str, *, page: str = "changelist") -> dict[str, Any]:
    app, _, name = model.partition(".")
    link = reverse_lazy(f"admin:{app}_{name}_{page}")

    def may_see(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}")

    def is_open(request: HttpRequest) -> bool:
        below = request.path.removeprefix(str(link))
        return below != request.path and below.rstrip("/") not in _OWN_PAGES

    return {
        "title": title, "icon": icon, "link": link, "permission": may_see, "active": is_open,
    }  # fmt: skip


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": False, "items": list(items)}


def _navigation() -> list[dict[str, Any]]:
    home = {"title": "Overview", "icon": "space_dashboard", "link": reverse_lazy("admin:index")}
    return [
        {"items": [home]},
        _group(
            "Knowledge",
            _item("SOPs", "menu_book", "knowledge_base.sop"),
            _item("Search", "manage_search", "knowledge_base.sop", page="search"),
            _item("Import", "drive_folder_upload", "knowledge_base.sop", page="import"),
        ),
        _group(
            "Processes",
            _item("Function models", "account_tree", "function_models.functionmodel"),
        ),
        _group(
            "Automation",
            _item("Spindles", "cycle", "spindles.spindle"),
            _item("Runs", "play_circle", "spindles.execution"),
            _item("Credentials", "vpn_key", "spindles.credential"),
        ),
        _group(
            "Graph",
            _item("Nodes", "hub", "node_links.nodemetadata"),
            _item("Links", "arrow_split", "node_links.nodelink"),
            _item("Link types", "palette", "node_links.nodelinktype"),
            _item("Events", "history", "node_links.nodeevent"),
            _item("Deliveries", "outbox", "node_links.eventdelivery"),
            _item("Replays", "replay", "node_links.eventreplay"),
            _item("Dead letters", "report", "node_links.deadletter"),
            _item("Audit trail", "policy", "node_links.auditlog"),
        ),
        _group(
            "Organisations",
            _item("Organisations", "domain", "accounts.organization"),
            _item("People", "group", "accounts.user"),
            _item("Memberships", "badge", "accounts.membership"),
            _item("Access keys", "key", "accounts.accesskey"),
            _item("Operators' groups", "shield_person", "auth.group"),
        ),
        _group(
            "Platform",
            _item("Index backlog", "hourglass_top", "node_links.dirtynode"),
            _item("Slow queries", "speed", "config.slowquery"),
            _item("Sign-in lockouts", "lock_person", "axes.accessattempt"),
            _item("Scheduled work", "schedule", "django_celery_beat.periodictask"),
        ),
    ]


def environment_badge(_request: HttpRequest) -> tuple[str, str]:
    """Return the badge in the head of each page: the kind of installation, in its colour."""
    from django.conf import settings

    return ("Production", "danger") if settings.PRODUCTION else ("Development", "info")


def _stylesheet(_request: HttpRequest) -> str:
    return static("nodeloom/admin.css")


def appearance() -> dict[str, Any]:
    """Return the settings of the admin's theme."""
    return {
        "SITE_TITLE": "Nodeloom",
        "SITE_HEADER": "Nodeloom",
        "SITE_SUBHEADER": "What an organisation knows and does",
        "SITE_SYMBOL": "graph_3",
        "SITE_URL": reverse_lazy("docs"),
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "BORDER_RADIUS": "8px",
        "COLORS": {"primary": _PRIMARY},
        "ENVIRONMENT": "config.appearance.environment_badge",
        "DASHBOARD_CALLBACK": "config.admin.dashboard.show_dashboard",
        "STYLES": [_stylesheet],
        "SIDEBAR": {
            "show_search": False,
            "show_all_applications": False,
            "navigation": _navigation(),
        },
    }
