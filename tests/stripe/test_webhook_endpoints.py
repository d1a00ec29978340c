"""The endpoints of docs/how-to/stripe.md, run as they stand there, each in its framework where that is installed."""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from tests.stripe.events import event, signed
from tests.stripe.loopback import Loopback
from tests.stripe.peers import WEBHOOK_SECRET, gateway_to

from billcore import Billing, MemoryStore
from billcore_stripe import StripeGateway

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "stripe.md"
URL = "/webhooks/stripe"
Post = Callable[[bytes, dict[str, str]], int]


@pytest.fixture
def _myapp(monkeypatch: pytest.MonkeyPatch, loopback: Loopback) -> None:
    """The host's own module that makes ``billing``."""
    module = ModuleType("myapp.billing")
    module.billing = Billing(MemoryStore(), [gateway_to(loopback.url)])  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "myapp", ModuleType("myapp"))
    monkeypatch.setitem(sys.modules, "myapp.billing", module)


def documented(framework: str) -> dict[str, object]:
    """The names that the page's example for this framework defines."""
    found = re.search(rf"### {framework}\n\n<!-- skip: next -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    namespace: dict[str, object] = {"__name__": "endpoint"}
    exec(found[1], namespace)
    return namespace


def in_flask() -> Post:
    pytest.importorskip("flask", reason="flask is not installed")
    client = documented("Flask")["app"].test_client()  # type: ignore[attr-defined]
    return lambda body, headers: int(client.post(URL, data=body, headers=headers).status_code)


def in_fastapi() -> Post:
    pytest.importorskip("fastapi", reason="fastapi is not installed")
    pytest.importorskip("httpx", reason="httpx is not installed")
    testclient = pytest.importorskip("fastapi.testclient")
    client = testclient.TestClient(documented("FastAPI")["app"])
    return lambda body, headers: int(client.post(URL, content=body, headers=headers).status_code)


def in_django() -> Post:
    pytest.importorskip("django", reason="django is not installed")
    settings = import_module("django.conf").settings
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["testserver"], ROOT_URLCONF="endpoint", SECRET_KEY="for tests")
    module = ModuleType("endpoint")
    module.__dict__.update(documented("Django"))
    sys.modules["endpoint"] = module
    client = import_module("django.test").Client(enforce_csrf_checks=True)
    return lambda body, headers: int(
        client.post(URL, data=body, content_type="application/json", headers=headers).status_code
    )


@pytest.mark.usefixtures("_myapp")
@pytest.mark.parametrize("framework", [in_flask, in_fastapi, in_django])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_documented_endpoint_takes_what_stripe_signed_and_refuses_the_rest(framework: Callable[[], Post]) -> None:
    post = framework()
    body = json.dumps(event(), indent=2).encode()
    good = signed(body, secrets=(WEBHOOK_SECRET,), at=datetime.now(UTC))

    statuses = {
        "genuine": post(body, good),
        "repeated": post(body, good),
        "forged": post(body.replace(b"pi_1", b"pi_2"), good),
        "unsigned": post(body, {}),
        "rubbish": post(b"\xff\xfe", good),
    }

    assert statuses == {"genuine": 200, "repeated": 200, "forged": 400, "unsigned": 400, "rubbish": 400}


def test_the_page_names_every_permission_that_the_gateway_uses() -> None:
    package = Path(sys.modules[StripeGateway.__module__].__file__ or "").parent
    used = {name for path in package.glob("*.py") for name in re.findall(r'"/v1/(\w+)|f"/v1/(\w+)', path.read_text())}
    resources = {one or other for one, other in used}
    page = PAGE.read_text().lower().replace(" ", "_").replace("intents", "_intents").replace("methods", "_methods")

    assert {resource for resource in resources if resource not in page} == set()
