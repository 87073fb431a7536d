"""`python -m tests.faults.seed`: people of two organisations and some SOPs, told as JSON."""

import json

import django

SOPS = 3


def main() -> None:
    """Write them, and print who they are and by which token they sign in."""
    django.setup()
    from accounts.choices import Role
    from accounts.tokens import issue_tokens
    from tests.factories import Person, make_person, make_sop

    writer = make_person(Role.ADMIN)
    home = writer.organization
    stranger = make_person(Role.EDITOR)
    people: dict[str, Person] = {
        "writer": writer,
        "owner": make_person(Role.EDITOR, home),
        "colleague": make_person(Role.EDITOR, home),
        "stranger": stranger,
        "foreign writer": make_person(Role.ADMIN, stranger.organization),
    }
    sops = [make_sop(writer, title=f"Written to {number}") for number in range(SOPS)]
    told = {
        "people": {
            name: {
                "token": issue_tokens(person.user)["access"],
                "organization": person.organization.slug,
            }
            for name, person in people.items()
        },
        "sops": [str(sop.pk) for sop in sops],
    }
    print(json.dumps(told))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
