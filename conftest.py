"""What every test run needs: the count of proved rules, and the documentation's code run as tests.

The ```` ```python ```` blocks of README.md and of a page in docs/ run in the page's one namespace and in an
empty directory. The comment ``<!-- skip: next -->`` before a block says that it is not run.
"""

from collections.abc import Callable
from contextlib import ExitStack, chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_plugins = ["tests.rules_plugin", "tests.databases"]

# tests/test_examples.py runs the scripts, and tests/typing is type-checked: importing either proves nothing.
collect_ignore = [str(script) for script in Path(__file__).with_name("examples").glob("*.py")]
collect_ignore_glob = ["tests/typing/*"]


def _enter_an_empty_directory(namespace: dict[str, object]) -> None:
    stack = ExitStack()
    stack.enter_context(chdir(stack.enter_context(TemporaryDirectory())))
    namespace["_leave_the_directory"] = stack.close


def _leave_it(namespace: dict[str, Callable[[], None]]) -> None:
    namespace["_leave_the_directory"]()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=["*/README.md"],
    setup=_enter_an_empty_directory,
    teardown=_leave_it,
).pytest()
