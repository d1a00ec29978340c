"""The faults that were put into the library are published, and the library still has the places to put them into."""

import re
from pathlib import Path
from shutil import copytree

import pytest
from tests.faults.conftest import IS_LONG
from tests.faults.seeded import FAULTS, ROOT, Fault, judge
from tests.faults.stripe_bank import IS_HERE


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_seeded_fault_can_still_be_put_in(fault: Fault, tmp_path: Path) -> None:
    copytree(ROOT / "src", tmp_path / "src")

    fault.put_into(tmp_path)

    assert (tmp_path / fault.path).read_text() != (ROOT / fault.path).read_text()


def test_the_published_table_lists_the_seeded_faults() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()

    assert re.findall(r"^\| (.+?) \| `test_", page, re.MULTILINE) == [fault.what for fault in FAULTS]


@pytest.mark.skipif(not IS_LONG, reason="each takes a copy of the project and a run of its tests: make faults")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_seeded_fault_is_caught(fault: Fault) -> None:
    if fault.tests == "test_stripe.py" and not IS_HERE:
        pytest.skip("the stand-in is absent: set BILLCORE_STRIPE_TWIN to its folder")

    judged = judge(fault)

    assert judged.is_caught, judged.by
