"""The count of proved rules can be trusted: a failed, skipped or mistyped mark never raises it."""

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester) -> "Run":
    return Run(pytester)


class Run:
    """Runs a test module with the plugin, in a pytest of its own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester

    def __call__(self, source: str, *arguments: str) -> pytest.RunResult:
        self._pytester.makepyfile("import pytest\n" + source)
        return self._pytester.runpytest("-p", "tests.rules_plugin", "-p", "no:cacheprovider", *arguments)


PASSES = """
@pytest.mark.rule("S1.24", "S1.25")
def test_passes(): pass
"""
FAILS = """
@pytest.mark.rule("S1.25")
def test_fails(): assert False
"""


def test_a_rule_counts_when_its_test_passes(run: Run) -> None:
    result = run(PASSES)

    result.stdout.fnmatch_lines(["rules: 2 of 160"])


def test_a_rule_does_not_count_when_one_of_its_tests_fails(run: Run) -> None:
    result = run(PASSES + FAILS)

    result.stdout.fnmatch_lines(["rules: 1 of 160"])


@pytest.mark.parametrize(
    "test",
    [
        '@pytest.mark.skip(reason="later")\n@pytest.mark.rule("S1.24")\ndef test_it(): pass',
        '@pytest.mark.xfail\n@pytest.mark.rule("S1.24")\ndef test_it(): assert False',
        "@pytest.fixture\ndef broken():\n    yield\n    assert False\n"
        '@pytest.mark.rule("S1.24")\ndef test_it(broken): pass',
    ],
    ids=["skipped", "expected to fail", "failed in teardown"],
)
def test_a_rule_counts_only_when_its_test_ran_and_passed_to_the_end(run: Run, test: str) -> None:
    result = run(test)

    result.stdout.fnmatch_lines(["rules: 0 of 160"])


def test_the_count_is_the_same_when_the_tests_are_spread_over_processes(run: Run) -> None:
    result = run(PASSES + FAILS, "-n", "2")

    result.stdout.fnmatch_lines(["rules: 1 of 160"])


@pytest.mark.parametrize("spread", [[], ["-n", "2"]], ids=["one process", "two processes"])
def test_an_unknown_rule_fails_the_collection_with_a_sentence(run: Run, spread: list[str]) -> None:
    result = run('@pytest.mark.rule("S9.1")\ndef test_it(): pass', *spread)

    result.stdout.fnmatch_lines(["*test_it: 'S9.1' is not the id of a rule; tests/rules.txt lists them"])
    result.assert_outcomes(errors=1)


def test_a_mark_without_an_id_fails_the_collection(run: Run) -> None:
    result = run("@pytest.mark.rule\ndef test_it(): pass")

    result.stdout.fnmatch_lines(["*test_it: a rule mark takes one or more ids*"])
    result.assert_outcomes(errors=1)


def test_the_rules_that_no_test_proves_can_be_listed(run: Run) -> None:
    result = run(PASSES, "--missing-rules")

    result.stdout.fnmatch_lines(["not proved: S4.12 managing updates the subscription's payment method"])
    result.stdout.no_fnmatch_line("not proved: S1.24*")
