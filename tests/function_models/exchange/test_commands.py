"""`manage.py export_models` and `import_models`."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.tenancy import scope
from function_models.models import FunctionModel
from tests.factories import Cast, make_model
from tests.function_models.drawings import container, drawing

pytestmark = pytest.mark.django_db


def run(name: str, folder: Path, slug: str, **options: Any) -> str:
    """Run a command and return what it prints."""
    output = io.StringIO()
    call_command(name, str(folder), organization=slug, stdout=output, **options)
    return output.getvalue()


def test_models_go_out_and_come_in_elsewhere(cast: Cast, tmp_path: Path) -> None:
    make_model(cast.editor, drawing(container("s")), name="First one")
    make_model(cast.editor, name="Second one")
    there = cast.stranger.organization.slug

    out = run("export_models", tmp_path, cast.organization.slug)
    dry = run("import_models", tmp_path, there, dry_run=True)
    with scope(cast.stranger.actor):
        assert not FunctionModel.all_objects.exists()
    done = run("import_models", tmp_path, there)
    again = run("import_models", tmp_path, there)

    assert out.strip() == f"2 models written to {tmp_path}"
    assert "Dry run: nothing was changed" in dry
    assert "2 files: 2 created, 0 updated, 0 unchanged (0 others passed over)" in done
    assert "2 files: 0 created, 0 updated, 2 unchanged" in again
    with scope(cast.stranger.actor):
        assert FunctionModel.objects.count() == 2


def test_a_folder_with_a_bad_file_brings_nothing(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"nodes": []}')
    (tmp_path / "b.json").write_text("{")

    with pytest.raises(CommandError, match=r"Nothing was imported\.\n  b\.json: This is no JSON"):
        run("import_models", tmp_path, cast.organization.slug)
    with pytest.raises(CommandError, match="There is no such folder"):
        run("import_models", tmp_path / "none", cast.organization.slug)

    with scope(cast.owner.actor):
        assert not FunctionModel.all_objects.exists()


def test_a_folder_that_cannot_be_written_is_told(cast: Cast, tmp_path: Path) -> None:
    make_model(cast.editor)
    (tmp_path / "handle-an-incident.json").mkdir()

    with pytest.raises(CommandError, match="Cannot write"):
        run("export_models", tmp_path, cast.organization.slug)
