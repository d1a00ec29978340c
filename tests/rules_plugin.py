"""Counts the product rules that tests prove: ``@pytest.mark.rule("S1.24")`` and, last, ``rules: N of 160``.

A rule counts when every test marked with it passed; ``--missing-rules`` lists the others. An id that is not
in rules.txt fails the collection, so that a typing mistake cannot pass for coverage.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

PROPERTY = "rule"  # User properties are what a test report carries from an xdist worker to the controller.


def read_rules() -> dict[str, str]:
    """Every rule's title by its id, in the order of rules.txt."""
    lines = Path(__file__).with_name("rules.txt").read_text(encoding="utf-8").splitlines()
    return {rule_id: title for rule_id, _, title in (line.partition(" ") for line in lines)}


class RuleCoverage:
    """Which rules the tests of this session proved."""

    def __init__(self, rules: dict[str, str]) -> None:
        self._rules = rules
        self._tests_of: dict[str, set[str]] = {}
        self._not_passed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        items = [node for node in report.result or () if isinstance(node, pytest.Item)]
        mistakes = [mistake for item in items if (mistake := self._mistake(item)) is not None]
        if mistakes:
            report.outcome, report.result, report.longrepr = "failed", [], "\n".join(mistakes)
        else:
            for item in items:
                item.user_properties += [(PROPERTY, rule_id) for rule_id in marked_rules(item)]
        return report

    def _mistake(self, item: pytest.Item) -> str | None:
        for mark in item.iter_markers("rule"):
            if not mark.args or mark.kwargs:
                return f'{item.name}: a rule mark takes one or more ids, such as @pytest.mark.rule("S1.24")'
            for rule_id in mark.args:
                if rule_id not in self._rules:
                    return f"{item.name}: {rule_id!r} is not the id of a rule; tests/rules.txt lists them"
        return None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, rule_id in report.user_properties:
            if name == PROPERTY:
                self._tests_of.setdefault(str(rule_id), set()).add(report.nodeid)
        if not report.passed:
            self._not_passed.add(report.nodeid)

    def proved(self) -> set[str]:
        """The ids of the rules whose every marked test passed."""
        return {rule_id for rule_id, tests in self._tests_of.items() if not tests & self._not_passed}

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        proved = self.proved()
        if terminalreporter.config.getoption("missing_rules"):
            for rule_id, title in self._rules.items():
                if rule_id not in proved:
                    terminalreporter.write_line(f"not proved: {rule_id} {title}")
        terminalreporter.write_line(f"rules: {len(proved)} of {len(self._rules)}")


def marked_rules(item: pytest.Item) -> list[str]:
    """The ids that a test, its class and its module are marked with, each once."""
    return list(dict.fromkeys(rule_id for mark in item.iter_markers("rule") for rule_id in mark.args))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--missing-rules", action="store_true", help="list the rules that no test proves")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "rule(*ids): the rules of tests/rules.txt that a test proves")
    config.pluginmanager.register(RuleCoverage(read_rules()), "rule-coverage")
