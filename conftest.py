"""What every test run needs: the count of proved rules, and the documentation's code run as tests.

The ```` ```python ```` blocks of README.md and of a page in docs/ run in the page's one namespace and in an
empty directory. The comment ``<!-- skip: next -->`` before a block says that it is not run.
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

pytest_plugins = ["tests.rules_plugin"]

# tests/test_examples.py runs the scripts, and tests/typing is type-checked: importing either proves nothing.
collect_ignore = [str(script) for script in Path(__file__).with_name("examples").glob("*.py")]
collect_ignore_glob = ["tests/typing/*"]


def _enter_an_empty_directory(namespace: dict[str, object]) -> None:
    directory = TemporaryDirectory()
    namespace["_left"], namespace["_directory"] = Path.cwd(), directory
    os.chdir(directory.name)


def _leave_it(namespace: dict[str, object]) -> None:
    os.chdir(str(namespace["_left"]))
    directory = namespace["_directory"]
    assert isinstance(directory, TemporaryDirectory)
    directory.cleanup()


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "docs/*.md", "docs/*/*.md"],
    excludes=["*/README.md"],
    setup=_enter_an_empty_directory,
    teardown=_leave_it,
).pytest()
