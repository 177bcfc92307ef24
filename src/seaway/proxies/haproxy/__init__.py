"""HAProxy 2.6 or later: one file for the rules, one for the words of its error pages."""

from seaway.proxies.haproxy.front import CHALLENGES
from seaway.proxies.haproxy.render import CONFIGURATION, HAProxy

__all__ = ["CHALLENGES", "CONFIGURATION", "HAProxy"]
