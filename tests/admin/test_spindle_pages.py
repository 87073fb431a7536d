"""Spindles in the admin: the form, the life cycle, running one with a form of its inputs."""

from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.tenancy import scope, system_scope
from spindles.models import Execution, Spindle
from spindles.services.publishing import publish_spindle
from tests.admin.conftest import World
from tests.factories import UserFactory, make_spindle
from tests.spindles.definitions.writing import step
from tests.spindles.stored import make_run

LIST = "admin:spindles_spindle_changelist"
INPUTS: list[dict[str, Any]] = [
    {"name": "host", "type": "string", "description": "Where it happened."},
    {"name": "level", "type": "integer", "default": 2},
    {"name": "kind", "type": "enum", "values": ["mail", 7], "required": False},
    {"name": "urgent", "type": "boolean", "required": False},
    {"name": "share", "type": "float", "required": False},
    {"name": "more", "type": "json", "required": False},
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def spindle(world: World) -> Spindle:
    return make_spindle(
        world.cast.owner, name="Answer an incident", steps=[step("fetch"), step("score", "fetch")],
        inputs=INPUTS,
    )  # fmt: skip


def address(spindle: Spindle, act: str = "change") -> str:
    return reverse(f"admin:spindles_spindle_{act}", args=[spindle.pk])


def dialogue(page: Client, spindle: Spindle, act: str, **fields: str) -> Any:
    return page.post(address(spindle, act), {"_form_submitted": "True", **fields})


def shown(page: Client, where: str) -> str:
    answer = page.get(where)
    assert answer.status_code == 200
    return answer.content.decode()


def fresh(spindle: Spindle) -> Spindle:
    with system_scope():
        return Spindle.all_objects.get(pk=spindle.pk)


def published(world: World, spindle: Spindle) -> Spindle:
    with scope(world.cast.owner.actor):
        return publish_spindle(actor=world.cast.owner.actor, pk=spindle.pk)


def form(spindle: Spindle, **changed: Any) -> dict[str, Any]:
    """Return what the page of a spindle sends."""
    steps = [{"id": "fetch", "kind": "noop"}, step("score", "fetch")]
    return {
        "name": spindle.name, "description": "", "spindle_type": "", "complexity_level": "",
        "max_concurrency": "", "timeout": "", "tags": "", "metadata": "{}",
        "inputs": orjson.dumps(spindle.inputs).decode(), "outputs": "null",
        "permissions": orjson.dumps(spindle.permissions).decode(),
        "steps": orjson.dumps(steps).decode(), "seen_revision": str(spindle.revision), **changed,
    }  # fmt: skip


def test_a_spindle_is_shown_with_its_picture_problems_versions_and_runs(
    page: Client, world: World, spindle: Spindle
) -> None:
    published(world, spindle)
    make_run(world.cast.owner, source_id=spindle.pk)

    text = shown(page, address(spindle))

    assert 'class="spp-step"' in text
    assert "nothing keeps it from running" in text
    assert f"{reverse('spindles-picture', args=[spindle.pk])}?version=1.0.0" in text
    assert "3/3" in text
    assert "live <b>1.0.0</b> active" in text
    assert "Answer an incident" in shown(page, reverse(LIST))


def test_problems_are_told(page: Client, world: World) -> None:
    broken = make_spindle(world.cast.owner, steps=[step("a", condition="steps.gone.output")])

    assert "/steps/0" in shown(page, address(broken))


def test_a_change_goes_through_the_service(page: Client, spindle: Spindle) -> None:
    steps = orjson.dumps([step("fetch"), step("tell", "fetch")]).decode()

    answer = page.post(address(spindle), form(spindle, name="Better", steps=steps))

    assert answer.status_code == 302, answer.content.decode()
    changed = fresh(spindle)
    assert changed.name == "Better"
    assert [node["id"] for node in changed.nodes_data] == ["fetch", "tell"]


def test_what_the_service_refuses_is_shown_beside_the_field(page: Client, spindle: Spindle) -> None:
    wrong = orjson.dumps([step("fetch", "fetch")]).decode()

    text = page.post(address(spindle), form(spindle, steps=wrong)).content.decode()

    assert "errorlist" in text or "text-red" in text
    assert fresh(spindle).revision == spindle.revision
    for field, value in (("steps", "{}"), ("metadata", "[]")):
        answer = page.post(address(spindle), form(spindle, **{field: value}))
        assert "is needed." in answer.content.decode()


def test_a_spindle_is_made(page: Client, world: World) -> None:
    data = form(Spindle(name="New", inputs=[], permissions={}))
    data["tenant"] = str(world.cast.organization.pk)

    answer = page.post(reverse("admin:spindles_spindle_add"), data)

    assert answer.status_code == 302, answer.content.decode()
    with system_scope():
        made = Spindle.objects.get(name="New")
    assert made.organization_id == world.cast.organization.pk
    assert [node["id"] for node in made.nodes_data] == ["fetch", "score"]


def test_the_life_cycle_goes_through_its_dialogues(page: Client, spindle: Spindle) -> None:
    states = []
    for act, fields in (
        ("publish", {"notes": "First"}), ("deactivate", {}), ("activate", {}),
        ("open_draft", {"bump": "minor"}), ("delete_softly", {"reason": "Twice"}), ("restore", {}),
        ("deprecate", {"reason": "Old"}), ("archive", {"reason": "Over"}),
    ):  # fmt: skip
        assert dialogue(page, spindle, act, **fields).headers.get("HX-Redirect"), act
        now = fresh(spindle)
        states.append((now.status, now.live_status, now.deleted_at is not None))

    assert states == [
        ("active", "active", False), ("inactive", "inactive", False), ("active", "active", False),
        ("draft", "active", False), ("draft", "active", True), ("draft", "active", False),
        ("draft", "deprecated", False), ("archived", "deprecated", False),
    ]  # fmt: skip


def test_a_published_spindle_closes_what_says_what_it_does(
    page: Client, world: World, spindle: Spindle
) -> None:
    published(world, spindle)

    text = shown(page, address(spindle))

    assert 'name="steps"' not in text
    assert 'name="inputs"' not in text
    assert 'name="tags"' in text


def test_it_is_run_with_a_field_for_each_input(
    page: Client, world: World, spindle: Spindle
) -> None:
    published(world, spindle)
    asked = shown(page, address(spindle, "run_now"))
    for one in INPUTS:
        assert f'name="input-{one["name"]}"' in asked
    assert "Where it happened." in asked

    answer = dialogue(
        page, spindle, "run_now", environment="staging",
        **{"input-host": "mail-1", "input-kind": "1", "input-urgent": "false",
           "input-share": "0.5", "input-more": '{"a": [1]}'},
    )  # fmt: skip

    with system_scope():
        run = Execution.objects.get()
    assert run.inputs == {
        "host": "mail-1", "level": 2, "kind": 7, "urgent": False, "share": 0.5, "more": {"a": [1]},
    }  # fmt: skip
    assert (run.environment, run.source_id, run.is_draft) == ("staging", spindle.pk, False)
    assert answer["HX-Redirect"] == reverse("admin:spindles_execution_change", args=[run.pk])


def test_inputs_that_do_not_fit_are_told_in_the_form(
    page: Client, world: World, spindle: Spindle
) -> None:
    published(world, spindle)

    answer = dialogue(page, spindle, "run_now", environment="production",
                      **{"input-level": "much"})  # fmt: skip

    text = answer.content.decode()
    assert "HX-Redirect" not in answer.headers
    assert "This field is required" in text
    assert "Enter a whole number" in text
    with system_scope():
        assert not Execution.objects.exists()


def test_the_draft_is_tried_in_development(page: Client, world: World) -> None:
    draft = make_spindle(world.cast.owner, steps=[step("a")])

    dialogue(page, draft, "run_draft", environment="development", inputs='{"x": 1}')

    with system_scope():
        run = Execution.objects.get()
    assert (run.is_draft, run.environment, run.inputs) == (True, "development", {"x": 1})


def test_free_inputs_are_an_object(page: Client, world: World) -> None:
    draft = make_spindle(world.cast.owner, steps=[step("a")])

    answer = dialogue(page, draft, "run_draft", environment="development", inputs="[1]")

    assert "A JSON object is needed." in answer.content.decode()


def test_what_cannot_run_is_refused_in_words(page: Client, world: World) -> None:
    broken = make_spindle(world.cast.owner, steps=[])

    dialogue(page, broken, "run_draft", environment="development", inputs="{}")

    assert "The spindle cannot run as it is." in shown(page, address(broken)) or (
        "There is nothing to run." in shown(page, address(broken))
    )
    with system_scope():
        assert not Execution.objects.exists()


def test_only_what_its_state_allows_is_offered(
    page: Client, world: World, spindle: Spindle
) -> None:
    acts = ("run_now", "run_draft", "publish", "open_draft", "activate", "deactivate", "deprecate",
            "archive", "delete_softly", "restore")  # fmt: skip

    def offered() -> set[str]:
        return {act for act in acts if page.get(address(spindle, act)).status_code == 200}

    assert offered() == {"run_draft", "publish", "archive", "delete_softly"}
    published(world, spindle)
    assert offered() == {"run_now", "open_draft", "deactivate", "deprecate", "archive",
                         "delete_softly"}  # fmt: skip


def test_many_are_put_to_rest(page: Client, world: World, spindle: Spindle) -> None:
    published(world, spindle)
    never = make_spindle(world.cast.owner, name="Never", steps=[step("a")])

    for action, done, status in (
        ("deactivate_selected", "Deactivated", "inactive"),
        ("activate_selected", "Activated", "active"),
    ):
        data = {"action": action, "_selected_action": [str(spindle.pk), str(never.pk)]}
        text = page.post(reverse(LIST), data, follow=True).content.decode()
        assert f"{done}: 1." in text
        assert "Never: No version is live." in text
        assert fresh(spindle).live_status == status


def test_who_may_only_look_does_nothing(spindle: Spindle) -> None:
    looker = UserFactory.create(email="looker@example.com", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_spindle"))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")

    assert 'class="spp-step"' in shown(client, address(spindle))
    for act in ("run_draft", "publish", "archive", "delete_softly"):
        assert dialogue(client, spindle, act).status_code == 403
    assert fresh(spindle).status == "draft"
