"""The shape of the house: imports walk down, every module has a floor, the library comes light."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_MODULE = 400
SAYS_NOTHING = {"common", "helper", "helpers", "misc", "util", "utils"}

# What the library or its host may have installed, and what `import billcore` must leave alone.
NOT_AT_IMPORT = ["stripe", "sqlalchemy", "alembic", "psycopg", "pymysql", "babel", "pytest", "hypothesis"]


def test_every_import_contract_is_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")

    verdict = subprocess.run([lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def test_importing_billcore_imports_no_vendor_and_nothing_heavy() -> None:
    script = f"import sys, billcore; print(*sorted(set({NOT_AT_IMPORT!r}) & set(sys.modules)))"

    imported = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "src", capture_output=True, text=True, check=True
    )

    assert imported.stdout.split() == []


def test_a_module_is_short_enough_to_be_one_thing() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}

    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_a_module_has_a_name_that_says_what_is_in_it() -> None:
    assert [path for path in MODULES if SAYS_NOTHING & {*path.with_suffix("").parts}] == []
