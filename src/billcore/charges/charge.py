"""The charge: a billable fact that is on at most one live invoice."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billcore.errors import BadLine
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId
from billcore.lines import LineItem


class ChargeState(Enum):
    """Asked of the facts: which invoice has it, and is that one issued."""

    OPEN = "open"
    DRAFTED = "drafted"
    BILLED = "billed"
    DISCARDED = "discarded"


@frozen(kw_only=True)
class Charge:
    """Work, an expense or a fixed fee for a client (S3.3, S3.8): what its line on an invoice will say."""

    id: ChargeId
    firm_id: FirmId
    client_id: ClientId
    line: LineItem
    added_at: datetime
    invoice_id: InvoiceId | None = None
    billed_at: datetime | None = None
    discarded_at: datetime | None = None
    discard_reason: str = field(default="", repr=False)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        if self.line.charge_ids or self.line.id:
            raise BadLine("a charge's line is new: it has no id and bills no other charge")

    @property
    def state(self) -> ChargeState:
        if self.discarded_at is not None:
            return ChargeState.DISCARDED
        if self.invoice_id is None:
            return ChargeState.OPEN
        return ChargeState.DRAFTED if self.billed_at is None else ChargeState.BILLED
