"""The contract bites: each broken gateway fails the check that names its fault, and no other."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.contracts_bite.gateways.broken import BrokenGateway
from tests.contracts_bite.gateways.every_broken_gateway import BROKEN

from billcore.testing import GatewayContract

ROOT = Path(__file__).parents[3]
SUITE = Path(__file__).with_name("every_broken_gateway.py")
CHECKS = sorted(name for name in dir(GatewayContract) if name.startswith("test_"))


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The checks that each broken gateway failed."""
    report = tmp_path_factory.mktemp("bites") / "report.xml"
    command = [sys.executable, "-m", "pytest", str(SUITE), f"--junitxml={report}", "--noconftest", "-c", os.devnull]
    quick = ["--import-mode=importlib", "--tb=no", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}

    subprocess.run([*command, *quick], cwd=ROOT, env=environment, capture_output=True, check=False)

    failures: defaultdict[str, set[str]] = defaultdict(set)
    for case in ElementTree.parse(report).iter("testcase"):
        failures[case.attrib["classname"].rpartition(".Test")[2]].update(
            case.attrib["name"] for outcome in case if outcome.tag in ("failure", "error")
        )
    return failures


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_gateway_fails_the_check_that_names_its_fault_and_no_other(
    broken: type[BrokenGateway], failed: dict[str, set[str]]
) -> None:
    assert failed[broken.__name__] == {broken.bites}


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_bitten_by_a_gateway_that_breaks_it(check: str) -> None:
    assert check in {broken.bites for broken in BROKEN}
