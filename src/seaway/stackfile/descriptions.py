"""What the settings of a model are for, as the texts below its fields say."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, JsonValue


def described(model: type[BaseModel]) -> Mapping[str, str]:
    """The text below each field that has one, by the name people write.

    Read from the source when asked: to do it for each class at import would cost each command
    a tenth of a second.
    """
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    texts = dict(_texts(body)) if isinstance(body, ast.ClassDef) else {}
    return {
        field.alias or name: texts[name]
        for name, field in model.model_fields.items()
        if name in texts
    }


def describe(schema: dict[str, JsonValue], model: type[BaseModel]) -> None:
    """Put the texts into the schema of a model."""
    properties = schema.get("properties")
    for name, text in described(model).items():
        found = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(found, dict):
            found.setdefault("description", text)


def _texts(body: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(body.body, body.body[1:], strict=False):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass
