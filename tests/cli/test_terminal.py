"""What the command shows of an act, and what becomes of the act when that is interrupted."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from rollcall.cli.terminal import follow
from rollcall.model.progress import Progress


class Interrupted(Progress):
    """Progress that is interrupted while it is shown."""

    def __str__(self) -> str:
        raise KeyboardInterrupt


def test_the_result_of_an_act_is_returned() -> None:
    def act() -> Generator[Progress, None, str]:
        yield Progress(1, 2, "accounts")
        return "done"

    assert follow(act(), "working") == "done"


def test_an_interruption_between_two_steps_reaches_the_act() -> None:
    def act() -> Generator[Progress, None, None]:
        try:
            yield Interrupted(1)
        except KeyboardInterrupt as error:
            error.add_note("one of two is done")
            raise

    with pytest.raises(KeyboardInterrupt) as interruption:
        follow(act(), "working")

    assert interruption.value.__notes__ == ["one of two is done"]
