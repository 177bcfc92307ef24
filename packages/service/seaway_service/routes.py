"""Makes the routers: what all routes have in common."""

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from seaway_service.problems import Refusal


class Route(APIRoute):
    """Answers HEAD where it answers GET (RFC 9110, section 9.1); FastAPI's own routes do not."""

    @property
    def answered(self) -> frozenset[str]:
        """The methods it answers; `methods` are those in the OpenAPI document."""
        methods = frozenset(self.methods or ())
        return methods | {"HEAD"} if "GET" in methods else methods

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if match is Match.PARTIAL and scope["method"] in self.answered:
            return Match.FULL, child_scope
        return match, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in self.answered:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.answered))})
        await self.app(scope, receive, send)


def router_of(tag: str, prefix: str = "/api") -> APIRouter:
    """Return a router for what is under /api, or under another path."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=Route,
        responses={"default": {"model": Refusal}},
        # the names of the handlers differ, and are shorter than what FastAPI makes of the paths
        generate_unique_id_function=lambda route: route.name,
    )
