"""What holds of every contract: checks that advise, and overrides that show."""

import subprocess
import sys
from pathlib import Path

import pytest

import billcore.testing
from billcore.errors import HouseRule
from billcore.testing import GatewayContract, StoreContract
from billcore.testing.contract import Contract, check, not_judged, on_the_way

SRC = Path(__file__).parents[3] / "src"
CHECKS = [
    getattr(contract, name)
    for contract in (GatewayContract, StoreContract)
    for name in dir(contract)
    if name.startswith("test_")
]


class Promises(Contract):
    @check
    def test_two_and_two_are_four(self) -> None:
        """Count again."""
        assert 2 + 2 == 5


def test_a_failed_check_shows_its_trouble_shooting() -> None:
    with pytest.raises(AssertionError) as failure:
        Promises().test_two_and_two_are_four()

    assert failure.value.__notes__ == ["trouble-shooting: Count again."]


def test_a_check_without_one_line_of_trouble_shooting_is_refused() -> None:
    def test_that_gives_no_advice() -> None:
        pass

    with pytest.raises(HouseRule, match="one line of trouble-shooting"):
        check(test_that_gives_no_advice)


@pytest.mark.parametrize("each", CHECKS, ids=lambda each: each.__name__.removeprefix("test_"))
def test_every_check_of_a_contract_is_a_sentence_with_a_line_of_advice(each: object) -> None:
    name, advice = getattr(each, "__name__", ""), getattr(each, "__doc__", "")

    assert name.count("_") >= 3
    assert advice.endswith(".")
    assert hasattr(each, "__wrapped__"), "not marked with @check"


def test_what_fails_on_the_way_is_not_judged() -> None:
    with pytest.raises(pytest.skip.Exception, match="not judged: ZeroDivisionError"), on_the_way():
        raise ZeroDivisionError

    with pytest.raises(pytest.skip.Exception, match="not judged: too early"), on_the_way():
        not_judged("too early")


# ── Overrides ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_override_of_a_check_is_refused() -> None:
    with pytest.raises(HouseRule, match="TestMine overrides the check test_two_and_two_are_four"):

        class TestMine(Promises):
            def test_two_and_two_are_four(self) -> None:
                pass


def test_a_mixin_overrides_as_a_subclass_does() -> None:
    class Quiet:
        def test_two_and_two_are_four(self) -> None:
            pass

    with pytest.raises(HouseRule, match="TestMine overrides the check test_two_and_two_are_four"):

        class TestMine(Quiet, Promises):
            pass


def test_taking_a_check_away_is_an_override() -> None:
    with pytest.raises(HouseRule, match="overrides the check"):

        class TestMine(Promises):
            test_two_and_two_are_four = None  # type: ignore[assignment]


def test_an_override_that_is_a_known_failure_with_its_reason_is_accepted() -> None:
    class TestMine(Promises):
        @pytest.mark.xfail(reason="the sandbox counts in base three")
        def test_two_and_two_are_four(self) -> None:
            super().test_two_and_two_are_four()

        def test_something_of_my_own(self) -> None:
            pass

    assert issubclass(TestMine, Promises)


@pytest.mark.parametrize(
    "mark",
    [
        pytest.mark.xfail,
        pytest.mark.xfail(reason=""),
        pytest.mark.xfail(False, reason="never"),
        pytest.mark.xfail(condition=False, reason="never"),
        pytest.mark.skip(reason="slow"),
    ],
    ids=["without reason", "empty reason", "switched off", "condition off", "skip"],
)
def test_a_mark_that_hides_the_override_is_refused(mark: pytest.MarkDecorator) -> None:
    with pytest.raises(HouseRule, match="overrides the check"):

        class TestMine(Promises):
            @mark
            def test_two_and_two_are_four(self) -> None:
                pass


# ── As a user meets it ───────────────────────────────────────────────────────────────────────────────────────────────

A_USER_S_TEST = """
import pytest
from billcore.testing import FakeGateway, GatewayContract, GatewayHarness, ManualClock

class TestMine(GatewayContract):
    @pytest.fixture
    def gateway(self): return FakeGateway(ManualClock())

    @pytest.fixture
    def harness(self): return GatewayHarness(now=ManualClock().now, good_token="card_ok", declined_token="card_ok")
"""


def test_a_user_sees_what_failed_why_and_what_was_skipped_for_want_of_what(tmp_path: Path) -> None:
    suite = tmp_path / "test_mine.py"
    suite.write_text(A_USER_S_TEST, encoding="utf-8")

    run = [sys.executable, "-m", "pytest", str(suite), "--rootdir", str(tmp_path), "-p", "no:cacheprovider", "-rfs"]
    seen = subprocess.run(
        run, cwd=tmp_path, env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=False
    ).stdout

    assert "FAILED test_mine.py::TestMine::test_a_decline_is_an_answer_with_a_reason" in seen
    assert "where False = isinstance(Succeeded(" in seen, "the assert is not rewritten"
    assert "trouble-shooting: Return Declined with a failure code" in seen
    assert "harness.pending_token is not given" in seen
    assert "capabilities.two_step is false" in seen
    assert "not judged: the charge was not declined" in seen
    assert "1 failed" in seen


def test_without_pytest_the_fake_gateway_is_there_and_a_contract_says_what_to_install() -> None:
    script = """
import sys
sys.modules["pytest"] = None
import billcore.testing
billcore.testing.FakeGateway(billcore.testing.ManualClock())
from billcore.errors import MissingExtra
try:
    billcore.testing.GatewayContract
except MissingExtra as missing:
    print(missing)
"""

    seen = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True
    )

    assert seen.stdout == "GatewayContract needs pytest: pip install 'billcore[testing]'\n"


def test_every_public_name_is_there_and_no_other() -> None:
    assert [getattr(billcore.testing, name).__class__ for name in billcore.testing.__all__]
    assert billcore.testing.__all__ == sorted(billcore.testing.__all__, key=lambda name: (not name.isupper(), name))
    with pytest.raises(AttributeError, match="no attribute 'Gatway'"):
        billcore.testing.__getattr__("Gatway")
