"""Cards and US bank debits through Stripe: ``StripeGateway``, for use with ``Billing(gateways=[...])``.

The SDK (``pip install 'billcore[stripe]'``) is imported at the first call, not by importing this package.
"""

from billcore_stripe.client import API_VERSION
from billcore_stripe.gateway import StripeGateway
from billcore_stripe.webhooks import EVENT_KINDS

__all__ = ["API_VERSION", "EVENT_KINDS", "StripeGateway"]
