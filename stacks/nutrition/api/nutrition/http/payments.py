"""Hears what payment services tell; nothing is believed that they have not signed."""

import logging
from datetime import UTC, datetime

from fastapi import Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from seaway_service.bodies import bounded
from seaway_service.problems import Problem
from seaway_service.routes import router_of

from nutrition.clients.keys import ForgedError
from nutrition.http.orders import told
from nutrition.metrics import PAYMENTS
from nutrition.parts import Known, Parts
from nutrition.stores.orders import NoSuchPaymentError, WrongAmountError

log = logging.getLogger(__name__)

TAKEN = frozenset({"paid", "known", "owed", "other"})
"""Outcomes after which the service need not tell again."""

router = router_of("payments")


@router.post("/payments/wechat/notify", response_class=Response)
async def wechat(known: Known, request: Request) -> Response:
    """Hear WeChat Pay; an answer other than a success makes it tell again."""
    outcome = await heard(known, "wechat", request)
    if outcome in TAKEN:
        return Response(status_code=204)
    return JSONResponse({"code": "FAIL", "message": outcome}, status_code=400)


@router.post("/payments/alipay/notify", response_class=PlainTextResponse)
async def alipay(known: Known, request: Request) -> PlainTextResponse:
    """Hear Alipay; an answer other than `success` makes it tell again."""
    outcome = await heard(known, "alipay", request)
    if outcome in TAKEN:
        return PlainTextResponse("success")
    return PlainTextResponse("fail", 400)


async def heard(known: Parts, provider: str, request: Request) -> str:
    """Take in a callback; return one of `TAKEN`, or what is wrong with it."""
    service = known.pay.get(provider)
    if service is None:
        raise Problem(404, "not_found", "this way to pay is not switched on here")
    outcome = await settled(known, provider, request)
    PAYMENTS.labels(provider=provider, outcome=outcome).inc()
    return outcome


async def settled(known: Parts, provider: str, request: Request) -> str:
    """Check what is told, and keep it."""
    try:
        paid = known.pay[provider].heard(request.headers, await bounded(request))
        if paid is None:
            return "other"
        done = await known.orders.settle(provider, paid, datetime.now(UTC))
    except ForgedError as error:
        log.warning("a callback was refused", extra={"provider": provider, "why": str(error)})
        return "forged"
    except WrongAmountError as error:
        log.error("a wrong amount was paid", extra={"provider": provider, "why": str(error)})  # noqa: TRY400 -- the trace says nothing
        return "wrong amount"
    except NoSuchPaymentError as error:
        log.warning("an unknown payment", extra={"provider": provider, "number": str(error)})
        return "unknown"
    if done.owed:
        number = done.order.number
        log.error("a payment must be given back", extra={"provider": provider, "order": number})
        return "owed"
    if done.news:
        await told(known, done.order)
    return "paid" if done.news else "known"
