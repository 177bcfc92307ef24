"""Body: bodies that do not say how long they are, counted as they pass.

HAProxy's rules see the Content-Length only. A filter in Lua counts what comes without one, and
breaks off the request, at both ends, when it gets more than its route allows.
"""

from collections.abc import Iterator

from seaway.model.route import Route

RULE = "  http-request"
FILE = "body.lua"
FILTER = "  filter lua.body-limit"
COUNTED = "{ req.hdr(transfer-encoding) -m found }"
"""What comes in pieces passes the filter, whatever its method."""
SCRIPT = """\
-- Counts the bodies of requests that do not say how long they are. Written by Seaway.
local Limit = {id = "body limit", flags = filter.FLT_CFG_FL_HTX}
Limit.__index = Limit

function Limit:new()
  return setmetatable({seen = 0, most = 0}, Limit)
end

function Limit:http_headers(txn, message)
  if message:is_resp() then return end
  local most = txn:get_var("txn.most")
  if most then
    self.most = most
    filter.register_data_filter(self, message.channel)
  end
end

function Limit:http_payload(txn, message)
  if message:is_resp() then return end
  self.seen = self.seen + message:input()
  -- The end of a body counts as one byte.
  if self.seen > self.most + 1 then
    txn:set_var("txn.code", "413")
    error("a request body is larger than its route allows")
  end
end

core.register_filter("body-limit", Limit, function(made) return made end)
"""


def body_rules(route: Route, when: str) -> Iterator[str]:
    """Refuse by the length that is said; have counted what says none."""
    yield f"{RULE} deny deny_status 413 {when} {{ req.body_size gt {route.body} }}"
    unsaid = "!{ req.hdr(content-length) -m found }"
    yield f"{RULE} set-var(txn.most) int({route.body}) {when} {unsaid}"


def body_answer() -> str:
    """A filter's fault is answered with 400; this one has a status of its own."""
    return "  http-after-response set-status 413 if { var(txn.code) -m str 413 } { status 400 }"
