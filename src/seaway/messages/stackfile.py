"""Words about the stack file (codes SW1xx), put together from its three parts."""

from seaway.messages.stackfile_meaning import MEANING
from seaway.messages.stackfile_reading import READING
from seaway.messages.stackfile_values import VALUES
from seaway.messages.words import Words

WORDS: dict[str, Words] = {**READING, **VALUES, **MEANING}
