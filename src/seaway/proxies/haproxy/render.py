"""Render: the whole configuration, section by section."""

from collections.abc import Iterator, Mapping

from seaway.model.route import Routing
from seaway.proxies.engine import Setting
from seaway.proxies.haproxy.body import FILE as SCRIPT_FILE
from seaway.proxies.haproxy.body import SCRIPT
from seaway.proxies.haproxy.calls import call_backends, call_frontends, call_limits
from seaway.proxies.haproxy.front import public_frontend
from seaway.proxies.haproxy.inner import UNLOGGED, backends, service_frontends
from seaway.proxies.haproxy.limit import tables
from seaway.proxies.haproxy.page import FILE as PAGES
from seaway.proxies.haproxy.page import page
from seaway.proxies.haproxy.patience import FILE as PATIENCE_FILE
from seaway.proxies.haproxy.patience import SCRIPT as PATIENCE
from seaway.proxies.haproxy.syntax import quoted
from seaway.proxies.pages import STATUSES, page_lines

CONFIGURATION = "haproxy.cfg"

CONNECTIONS = 2048
"""At once, clients and upstreams together counted as one (R8)."""
KEEP_ALIVE = 25
"""Seconds that an idle client connection is kept. Shorter than the usual time for draining: after a
change of routing such a connection has one more request by the old routing, and what that one
needs must still be there. (R8 asks for 65.)"""
OLD_WORKER = 3600
"""Seconds after a change of routing until what still runs by the old one is cut off."""


class HAProxy:
    """The default engine: least connections, active checks, changes without a lost request."""

    def render(self, routing: Routing, setting: Setting) -> Mapping[str, str]:
        """The files; `haproxy -f` on the first of them runs the proxy."""
        return {
            CONFIGURATION: "\n".join(_lines(routing, setting)) + "\n",
            PAGES: "\n".join(page_lines()) + "\n",
            SCRIPT_FILE: SCRIPT,
            PATIENCE_FILE: PATIENCE,
        }


def _lines(routing: Routing, setting: Setting) -> Iterator[str]:
    yield "# The ingress, written by Seaway: changes are overwritten."
    yield from _global(setting)
    yield from call_limits(routing)
    yield from _defaults(setting)
    yield from _resolver(setting)
    if routing.sites:
        yield from public_frontend(routing, setting)
    else:
        yield from _idle_frontend(setting)
    yield from service_frontends(routing, setting)
    yield from call_frontends(routing, setting)
    yield from backends(routing, setting)
    yield from call_backends(routing, setting)
    yield from tables(routing)


def _global(setting: Setting) -> Iterator[str]:
    yield "\nglobal"
    yield "  log stdout format raw local0 info"
    admin = quoted(f"{setting.sockets}/admin.sock")
    yield f"  stats socket {admin} mode 600 level admin expose-fd listeners"
    yield "  stats timeout 30s"
    yield f"  maxconn {CONNECTIONS}"
    yield f"  nbthread {setting.threads}"
    yield f"  hard-stop-after {OLD_WORKER}s"
    yield "  # An upstream that is asked by many must not be asked by all at once."
    yield "  spread-checks 5"
    yield f"  set-var proc.routing str({setting.digest})"
    for script in (SCRIPT_FILE, PATIENCE_FILE):
        yield f"  lua-load {quoted(f'{setting.folder}/{script}')}"
    yield "  tune.bufsize 16384"
    yield "  tune.maxrewrite 2048"
    yield "  tune.http.maxhdr 100"
    yield "  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets"
    yield (
        "  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    )


def _defaults(setting: Setting) -> Iterator[str]:
    yield "\ndefaults"
    yield "  mode http"
    yield "  log global"
    yield "  option dontlognull"
    yield "  option abortonclose"
    yield "  # What could not be sent is sent to another; see the upstreams for the rest."
    yield "  retries 2"
    yield "  option redispatch 1"
    yield "  timeout http-request 10s"
    yield f"  timeout http-keep-alive {KEEP_ALIVE}s"
    yield "  timeout client 610s"
    yield "  timeout client-fin 30s"
    yield "  timeout connect 5s"
    yield "  timeout queue 10s"
    yield "  timeout server 600s"
    yield "  timeout server-fin 30s"
    yield "  timeout tunnel 3600s"
    for status in STATUSES:
        yield f"  http-error {page(status, setting.folder)}"


def _resolver(setting: Setting) -> Iterator[str]:
    """Names are asked for each second; one that leads nowhere for five has nobody any more."""
    if setting.resolver:
        yield "\nresolvers names"
        yield f"  nameserver dns {setting.resolver}"
        yield "  accepted_payload_size 8192"
        yield "  timeout resolve 1s"
        yield "  timeout retry 1s"
        yield "  hold valid 1s"
        for what in ("nx", "other", "timeout", "refused", "obsolete"):
            yield f"  hold {what} 5s"


def _idle_frontend(setting: Setting) -> Iterator[str]:
    """A stack without sites still has a proxy, for services that others use."""
    yield "\nfrontend public"
    yield f"  bind {setting.http.host}:{setting.http.port}"
    yield UNLOGGED
    yield "  http-request return status 200 content-type text/plain string ok if { path /-/live }"
    yield "  http-request deny deny_status 404"
