"""All words for people, English and Chinese side by side, by code; `say` fills the gaps."""

from seaway.messages.say import Language, say, words_of
from seaway.messages.words import Words

__all__ = ["Language", "Words", "say", "words_of"]
