"""What a host hands in to reach Stripe, checked when the gateway is made: not at the first payment of the night."""

import re
from collections.abc import Sequence

from billcore.errors import GatewayConfigurationError


def checked_key(value: str) -> str:
    """A secret or restricted key; a publishable key or a webhook secret in its place is the usual mix-up."""
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]+", value) or value.startswith(("pk_", "whsec_")):
        raise GatewayConfigurationError("api_key must be one of Stripe's secret or restricted keys, sk_… or rk_…")
    return value


def checked_secrets(value: Sequence[str]) -> tuple[str, ...]:
    """The signing secrets of the webhook endpoints; each non-empty, because an empty one would verify anybody's."""
    if isinstance(value, str):
        raise GatewayConfigurationError("webhook_secrets is a list: write webhook_secrets=['whsec_…']")
    secrets = tuple(value)
    if any(not isinstance(secret, str) or not secret.strip() for secret in secrets):
        raise GatewayConfigurationError("every one of webhook_secrets must be text that is not empty, whsec_…")
    return secrets


def checked_account(value: str | None) -> str | None:
    """A connected account's id; None is the key's own account."""
    if value is not None and (not isinstance(value, str) or not re.fullmatch(r"acct_[A-Za-z0-9_]+", value)):
        raise GatewayConfigurationError("a connected account is named by its id, acct_…")
    return value
