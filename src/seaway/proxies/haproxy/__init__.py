"""HAProxy 2.6 or later: one file for the rules, one for the words of its error pages."""

from seaway.proxies.haproxy.render import CONFIGURATION, HAProxy

__all__ = ["CONFIGURATION", "HAProxy"]
