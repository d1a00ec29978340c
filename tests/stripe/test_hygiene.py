"""Secrets, global state, the lazy import: what a host's security review asks first."""

import logging
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from tests.stripe import commands
from tests.stripe.loopback import Loopback
from tests.stripe.peers import SECRET_KEY, WEBHOOK_SECRET, gateway_to, misbehave

from billcore.errors import GatewayConfigurationError, GatewayProblem, MissingExtra
from billcore.ids import GatewayRef
from billcore.payments.observation import MethodSnapshot
from billcore_stripe import API_VERSION, StripeGateway

SRC = Path(__file__).parents[2] / "src"
CANARIES = [
    SECRET_KEY,
    WEBHOOK_SECRET,
    "pi_secret_canary",
    "seti_secret_canary",
    "Patel",
    "patel@example.com",
    "INV-1001",
]


def python(script: str, **environment: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=SRC, env={"PATH": "", **environment}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_importing_and_making_a_gateway_does_not_import_the_sdk() -> None:
    script = """
import sys
from billcore_stripe import StripeGateway
StripeGateway(api_key="sk_test_1")
print("stripe" in sys.modules)
"""
    assert python(script) == "False"


def test_without_the_sdk_the_error_says_what_to_install() -> None:
    script = """
import sys
sys.modules["stripe"] = None
from billcore_stripe import StripeGateway
try:
    StripeGateway(api_key="sk_test_1")
except ImportError as error:
    print(type(error).__name__, error)
"""
    said = python(script)

    assert said == f"{MissingExtra.__name__} the Stripe gateway needs the stripe SDK: pip install 'billcore[stripe]'"


def test_a_call_leaves_no_file_and_sends_no_telemetry(loopback: Loopback, tmp_path: Path) -> None:
    script = f"""
from billcore.errors import GatewayProblem
from billcore.ids import GatewayRef
from billcore_stripe import StripeGateway
gateway = StripeGateway(api_key="sk_test_1", base_addresses={{"api": "{loopback.url}"}})
for _ in range(2):
    try:
        gateway.get_payment(GatewayRef("stripe", None, "pi_1"))
    except GatewayProblem:
        pass
import stripe
print(stripe.api_key, stripe.max_network_retries == __import__("stripe").max_network_retries)
"""
    said = python(script, XDG_CONFIG_HOME=str(tmp_path), HOME=str(tmp_path))

    assert said.startswith("None")
    assert [*tmp_path.rglob("*")] == []
    assert not [name for _, _, _, headers in loopback.requests for name in headers if "telemetry" in name]
    assert not [1 for _, _, _, headers in loopback.requests if "platform" in headers["x-stripe-client-user-agent"]]


def test_every_request_names_the_version_and_every_bound_one_the_account(loopback: Loopback) -> None:
    firm = gateway_to(loopback.url).for_account("acct_1")
    method = firm.attach_method(commands.attach_at("acct_1"))
    assert isinstance(method, MethodSnapshot)
    firm.charge(commands.charge(method))

    seen = {(headers["stripe-version"], headers["stripe-account"]) for _, _, _, headers in loopback.requests}

    assert seen == {(API_VERSION, "acct_1")}


def test_two_gateways_keep_their_keys_apart(loopback: Loopback) -> None:
    one = StripeGateway(api_key="sk_test_one", base_addresses={"api": loopback.url})
    two = StripeGateway(api_key="sk_test_two", base_addresses={"api": loopback.url})
    for gateway in (one, two, one):
        with pytest.raises(GatewayProblem):
            gateway.get_payment(GatewayRef("stripe", None, "pi_1"))

    keys = [headers["authorization"] for _, _, _, headers in loopback.requests]

    assert keys == ["Bearer sk_test_one", "Bearer sk_test_two", "Bearer sk_test_one"]


@pytest.mark.parametrize(
    "kind", ["none", "rate_limit", "unauthorized", "permission", "html", "truncated", "reset_after"]
)
def test_no_secret_and_no_clients_data_in_logs_reprs_or_tracebacks(
    loopback: Loopback, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = gateway_to(loopback.url)
    method = gateway.attach_method(commands.attach())
    assert isinstance(method, MethodSnapshot)
    command = commands.charge(method)
    gateway.begin_setup(commands.attach("", operation="op_setup"))
    misbehave(loopback, kind, "/payment_intents", times=9 if kind != "none" else 0)

    try:
        said = repr(gateway.charge(command))
    except GatewayProblem as error:
        said = _told_by(error)

    said += caplog.text + repr(gateway) + str(gateway) + repr(gateway.for_account("acct_1")) + repr(command)
    assert [canary for canary in CANARIES if canary in said] == []


def test_a_host_keeps_the_logs_of_its_own_use_of_the_sdk(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="stripe")
    with pytest.raises(GatewayProblem):
        gateway_to(loopback.url).get_payment(GatewayRef("stripe", None, "pi_1"))
    assert caplog.records == []

    logging.getLogger("stripe").info("the host's own")

    assert [record.message for record in caplog.records] == ["the host's own"]


@pytest.mark.parametrize("key", ["", " ", "pk_test_1", "whsec_1", "sk_test_1\n", "sk test", "sk_é"])
def test_a_key_that_is_none_is_refused_at_once_without_repeating_it(key: str) -> None:
    with pytest.raises(GatewayConfigurationError) as caught:
        StripeGateway(api_key=key)

    assert key.strip() == "" or key.strip() not in str(caught.value)


@pytest.mark.parametrize("secrets", ["whsec_1", [""], ["whsec_1", " "], [None]])
def test_an_empty_webhook_secret_is_refused_at_once(secrets: list[str]) -> None:
    with pytest.raises(GatewayConfigurationError):
        StripeGateway(api_key="sk_test_1", webhook_secrets=secrets)


@pytest.mark.parametrize("account", ["", "acme", "acct_1\r\nX-Other: 1", "acct_"])
def test_an_account_that_is_none_is_refused_at_once(account: str) -> None:
    with pytest.raises(GatewayConfigurationError):
        StripeGateway(api_key="sk_test_1").for_account(account)


def _told_by(error: BaseException) -> str:
    """All that an error tracker sends: the chain, the arguments, and the variables of our own frames."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if "billcore" in frame.f_code.co_filename]
    variables = [repr(value) for frame in frames for value in frame.f_locals.values()]
    return "".join(
        [*traceback.format_exception(error, chain=True), repr(error.args), repr(error.__context__), *variables]
    )
