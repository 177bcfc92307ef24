"""Json: a value as JSON knows it, in what is written down.

For the settings that people write it is pydantic's own type, which checks them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue as Json
else:
    Json = object  # pydantic is slow to load, and a supervisor needs nothing else of it

__all__ = ["Json"]
