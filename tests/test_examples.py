"""Every script of examples/ runs as its reader runs it, twice in one folder, without a word on stderr."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_an_example_runs_and_runs_again(script: Path, tmp_path: Path) -> None:
    for _ in range(2):
        run = subprocess.run([sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True)

        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.strip()


def test_the_readme_shows_the_quickstart_as_it_is_and_it_is_one_page() -> None:
    root = Path(__file__).parents[1]
    quickstart = (root / "examples" / "quickstart.py").read_text()

    assert quickstart in (root / "README.md").read_text(), "README.md shows another quickstart than examples/ has"
    assert len(quickstart.splitlines()) <= 60
