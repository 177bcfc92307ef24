"""Patience: a request that finds nobody waits for a moment, as somebody may be back in it.

An instance that is started anew, or that fails its question now and then, would else cost every
request of that moment: HAProxy refuses at once what it has no server for. Where nobody comes back
in it, the next are refused at once, for as long as there are some every moment.
"""

from collections.abc import Iterator

FILE = "patience.lua"
LONGEST = 2000
"""Milliseconds."""
STEP = 10
"""Milliseconds between two looks."""
SCRIPT = f"""\
-- Lets a request wait while its upstream has nobody. Written by Seaway.
local since, asked = {{}}, {{}}
local function now()
  local at = core.now()
  return at.sec * 1000 + at.usec // 1000
end
core.register_action("patience", {{"http-req"}}, function(txn)
  local name, at = txn:get_var("txn.to"), now()
  local some, once = core.backends[name], core.backends[name .. ".once"]
  if at - (asked[name] or 0) > {LONGEST} then since[name] = at end
  asked[name] = at
  while now() - since[name] < {LONGEST} do
    if some:get_srv_act() > 0 and once:get_srv_act() > 0 then
      asked[name] = nil
      return
    end
    core.msleep({STEP})
  end
  asked[name] = now()
end)
"""


def patience(upstream: str, when: str) -> Iterator[str]:
    """Wait where one of its two backends has nobody; `txn.to` names the upstream."""
    for backend in (upstream, f"{upstream}.once"):
        yield f"  http-request lua.patience {when} {{ nbsrv({backend}) eq 0 }}"
