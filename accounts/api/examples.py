"""Examples of accounts for the description of the API."""

from drf_spectacular.utils import OpenApiExample

ORGANIZATION = {
    "id": "01a1fd92-3a8a-75fa-b851-dee5b2eee587",
    "name": "Acme Instruments",
    "slug": "acme",
    "created_at": "2026-11-21T09:00:00Z",
    "updated_at": "2026-11-21T09:00:00Z",
}
PERSON = {
    "id": "01a1fd92-3e50-74d9-adf5-82ee89b99d64",
    "email": "vera@example.com",
    "name": "Vera Lindqvist",
}
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.…"  # noqa: S105 - the head of every such token

TOKENS = {
    "post": [
        OpenApiExample(
            "sign in",
            {"email": "vera@example.com", "password": "correct horse battery staple"},
            request_only=True,
        ),
        OpenApiExample("tokens", {"access": TOKEN, "refresh": TOKEN}, response_only=True),
    ]
}
REFRESH = {
    "post": [
        OpenApiExample("refresh", {"refresh": TOKEN}, request_only=True),
        OpenApiExample("next tokens", {"access": TOKEN, "refresh": TOKEN}, response_only=True),
    ]
}
ME = {
    "get": [
        OpenApiExample(
            "an editor",
            {
                "user": PERSON,
                "is_staff": False,
                "organization": ORGANIZATION,
                "role": "editor",
                "scopes": None,
                "organizations": [ORGANIZATION],
            },
            response_only=True,
        )
    ]
}
ORGANIZATIONS = {
    "create": [
        OpenApiExample(
            "a new tenant", {"name": "Acme Instruments", "slug": "acme"}, request_only=True
        ),
        OpenApiExample("the tenant", ORGANIZATION, response_only=True, status_codes=["201"]),
    ]
}
MEMBERSHIPS = {
    "create": [
        OpenApiExample(
            "a new colleague",
            {"email": "vera@example.com", "role": "editor", "name": "Vera Lindqvist"},
            request_only=True,
        )
    ]
}
ACCESS_KEYS = {
    "create": [
        OpenApiExample(
            "a key that reads",
            {"name": "nightly report", "scopes": ["sops:read"], "expires_in_days": 90},
            request_only=True,
        )
    ]
}
