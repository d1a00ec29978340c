"""What a run does to the program around it."""

import gc
from collections.abc import Iterator

import pytest

from billcore.services.running import _without_collections


@pytest.fixture
def collecting() -> Iterator[None]:
    """Whatever a test does, Python collects garbage again."""
    yield
    gc.enable()


@pytest.mark.usefixtures("collecting")
def test_the_search_for_garbage_goes_on_after_a_batch_that_failed_too() -> None:
    def fail() -> None:
        with _without_collections():
            assert not gc.isenabled()
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    assert gc.isenabled()


@pytest.mark.usefixtures("collecting")
def test_a_program_that_has_switched_it_off_finds_it_off() -> None:
    gc.disable()

    with _without_collections():
        pass

    assert not gc.isenabled()
