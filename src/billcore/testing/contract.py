"""What a contract is made of: checks named as sentences, each with a line of trouble-shooting, none overridden."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec

import pytest

from billcore.errors import HouseRule

Parameters = ParamSpec("Parameters")


def check(function: Callable[Parameters, None]) -> Callable[Parameters, None]:
    """Make a test method a check: when it fails, its docstring is shown as trouble-shooting."""
    if not function.__doc__ or "\n" in function.__doc__:
        raise HouseRule(f"{function.__name__} needs one line of trouble-shooting as its docstring")
    advice = f"trouble-shooting: {function.__doc__}"

    @wraps(function)
    def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except (Exception, pytest.fail.Exception) as failure:
            failure.add_note(advice)
            raise

    return checked


def not_judged(because: str) -> NoReturn:
    """Skip the rest of a check that rests on what another check is about: one fault, one failure."""
    pytest.skip(f"not judged: {because}")


@contextmanager
def on_the_way() -> Iterator[None]:
    """What a check does before it comes to its point: an error in there is the point of another check."""
    try:
        yield
    except Exception as error:
        not_judged(f"{type(error).__name__} on the way, which another check is about")


class Contract:
    """The root of every contract. A subclass may replace a check only as a known failure, with its reason."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in sorted({name for base in cls.__mro__ for name in vars(base) if name.startswith("test")}):
            # The last definition is the check; a mixin that comes before it overrides it as a subclass does.
            *overrides, _ = (vars(base)[name] for base in cls.__mro__ if name in vars(base))
            if not all(_is_known_failure(override) for override in overrides):
                raise HouseRule(
                    f"{cls.__name__} overrides the check {name}: mend the code it checks, "
                    "or mark the override with pytest.mark.xfail(reason='…') so that every run shows it"
                )


def _is_known_failure(own: object) -> bool:
    marks = [mark for mark in getattr(own, "pytestmark", ()) if mark.name == "xfail"]
    # A condition could switch the mark off and leave the override in its place.
    return any(mark.kwargs.get("reason") and not mark.args and "condition" not in mark.kwargs for mark in marks)
