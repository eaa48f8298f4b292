"""Workers that are killed, or asked to leave, in the middle of their work: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from core.models import JobState
from tests.workers import BROKERS, Crew, ask, begin, effects, found, nothing_left, rows, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]


@pytest.fixture(params=BROKERS)
def alone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Crew]:
    """A crew over each broker, nobody of which is at work yet."""
    made = Crew(request.param, tmp_path)
    yield made
    made.end()


def test_killed_in_the_middle_it_loses_nothing_and_does_nothing_twice(alone: Crew) -> None:
    with alone.heard():
        asked = {ask(lasts=10) for _ in range(60)}
    beat, worker = alone.start("beat"), alone.start("worker")
    until(lambda: len(effects()) > 5)
    alone.kill(worker)
    assert len(effects()) < 60
    alone.start("worker")
    until(nothing_left, 60)
    assert effects() == Counter(asked)
    assert beat.poll() is None


def test_killed_in_the_middle_it_begins_again_and_is_done_once(alone: Crew, siao: User) -> None:
    job = begin(siao, alone, total=100, lasts=20)
    alone.start("beat")
    worker = alone.start("worker")
    until(lambda: found(job).done > 5)
    alone.kill(worker)
    assert found(job).state == JobState.RUNNING
    assert rows() == 0
    alone.start("worker")
    until(lambda: not found(job).is_live, 60)
    assert (found(job).state, found(job).runs) == (JobState.DONE, 2)
    assert rows() == 100


def test_a_worker_asked_to_leave_ends_what_it_began(alone: Crew, siao: User) -> None:
    job = begin(siao, alone, total=50, lasts=20)
    worker = alone.start("worker")
    until(lambda: found(job).done > 5)
    worker.terminate()
    assert worker.wait(15) == 0
    assert (found(job).state, found(job).runs) == (JobState.DONE, 1)
