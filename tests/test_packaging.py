"""What ``pip install billcore`` gives a host: three typed packages, four dependencies, clear sentences."""

import subprocess
import sys
from email.message import Message
from email.parser import Parser
from importlib.metadata import entry_points
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["billcore", "billcore_sqlalchemy", "billcore_stripe"]

# Each extra, a use of it, and what a host lacks that never installed it.
EXTRAS = [
    ("sqlalchemy", "import billcore_sqlalchemy", "sqlalchemy"),
    ("stripe", "from billcore_stripe import StripeGateway; StripeGateway(api_key='sk_test_none')", "stripe"),
    ("testing", "from billcore.testing import GatewayContract", "pytest"),
]

# A host that never installed one package: it is not found where Python looks for packages.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == {absent!r} else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (path,) = folder.iterdir()
    return ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    (path,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(path).decode())


def test_the_wheel_holds_the_three_packages_and_nothing_else(wheel: ZipFile) -> None:
    folders = {name.partition("/")[0] for name in wheel.namelist()}

    assert {folder for folder in folders if not folder.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed_for_its_users(wheel: ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()
    assert f"{package}/__init__.py" in wheel.namelist()


def test_the_core_depends_on_four_libraries_only(metadata: Message) -> None:
    required = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]

    assert {line.partition(">=")[0] for line in required} == {"attrs", "cattrs", "python-dateutil", "babel"}


def test_every_dependency_names_its_oldest_version(metadata: Message) -> None:
    required = metadata.get_all("Requires-Dist", [])

    assert [line for line in required if ">=" not in line and not line.startswith("billcore[")] == []


def test_the_extras_are_the_documented_ones(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == {"stripe", "sqlalchemy", "testing", "all", "dev"}


def test_the_stripe_gateway_is_found_by_its_name() -> None:
    (found,) = entry_points(group="billcore.gateways", name="stripe")

    assert found.load().__qualname__ == "StripeGateway"


@pytest.mark.parametrize(("extra", "use", "absent"), EXTRAS, ids=[extra for extra, _, _ in EXTRAS])
def test_a_missing_extra_is_one_sentence_with_the_command_that_installs_it(extra: str, use: str, absent: str) -> None:
    ask = f"try:\n    {use}\nexcept ImportError as error:\n    print(error.code, error)"

    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(absent=absent) + ask],
        cwd=ROOT / "src",
        capture_output=True,
        text=True,
        check=True,
    )

    (sentence,) = answer.stdout.splitlines()
    assert sentence.startswith("missing_extra ")
    assert f"pip install 'billcore[{extra}]'" in sentence


@pytest.mark.parametrize("absent", ["stripe", "sqlalchemy", "pytest"])
def test_the_core_and_its_fake_gateway_work_without_any_extra(absent: str) -> None:
    use = "import billcore; from billcore.testing import FakeGateway"

    subprocess.run([sys.executable, "-c", WITHOUT.format(absent=absent) + use], cwd=ROOT / "src", check=True)
