"""A command that is asked to end by a signal puts in order what it has begun."""

import asyncio
import os
import signal

import pytest

from seaway.cli.signals import carried_out
from seaway.errors import Interrupted


async def number() -> int:
    return 7


def test_without_a_signal_there_is_its_result():
    assert carried_out(number()) == 7


def test_a_second_signal_does_not_break_off_the_tidying():
    done: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(60)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
            done.append("tidied")

    with pytest.raises(Interrupted):
        carried_out(work())

    assert done == ["tidied"]


def test_with_its_terminal_closed_it_can_still_say_what_it_does(capfd):
    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(60)
        finally:
            os.write(1, b"nobody reads this")

    with pytest.raises(Interrupted):
        carried_out(work())

    assert capfd.readouterr().out == ""
