"""Renewing: keeps the certificates of a running proxy from ending, without a lost connection."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from seaway.durable import write_whole
from seaway.errors import SeawayError
from seaway.model.certificate import Certificate
from seaway.model.instance import Address
from seaway.model.route import STAND_IN, Acme, Routing
from seaway.ports.clock import Clock
from seaway.targets.local.issuing import Order, Serve
from seaway.targets.local.part import NotReady
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.targets.local.traffic import ProxyTraffic

log = logging.getLogger(__name__)

LOOK = timedelta(hours=1)
"""Between two looks at certificates that are not due: they are renewed weeks before they end."""
WAITING = timedelta(seconds=2)
"""Between two looks whether the stand-in serves by now."""

Issue = Callable[[Order, Serve], Awaitable[str]]


class Renewing:
    """One task for each stack; whoever knows of a new proxy or routing says `wake`."""

    def __init__(
        self, certificates: PublicCertificates, clock: Clock, issue: Issue,
        proxy: Callable[[], ProxyTraffic | None], stand_in: Callable[[], Address | None],
    ) -> None:  # fmt: skip
        self._certificates, self._clock, self._issue = certificates, clock, issue
        self._proxy, self._stand_in = proxy, stand_in
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: there is another proxy, or it works by another routing."""
        self._woken.set()

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            self._woken.clear()  # before looking: what changes from here on is looked at again
            when = await self._round()
            sleeping = asyncio.ensure_future(self._clock.sleep_until(when))
            waking = asyncio.ensure_future(self._woken.wait())
            try:
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleeping.cancel()
                waking.cancel()

    async def _round(self) -> datetime:
        """Renew what is due; when to look again."""
        later, proxy = self._clock.now() + LOOK, self._proxy()
        if proxy is None:
            return later
        await _renewed(proxy)
        return min([later, *[await self._site(proxy, *each) for each in proxy.sites().items()]])

    async def _site(self, proxy: ProxyTraffic, host: str, acme: Acme) -> datetime:
        """Renew its certificate if that is due; when the next is."""
        order = await self._order(host, acme)
        if order is None:
            return self._clock.now() + WAITING
        signer = signer_of(acme)
        if self._certificates.known(host, signer).due(self._clock.now()) <= self._clock.now():
            await self._tried(proxy, order, signer)
        return self._certificates.known(host, signer).due(self._clock.now() + WAITING)

    async def _tried(self, proxy: ProxyTraffic, order: Order, signer: str) -> None:
        try:
            try:
                pem = await self._issue(order, proxy.answer)
            finally:
                with contextlib.suppress(SeawayError, NotReady):
                    await proxy.answer({})
            self._certificates.keep(order.host, signer, pem)
        except (SeawayError, NotReady, OSError, ValueError) as problem:
            self._certificates.fail(order.host, signer, _words(problem))
            log.warning("no certificate", extra={"host": order.host, "problem": _words(problem)})
            return
        await _renewed(proxy)
        log.info("certificate issued", extra={"host": order.host})

    async def _order(self, host: str, acme: Acme) -> Order | None:
        account = self._certificates.account(signer_of(acme))
        if acme.directory:
            return Order(
                host=host, directory=acme.directory, account=account, email=acme.email, ca=acme.ca
            )
        at = self._stand_in()
        ca = await asyncio.to_thread(_trusted, at, account.with_suffix(".ca")) if at else ""
        if at is None or not ca:
            return None
        directory = f"https://{at.host}:{at.port}/dir"
        return Order(host=host, directory=directory, account=account, email=acme.email, ca=ca)


def signer_of(acme: Acme) -> str:
    """By which name the certificates of an authority are known: its address, or the stand-in."""
    return acme.directory or STAND_IN


def known(certificates: PublicCertificates, routing: Routing) -> Sequence[Certificate]:
    """Those of all sites that have one, or are to."""
    return [
        certificates.known(site.host, signer_of(site.acme)) for site in routing.sites if site.acme
    ]


async def _renewed(proxy: ProxyTraffic) -> None:
    with contextlib.suppress(SeawayError, NotReady):  # asked again at the next look
        await proxy.renew()


def _trusted(at: Address, file: Path) -> str:
    """A file with the certificate that the stand-in shows, made anew with each of its starts.

    It is on this machine's loopback and signs for tests only: there is nobody to ask about it.
    """
    try:
        pem = ssl.get_server_certificate((at.host, at.port), timeout=WAITING.total_seconds())
    except OSError:
        return ""
    write_whole(file, pem)
    return str(file)


def _words(problem: Exception) -> str:
    from seaway.messages import Language, say  # noqa: PLC0415 -- all words are slow to load

    if isinstance(problem, SeawayError):
        detail = problem.facts.get("detail")
        return str(detail) if detail else say(problem.code, problem.facts, Language.EN).text
    return str(problem)
