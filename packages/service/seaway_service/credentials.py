"""States what people say when they sign up and log in."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from seaway_service.bodies import Body
from seaway_service.passwords import LONGEST_BYTES, SHORTEST

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")


def email_address(text: str) -> str:
    """Return the address in the form it is kept in."""
    address = text.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):  # noqa: PLR2004
        raise ValueError("is not an e-mail address")
    return address


def new_password(text: str) -> str:
    """Return the password if it is neither too short nor too long."""
    if len(text) < SHORTEST:
        raise ValueError(f"must have at least {SHORTEST} characters")
    if len(text.encode()) > LONGEST_BYTES:
        raise ValueError(f"must not be longer than {LONGEST_BYTES} bytes")
    return text


Email = Annotated[str, AfterValidator(email_address)]


class SignUp(Body):
    """What a new user says."""

    email: Email
    password: Annotated[str, Field(repr=False), AfterValidator(new_password)]


class LogIn(Body):
    """What a user says who comes back."""

    email: Email
    password: Annotated[str, Field(repr=False, max_length=1024)]
