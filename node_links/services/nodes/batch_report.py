"""What becomes of each item of a batch that is done as a whole or not at all."""

from typing import Any

from config.exceptions import DomainError, FieldError, ValidationFailed

NOT_DONE = 424
"""Failed Dependency (RFC 4918, section 11.4): nothing is wrong with the item, but with another."""

MIXED = "Several items were refused, for different reasons; nothing was changed."


class BatchReport:
    """Collects the refusals of a batch's items and raises them as one."""

    def __init__(self, count: int) -> None:
        """Begin with `count` items that nothing is known of."""
        self._count = count
        self._refused: dict[int, DomainError] = {}

    def refuse(self, index: int, error: DomainError) -> None:
        """Note why the item at `index` is refused; the first reason counts."""
        self._refused.setdefault(index, error)

    def raise_refusals(self) -> None:
        """Raise nothing if all is well, else one error that tells all of them.

        Items refused alike keep their status and code; different ones are a `ValidationFailed`.
        `errors` point at the items; the member `results` says of each item what became of it.
        """
        if not self._refused:
            return
        refused = dict(sorted(self._refused.items()))
        kinds = {(error.status, error.code) for error in refused.values()}
        first, error = next(iter(refused.items()))
        raised = error if len(kinds) == 1 else ValidationFailed(MIXED)
        if len(refused) == 1:
            raised.detail = f"Item {first}: {error.detail}"
        results = [self._result(index) for index in range(self._count)]
        raised.errors = [fault for index, one in refused.items() for fault in _faults(index, one)]
        raised.extra = {**raised.extra, "results": results}
        raise raised

    def _result(self, index: int) -> dict[str, Any]:
        error = self._refused.get(index)
        if error is None:
            return {"index": index, "status": NOT_DONE, "code": "not_done", "detail": ""}
        return {
            "index": index,
            "status": error.status,
            "code": error.code,
            "detail": error.detail.removeprefix(f"Item {index}: "),
        }


def _faults(index: int, error: DomainError) -> list[FieldError]:
    at = f"/nodes/{index}"
    if not error.errors:
        return [FieldError(at, error.code, error.detail)]
    return [FieldError(f"{at}{one.pointer}", one.code, one.message) for one in error.errors]
