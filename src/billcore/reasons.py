"""On whose initiative money moves, why it did not, and why it is given back: small closed vocabularies."""

from enum import Enum
from typing import Final

from attrs import field, frozen

NOT_PROCESSED: Final = "not_processed"
"""The failure of what its gateway certainly never carried out: nobody's bank was asked."""


class Initiator(Enum):
    """On whose initiative a charge is made; gateways need to know whether the client is present."""

    CLIENT = "client"
    STAFF = "staff"
    AUTOPAY = "auto-pay"
    BACKFILL = "back-fill"

    @property
    def is_off_session(self) -> bool:
        """Whether the client is away and cannot answer a challenge."""
        return self is not Initiator.CLIENT

    @property
    def is_collecting(self) -> bool:
        """Whether it collects what stands open, and keeps off what is on hold or waits for its client."""
        return self in (Initiator.AUTOPAY, Initiator.BACKFILL)


class RefundReason(Enum):
    """Why money is given back (S1.32); a gateway may know fewer, ours is kept (S1.39)."""

    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    SERVICE_NOT_RENDERED = "service_not_rendered"
    OTHER = "other"


class Retry(Enum):
    """What may be done after a decline."""

    NEVER = "never"
    LATER = "later"
    NEW_METHOD = "new_method"
    CLIENT_ACTION = "client_action"


@frozen(kw_only=True)
class Failure:
    """Why a payment did not go through, in our small vocabulary and in the gateway's own words."""

    code: str
    provider_code: str | None = None
    message: str = field(default="", repr=False)
    retry: Retry = Retry.NEW_METHOD
