"""Rows that are read and written by statements built once: as Django would, refusals too."""

from datetime import date
from uuid import uuid4

import pytest
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction

from accounts.tenancy import scope
from config.db import prepared_cursor
from config.rows import insert_rows, read_rows, write_fields
from knowledge_base.models import Sop
from tests.factories import Cast, make_sop

pytestmark = pytest.mark.django_db

AWKWARD = 'It\'s 100 % \\ "quoted" %s {} – 漢字 🙂\n\ttabbed'


def values_of(sop: Sop) -> dict[str, object]:
    return {field.attname: getattr(sop, field.attname) for field in sop._meta.concrete_fields}


def test_a_row_arrives_as_it_was_made(cast: Cast) -> None:
    sop = Sop(
        organization=cast.organization,
        title=AWKWARD.split("\n")[0],
        content=AWKWARD,
        summary=None,
        tags=["a,b", '{"c"}', "null", ""],
        metadata={"deep": [{"n": 2**62, "f": 1.5, "none": None, "text": AWKWARD}]},
        prerequisites=[uuid4(), uuid4()],
        review_due_on=date(2027, 2, 28),
    )

    with scope(cast.editor.actor):
        insert_rows([sop])
        stored = Sop.objects.get(pk=sop.pk)

    assert values_of(stored) == values_of(sop)


def test_what_does_not_fit_is_refused_and_none_of_it_written(cast: Cast) -> None:
    there = make_sop(cast.editor)
    fine = Sop(organization=cast.organization, title="Fine", content="x")
    long = Sop(organization=cast.organization, title="x" * 256, content="x")

    with scope(cast.editor.actor):
        with pytest.raises(DataError), transaction.atomic():
            insert_rows([fine, long])
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_rows([fine, there])
        assert [sop.pk for sop in Sop.objects.all()] == [there.pk]


def test_only_the_fields_named_are_written(cast: Cast) -> None:
    sop = make_sop(cast.editor, title="Before", tags=["before"])

    with scope(cast.editor.actor):
        sop.title, sop.tags, sop.metadata = AWKWARD[:50], ["after"], {"not": "written"}
        write_fields(sop, ["tags", "title"])
        stored = Sop.objects.get(pk=sop.pk)

    assert (stored.title, stored.tags, stored.metadata) == (AWKWARD[:50], ["after"], {})


def test_a_field_that_is_none_and_a_row_that_is_gone_are_refused(cast: Cast) -> None:
    sop = make_sop(cast.editor)

    with scope(cast.editor.actor):
        with pytest.raises(ValueError, match="colour"):
            write_fields(sop, ["title", "colour"])
        sop.pk = uuid4()
        with pytest.raises(DatabaseError):
            write_fields(sop, ["title"])


def test_fields_left_out_are_read_when_they_are_asked_for(cast: Cast) -> None:
    sop = make_sop(cast.editor, content="The text.", metadata={"a": [1]})

    with scope(cast.editor.actor):
        [found] = read_rows(Sop, "sop_id = %s", [sop.pk], without=["content"])
        assert found.get_deferred_fields() == {"content"}
        assert (found.title, found.metadata, found.content) == (sop.title, {"a": [1]}, "The text.")


def test_a_statement_that_comes_again_is_kept_prepared(cast: Cast) -> None:
    statement = "SELECT %s::int + 40 AS kept_prepared"
    with scope(cast.editor.actor):
        for number in (1, 2, 3, 4):
            with prepared_cursor() as cursor:
                cursor.execute(statement, [number])
                assert cursor.fetchone() == (number + 40,)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
                ["%kept_prepared%"],
            )
            assert cursor.fetchone() == (1,)
