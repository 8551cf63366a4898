"""What pydantic found wrong with a table, as lines that an administrator can act on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

__all__ = ["table_problems", "unknown_key"]

WORDS = {
    "missing": "is required and missing",
    "string_type": "must be a string, in quotes, not {found}",
    "bool_type": "must be true or false, not {found}",
    "int_type": "must be a whole number, not {found}",
    "float_type": "must be a number, not {found}",
    "list_type": "must be an array, in brackets, not {found}",
    "model_type": "must be a table, not {found}",
    "greater_than": "must be more than {gt}, not {found}",
    "greater_than_equal": "must be at least {ge}, not {found}",
    "less_than": "must be less than {lt}, not {found}",
    "less_than_equal": "must be at most {le}, not {found}",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters, not {found}",
    "literal_error": "{found} is not accepted (accepted: {expected})",
    "value_error": "{error}",
}
"""What the errors of pydantic mean here, by their names there; no length has a lower bound other than 1."""

SHOWN_CHARACTERS = 60
"""Of what was found: enough to find it again."""


def found(value: object) -> str:
    """Show what stands in the file, as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    text = repr(value) if isinstance(value, (str, int, float)) else str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."


def unknown_key(key: str, accepted: Iterable[str]) -> str:
    """Say that `key` is unknown, what it may have been meant to be, and what is accepted."""
    names = sorted(accepted)
    close = get_close_matches(key, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"unknown key {key!r}{hint} (accepted: {', '.join(names)})"


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """Give every model that a field's annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for argument in get_args(annotation):
            yield from _models(argument)


def _accepted_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    """Follow `path` down from `model` to the table of an unknown key; give the keys of that table."""
    for part in path:
        field = model.model_fields.get(str(part))
        inner = next(_models(field.annotation), None) if field else None
        model = inner or model
    return list(model.model_fields)


def _key_path(location: tuple[str | int, ...], value: object) -> str:
    """Name a key as the file has it: one value where an array may stand has no number."""
    text = ""
    for part in location:
        if not isinstance(part, int):
            text += f".{part}" if text else part
            value = value.get(part) if isinstance(value, dict) else None
        elif isinstance(value, list):
            text += f"[{part + 1}]"
            value = value[part]
    return text


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    if error["type"] == "extra_forbidden":
        *table, key = error["loc"]
        return unknown_key(str(key), _accepted_keys(model, tuple(table)))
    context = {
        name: f"{bound:g}" if isinstance(bound, float) else bound
        for name, bound in error.get("ctx", {}).items()
    }
    words = WORDS.get(error["type"], "{found} is not accepted")
    return words.format(**context, found=found(error["input"]))


def table_problems(failure: ValidationError, model: type[BaseModel], value: object) -> tuple[str, ...]:
    """Turn a failed validation of `value` into one line a problem: `key: what is wrong (accepted: ...)`."""
    lines: list[str] = []
    for error in failure.errors(include_url=False):
        location = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
        path = _key_path(location, value)
        lines.append(f"{path}: {_explain(error, model)}" if path else _explain(error, model))
    return tuple(lines)
