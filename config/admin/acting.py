"""Acts on one row, and on many chosen ones, each for itself."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib import messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from config.admin.base import explain
from config.admin.display import admin_address
from config.exceptions import DomainError

REFUSALS_SHOWN = 10
Row = TypeVar("Row")


def act_on_each(
    request: HttpRequest, chosen: Iterable[Row], done: str, write: Callable[[Row], object]
) -> None:
    """Call `write` with each row in a transaction of its own, and say on the page how it went.

    `done` heads the count of what was written. A refusal undoes its own row, leaves the others
    alone and is shown with the row's name, up to `REFUSALS_SHOWN` of them.
    """
    written, refused = 0, []
    for row in chosen:
        try:
            with transaction.atomic():
                write(row)
            written += 1
        except DomainError as error:
            refused.append(f"{row}: {error.detail}")
    if written:
        messages.success(request, f"{done}: {written}.")
    for line in refused[:REFUSALS_SHOWN]:
        messages.error(request, line)
    if len(refused) > REFUSALS_SHOWN:
        messages.error(request, f"… and {len(refused) - REFUSALS_SHOWN} more were refused.")


def act_on_one(
    request: HttpRequest, row: Model, done: str, write: Callable[[], object]
) -> HttpResponse:
    """Call `write` in a transaction, say how it went, and send a dialogue's page to the row's.

    A refusal undoes everything, and each of its sentences is shown.
    """
    try:
        with transaction.atomic():
            write()
        messages.success(request, done)
    except DomainError as error:
        for _, message in explain(error):
            messages.error(request, message)
    return HttpResponse(headers={"HX-Redirect": str(admin_address(type(row), row.pk))})


def chosen_values(form: Any) -> dict[str, Any]:
    """Return what was chosen in a dialogue, without its hidden sign of being sent."""
    return {name: value for name, value in form.cleaned_data.items() if name[0] != "_"}
