"""Operators read, write and move function models; every write is a service's."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tenancy import scope, system_scope
from function_models.admin import actions
from function_models.models import FunctionModel
from function_models.services.archiving import archive_model
from function_models.services.drawing import put_canvas
from function_models.services.models import update_model
from function_models.services.publishing import open_model_version, publish_model
from node_links.choices import Bump
from node_links.models import NodeEvent, NodeLink
from tests.admin.conftest import World
from tests.factories import UserFactory, make_model
from tests.function_models.drawings import container, drawing, knowledge, tether

LIST = "/admin/function_models/functionmodel/"


def _document(world: World, *more: Any, arrows: tuple[str, ...] = ()) -> Any:
    """Return a drawing that can be published, which refers to an SOP."""
    return drawing(
        container("in", "ioNode", boundary_type="input"),
        container("work"),
        knowledge("read", "work", kb_reference_id=str(world.restart.pk)),
        container("out", "ioNode", boundary_type="output"),
        *more,
        arrows=("in>work", "work>out", *arrows),
    )


@pytest.fixture
def model(world: World) -> FunctionModel:
    """Return a draft 1.0.0 that can be published."""
    return make_model(world.cast.owner, _document(world), tags=["mail"])


def _publish(world: World, model: FunctionModel) -> None:
    with scope(world.cast.owner.actor):
        publish_model(actor=world.cast.owner.actor, pk=model.pk)


def _fresh(model: FunctionModel) -> FunctionModel:
    with system_scope():
        return FunctionModel.all_objects.get(pk=model.pk)


def _events(model: FunctionModel) -> list[str]:
    with system_scope():
        rows = NodeEvent.objects.filter(entity_id=model.pk).order_by("sequence")
        return list(rows.values_list("event_type", flat=True))


def _address(model: FunctionModel, name: str = "change") -> str:
    return reverse(f"admin:function_models_functionmodel_{name}", args=[model.pk])


def _form(model: FunctionModel, **changed: Any) -> dict[str, Any]:
    values = {
        "name": model.name, "description": model.description or "",
        "process_type": model.process_type or "",
        "complexity_level": model.complexity_level or "", "estimated_duration": "",
        "tags": ",".join(model.tags), "metadata": "{}", "ai_agent_config": "{}",
        "permissions": "{}", "seen_revision": model.revision, "_continue": "1",
    }  # fmt: skip
    return values | changed


def _dialogue(page: Client, model: FunctionModel, act: str, **fields: str) -> Any:
    return page.post(_address(model, act), {"_form_submitted": "True", **fields})


def _shown(page: Client, address: str) -> str:
    answer = page.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _run(page: Client, action: str, *models: FunctionModel, **more: str) -> str:
    data = {"action": action, "_selected_action": [str(model.pk) for model in models], **more}
    return page.post(LIST + "?deleted=any", data, follow=True).content.decode()


def test_the_form_has_its_picture_beside_it(page: Client, model: FunctionModel) -> None:
    shown = _shown(page, _address(model))

    assert 'class="nlp fmp"' in shown
    assert shown.count('class="fmp-container') == 3
    assert "3 containers" in shown
    assert "1 action<" in shown
    assert "Nothing was published yet." in shown


def test_saving_a_change_goes_through_the_service(
    page: Client, model: FunctionModel, operator: User
) -> None:
    data = _form(model, description="What we do", tags="a, b", estimated_duration="90")

    assert page.post(_address(model), data).status_code == 302

    saved = _fresh(model)
    assert (saved.description, saved.tags, saved.estimated_duration) == (
        "What we do",
        ["a", "b"],
        90,
    )
    assert saved.revision == model.revision + 1
    with system_scope():
        event = NodeEvent.objects.filter(
            entity_id=model.pk, event_type="FunctionModelUpdated"
        ).get()
    assert (event.user_id, event.organization_id) == (operator.pk, model.organization_id)
    assert sorted(event.data["changes"]) == ["description", "estimated_duration", "tags"]


def test_saving_without_a_change_leaves_no_trace(page: Client, model: FunctionModel) -> None:
    before = _events(model)

    assert page.post(_address(model), _form(model)).status_code == 302

    assert (_fresh(model).revision, _events(model)) == (model.revision, before)


def test_a_stale_form_is_refused_and_keeps_what_was_typed(
    page: Client, world: World, model: FunctionModel
) -> None:
    actor = world.cast.owner.actor
    with scope(actor):
        update_model(actor=actor, pk=model.pk, values={"process_type": "theirs"})
    typed = _form(model, description="What I typed for an hour")

    answer = page.post(_address(model), typed)

    assert answer.status_code == 200
    assert "What I typed for an hour" in answer.content.decode()
    assert "Save over it" in answer.content.decode()
    assert _fresh(model).description is None
    assert page.post(_address(model), typed | {"overwrite": "on"}).status_code == 302
    assert _fresh(model).description == "What I typed for an hour"


@pytest.mark.parametrize(
    ("field", "value"),
    [("metadata", "[1]"), ("ai_agent_config", '"x"'), ("permissions", "[]"), ("name", ""),
     ("estimated_duration", "-1"), ("complexity_level", "impossible")],
)  # fmt: skip
def test_wrong_values_are_refused(
    page: Client, model: FunctionModel, field: str, value: str
) -> None:
    answer = page.post(_address(model), _form(model, **{field: value}))

    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert _fresh(model).revision == model.revision


def test_a_name_that_is_taken_is_refused(page: Client, world: World, model: FunctionModel) -> None:
    make_model(world.cast.owner, name="Taken")

    answer = page.post(_address(model), _form(model, name="taken"))

    assert "There is a model named taken already." in answer.content.decode()
    assert _fresh(model).name == model.name


def test_a_new_model_belongs_to_its_organisation(page: Client, world: World) -> None:
    data = _form(FunctionModel(name="Water the plants"), tenant=str(world.cast.organization.pk))

    assert page.post(reverse("admin:function_models_functionmodel_add"), data).status_code == 302

    with system_scope():
        made = FunctionModel.objects.get(name="Water the plants")
    assert made.organization_id == world.cast.organization.pk
    assert _events(made) == ["FunctionModelCreated"]


def test_a_published_model_shows_what_only_a_draft_may_change(
    page: Client, world: World, model: FunctionModel
) -> None:
    _publish(world, model)
    data = _form(_fresh(model), name="Another name", tags="changed")

    assert page.post(_address(model), data).status_code == 302

    assert 'name="description"' not in _shown(page, _address(model))
    assert (_fresh(model).name, _fresh(model).tags) == (model.name, ["changed"])


def test_dialogues_publish_open_archive_delete_and_restore(
    page: Client, model: FunctionModel
) -> None:
    published = _dialogue(page, model, "publish", notes="First")
    assert published["HX-Redirect"] == _address(model)
    assert (_fresh(model).status, _fresh(model).published_version) == ("published", "1.0.0")
    _dialogue(page, model, "open_draft", bump="major")
    assert (_fresh(model).status, _fresh(model).version) == ("draft", "2.0.0")
    _dialogue(page, model, "delete_softly", reason="Twice")
    assert _fresh(model).deletion_reason == "Twice"
    assert page.post(_address(model), _form(model, name="X")).status_code == 403
    _dialogue(page, model, "restore")
    assert _fresh(model).deleted_at is None
    _dialogue(page, model, "archive", reason="Over")
    assert (_fresh(model).status, _fresh(model).archive_reason) == ("archived", "Over")

    assert [name for name in _events(model) if name.startswith("FunctionModel")] == [
        "FunctionModelCreated",
        "FunctionModelPublished",
        "FunctionModelVersionCreated",
        "FunctionModelDraftOpened",
        "FunctionModelDeleted",
        "FunctionModelRestored",
        "FunctionModelArchived",
    ]


def test_publishing_shows_what_stands_in_its_way_and_does_nothing(
    page: Client, world: World, model: FunctionModel
) -> None:
    with scope(world.cast.owner.actor):
        put_canvas(
            actor=world.cast.owner.actor,
            pk=model.pk,
            document=_document(world, tether("lost", "work")),
        )

    shown = _shown(page, _address(model, "publish"))

    assert "1 finding in the way of publication." in shown
    assert "<b>lost</b>: There is no such spindle" in shown
    assert "dangling_reference" in shown
    _dialogue(page, model, "publish", notes="")
    assert _fresh(model).status == "draft"
    assert "There is no such spindle" in _shown(page, _address(model))


def test_publishing_shows_warnings_that_do_not_stand_in_its_way(
    page: Client, model: FunctionModel
) -> None:
    shown = _shown(page, _address(model, "publish"))

    assert "It will be version 1.0.0." in shown
    assert "none stands in the way." in shown
    assert _fresh(model).status == "draft"


def test_archiving_shows_its_risk_and_the_links_that_it_touches(
    page: Client, world: World, model: FunctionModel
) -> None:
    _publish(world, model)

    shown = _shown(page, _address(model, "archive"))

    assert "Risk: medium. 4 nodes and 1 link are affected." in shown
    assert "It was published less than 30 days ago." in shown
    assert world.restart.title in shown
    assert _fresh(model).status == "published"


def test_archiving_takes_links_away_where_it_is_told_so(page: Client, model: FunctionModel) -> None:
    _dialogue(page, model, "archive", cleanup_links="on", reason="")

    assert "Links removed: 1." in _shown(page, _address(model))
    with system_scope():
        assert not NodeLink.objects.filter(source_entity_id=model.pk).exists()


def test_a_high_risk_is_refused_unless_it_is_taken(page: Client, world: World) -> None:
    large = make_model(world.cast.owner, drawing(*(container(f"s{n}") for n in range(51))))

    assert "Risk: high." in _shown(page, _address(large, "archive"))
    _dialogue(page, large, "archive", enforce_risk_assessment="on", reason="")
    assert _fresh(large).status == "draft"
    assert "Archiving it may harm others." in _shown(page, _address(large))

    _dialogue(page, large, "archive", reason="")
    assert _fresh(large).status == "archived"


def test_deleting_shows_the_links_that_it_breaks(page: Client, model: FunctionModel) -> None:
    shown = _shown(page, _address(model, "delete_softly"))

    assert "1 link will be broken until it is restored; integrity 0.7 of 1." in shown


def test_restoring_tells_that_the_name_is_taken_and_takes_another(
    page: Client, world: World, model: FunctionModel
) -> None:
    _dialogue(page, model, "delete_softly", reason="")
    make_model(world.cast.owner, name=model.name)

    assert "Another model has taken its name" in _shown(page, _address(model, "restore"))
    _dialogue(page, model, "restore", name="")
    assert _fresh(model).deleted_at is not None
    _dialogue(page, model, "restore", name="Back again")
    assert (_fresh(model).deleted_at, _fresh(model).name) == (None, "Back again")


def test_restoring_what_is_not_deleted_is_not_offered(page: Client, model: FunctionModel) -> None:
    assert page.get(_address(model, "restore")).status_code == 403
    assert page.get(_address(model, "open_draft")).status_code == 403


def test_a_copy_is_a_draft_of_its_own(page: Client, world: World, model: FunctionModel) -> None:
    _publish(world, model)

    _dialogue(page, model, "duplicate", name="A copy")

    with system_scope():
        copy = FunctionModel.objects.get(name="A copy")
    assert (copy.status, copy.version, len(copy.nodes_data)) == ("draft", "1.0.0", 4)
    assert "Open A copy" in _shown(page, _address(model))


def test_versions_are_compared_as_a_picture_and_in_words(
    page: Client, world: World, model: FunctionModel
) -> None:
    _publish(world, model)
    actor = world.cast.owner.actor
    with scope(actor):
        open_model_version(actor=actor, pk=model.pk, bump=Bump.MINOR)
        document = _document(world, container("more"), arrows=("in>more",))
        document["nodes"][1]["data"]["priority"] = 9
        put_canvas(actor=actor, pk=model.pk, document=document)
        update_model(actor=actor, pk=model.pk, values={"description": "New words"})

    shown = _shown(page, _address(model, "compare_versions"))

    assert 'class="nlp fmp fmp-compared"' in shown
    assert 'class="fmp-container fmp-added"' in shown
    assert 'class="fmp-container fmp-modified"' in shown
    assert "<td>priority</td>" in shown
    assert "New words" in shown
    assert "with the working copy" in _shown(page, _address(model))


def test_a_version_that_does_not_exist_is_not_compared(page: Client, model: FunctionModel) -> None:
    assert page.get(_address(model, "compare_versions"), {"from": "9.9.9"}).status_code == 404
    assert page.get(_address(model, "compare_versions"), {"from": "x"}).status_code == 404
    unknown = FunctionModel(name="Nowhere")
    assert page.get(_address(unknown, "compare_versions")).status_code == 404
    assert "The nodes are the same." in _shown(page, _address(model, "compare_versions"))


def test_the_neighbourhood_is_one_click_away(page: Client, model: FunctionModel) -> None:
    answer = page.get(_address(model, "neighbourhood"))

    assert answer.status_code == 302
    assert f"function-model/{model.pk}" in answer["Location"]


def test_the_list_is_narrowed(page: Client, world: World, model: FunctionModel) -> None:
    bare = make_model(world.cast.admin, name="Nothing yet")
    lost = make_model(world.cast.stranger, drawing(container("a"), tether("t", "a")), name="Lost")
    large = make_model(
        world.cast.stranger, drawing(*(container(f"s{n}") for n in range(51))), name="Large"
    )
    _publish(world, model)

    def names(query: str) -> set[str]:
        return {one.name for one in page.get(LIST + query).context["cl"].result_list}

    everything = {one.name for one in (model, bare, lost, large)}
    assert names("") == everything
    assert names("?dependencies=yes") == {model.name}
    assert names("?dependencies=no") == everything - {model.name}
    assert names("?dependencies=dangling") == {lost.name}
    assert names("?published=week") == {model.name}
    assert names("?published=never") == everything - {model.name}
    assert names("?status__exact=draft") == everything - {model.name}
    assert names("?size=empty") == {bare.name}
    assert names("?size=large") == {large.name}
    assert names("?tag=mail") == {model.name}
    assert names(f"?owner__id__exact={world.cast.admin.user.pk}") == {bare.name}
    organization = world.cast.stranger.organization.pk
    assert names(f"?organization__id__exact={organization}") == {lost.name, large.name}
    assert names("?q=nothing") == {bare.name}


def test_every_prepared_view_is_shown_and_marked(page: Client, model: FunctionModel) -> None:
    views = page.get(LIST).context["saved_filters"]

    assert [one.label for one in views if one.chosen] == ["All"]
    for view in views:
        shown = page.get(view.address)
        assert shown.status_code == 200
        assert [one.label for one in shown.context["saved_filters"] if one.chosen] == [view.label]


def test_the_list_counts_nodes_and_leaves_drawings_where_they_are(
    page: Client, model: FunctionModel
) -> None:
    (row,) = page.get(LIST).context["cl"].result_list

    assert (row._nodes, row._edges) == (4, 2)
    assert {"nodes_data", "edges_data"} <= row.get_deferred_fields()


def test_actions_of_the_list_tell_what_was_refused(
    page: Client, world: World, model: FunctionModel
) -> None:
    empty = make_model(world.cast.stranger, name="Empty")

    shown = _run(page, "publish_selected", model, empty)

    assert "Published: 1." in shown
    assert "Empty: The drawing cannot be published as it is." in shown
    assert (_fresh(model).status, _fresh(empty).status) == ("published", "draft")
    _dialogue(page, empty, "delete_softly", reason="")
    assert "Restored: 1." in _run(page, "restore_selected", empty)
    assert _fresh(empty).deleted_at is None


def test_archiving_many_shows_the_impact_of_each_before_it_is_confirmed(
    page: Client, world: World, model: FunctionModel
) -> None:
    other = make_model(world.cast.stranger, name="Empty")

    shown = _run(page, "archive_selected", model, other)

    assert "Archive 2 models" in shown
    assert "Risk: low. 4 nodes and 1 link are affected." in shown
    assert world.restart.title in shown
    assert (_fresh(model).status, _fresh(other).status) == ("draft", "draft")

    shown = _run(page, "archive_selected", model, other, confirmed="1", reason="Over", enforce="on")
    assert "Archived: 2." in shown
    assert (_fresh(model).archive_reason, _fresh(other).status) == ("Over", "archived")
    assert "None of the chosen models can be archived." in _run(page, "archive_selected", model)


def test_an_archived_model_stays_readable(page: Client, world: World, model: FunctionModel) -> None:
    with scope(world.cast.owner.actor):
        archive_model(actor=world.cast.owner.actor, pk=model.pk, reason="Replaced")

    shown = _shown(page, _address(model))

    assert "archived" in shown and "Replaced" in shown
    assert page.get(_address(model, "archive")).status_code == 403
    assert model.name not in _shown(page, LIST + "?status__exact=draft")


def test_the_overview_counts_models(page: Client, world: World, model: FunctionModel) -> None:
    make_model(world.cast.owner, drawing(container("a"), tether("t", "a")), name="Lost")

    shown = _shown(page, "/admin/")

    assert "models refer to what is not there" in shown


def test_who_may_only_look_is_shown_and_offered_nothing(world: World, model: FunctionModel) -> None:
    looker = UserFactory.create(email="looker@example.com", is_staff=True)
    looker.user_permissions.add(
        Permission.objects.get(codename="view_functionmodel", content_type__model="functionmodel")
    )
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")

    assert 'class="nlp fmp"' in _shown(client, _address(model))
    assert client.get(_address(model, "compare_versions")).status_code == 200
    for act in ("publish", "archive", "delete_softly", "duplicate", "restore", "neighbourhood"):
        assert client.post(_address(model, act), {"_form_submitted": "True"}).status_code == 403
    assert _fresh(model).revision == model.revision


def test_who_may_not_look_sees_nothing(model: FunctionModel) -> None:
    client = Client()
    nobody = UserFactory.create(email="nobody@example.com", is_staff=True)
    client.force_login(nobody, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(_address(model)).status_code == 403
    assert client.get(_address(model, "compare_versions")).status_code == 403


def test_no_more_are_archived_at_once_than_can_be_read(
    page: Client, model: FunctionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_ARCHIVED", 0)

    shown = _run(page, "archive_selected", model, confirmed="1")

    assert "Choose at most 0 at a time." in shown
    assert _fresh(model).status == "draft"


def test_a_refusal_stands_beside_its_field(
    page: Client, world: World, model: FunctionModel
) -> None:
    stranger = str(world.cast.stranger.user.pk)
    wrong = _form(model, permissions=f'{{"editors": ["{stranger}"]}}', description="Changed")

    answer = page.post(_address(model), wrong)

    assert list(answer.context["adminform"].form.errors) == ["permissions"]
    assert _fresh(model).description is None


def test_the_list_is_searched_by_the_names_of_nodes_too(world: World, page: Client) -> None:
    owner = world.cast.owner
    for name, node in (("Invoices", "Check the ledger"), ("Returns", "Weigh the parcel")):
        stage = {**container("a"), "data": {"name": node}}
        make_model(owner, drawing(stage), name=name)

    def found(words: str) -> set[str]:
        response = page.get(LIST, {"q": words})
        assert response.status_code == 200
        return {model.name for model in response.context["cl"].result_list}

    assert found("ledger") == {"Invoices"}
    assert found("PARCEL returns") == {"Returns"}
    assert found("ledger returns") == set()
    assert found("") >= {"Invoices", "Returns"}
