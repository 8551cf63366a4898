"""What pydantic found wrong with a table, as lines that an administrator can act on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args, get_origin

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

__all__ = ["table_problems", "unknown_key"]

KINDS = {
    "string_type": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "an array",
    "model_type": "a table",
    "dict_type": "a table",
}
"""What TOML calls the types that pydantic names in its errors."""


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


def _key_path(location: tuple[str | int, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        *table, key = error["loc"]
        return unknown_key(str(key), _accepted_keys(model, tuple(table)))
    if kind == "missing":
        return "is required and missing"
    if kind == "literal_error":
        return f"{error['input']!r} is not accepted (accepted: {context['expected']})"
    if kind in KINDS:
        return f"must be {KINDS[kind]}, not {error['input']!r}"
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg'].removeprefix('Input ')}, not {error['input']!r}"


def table_problems(failure: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Turn a failed validation of `model` into one line a problem: `key: what is wrong (accepted: ...)`."""
    lines: list[str] = []
    for error in failure.errors(include_url=False):
        location = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
        path = _key_path(location)
        lines.append(f"{path}: {_explain(error, model)}" if path else _explain(error, model))
    return tuple(lines)
