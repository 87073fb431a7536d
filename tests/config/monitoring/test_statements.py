"""The shape of a statement: what is left out, what tells two apart."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.slow_queries.statements import (
    fingerprint,
    normalise,
    number_placeholders,
    parameter_types,
)


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("SELECT 1", "SELECT ?"),
        ("SELECT  *\n FROM t -- all\n WHERE a=%s", "SELECT * FROM t WHERE a=?"),
        ("SELECT /* why */ a FROM t", "SELECT a FROM t"),
        ("a = 'it''s' AND b = E'x'", "a = ? AND b = ?"),
        (r"a = E'it\'s' AND b = U&'x'", "a = ? AND b = ?"),
        ("""SELECT "it's" FROM t WHERE a = 'x'""", """SELECT "it's" FROM t WHERE a = ?"""),
        ("a = $$text$$ AND b = $q$it's$q$", "a = ? AND b = ?"),
        ("a IN (%s, %s, %s)", "a IN (...)"),
        ("a IN (1, 2)", "a IN (...)"),
        ("a IN (%s)", "a IN (?)"),
        ("VALUES (%s, %s), (%s, %s)", "VALUES (...)"),
        ("VALUES (%s::uuid, %s::text[])", "VALUES (...)"),
        ("LIMIT 20 OFFSET 40", "LIMIT ? OFFSET ?"),
        ("a > 1.5e-3", "a > ?"),
        ('SELECT t1.c2, "s3" FROM t1', 'SELECT t1.c2, "s3" FROM t1'),
        ("a = %(name)s", "a = ?"),
    ],
)
def test_values_layout_and_list_lengths_are_left_out(sql: str, shape: str) -> None:
    assert normalise(sql) == shape


@given(st.text(alphabet=st.characters(exclude_characters="'\x00")))
@example("a -- b")
@example("/* a */")
@example("back\\")
@example('"')
@example("$$")
def test_a_text_in_a_statement_never_stays(value: str) -> None:
    sql = "SELECT a FROM t WHERE b = '@' ORDER BY c".replace("@", value)

    assert normalise(sql) == "SELECT a FROM t WHERE b = ? ORDER BY c"


def test_statements_that_differ_in_values_only_share_a_name() -> None:
    one, other = normalise("SELECT a FROM t LIMIT 5"), normalise("SELECT a\nFROM t LIMIT 50")
    assert fingerprint(one) == fingerprint(other)
    assert fingerprint(one) != fingerprint(normalise("SELECT b FROM t LIMIT 5"))
    assert len(fingerprint(one)) == 64


def test_of_parameters_only_the_types_are_kept() -> None:
    assert parameter_types(["secret", 7, None, b"x"]) == ["str", "int", "NoneType", "bytes"]
    assert parameter_types({"name": "secret"}) == ["name: str"]
    assert parameter_types(None) == []


def test_placeholders_are_numbered_as_postgresql_writes_them() -> None:
    assert number_placeholders("a = %s AND b = %s::uuid") == "a = $1 AND b = $2::uuid"
    assert (
        number_placeholders("a = %(x)s OR b = %(y)s OR c = %(x)s") == "a = $1 OR b = $2 OR c = $1"
    )
    assert number_placeholders("a LIKE '10%%' AND b = %s") == "a LIKE '10%' AND b = $1"
