"""The charge: a billable fact that is on at most one live invoice."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billcore.charges.time import TimeWorked
from billcore.errors import BadLine, BadMoney
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId
from billcore.kinds import of_kind
from billcore.lines import LineItem
from billcore.money import Money
from billcore.texts import optional_text


class ChargeState(Enum):
    """Asked of the facts: is it to be billed, to whom, and which invoice has it. Only what is OPEN is unbilled work."""

    OPEN = "open"
    DRAFTED = "drafted"
    BILLED = "billed"
    NON_BILLABLE = "non_billable"
    PENDING_PAYER = "pending_payer"
    COVERED = "covered"
    WRITTEN_OFF = "written_off"
    DISCARDED = "discarded"


class BillTo(Enum):
    """Who is asked first (C23): the client, an insurer alone, or an insurer and then the client for the rest."""

    CLIENT = "client"
    INSURANCE = "insurance"
    HYBRID = "hybrid"


@frozen(kw_only=True)
class Claim:
    """What an insurer is asked for: a workflow of its own, of which billcore knows the end alone (S3.1).

    ``amount`` is the charge's price before taxes; ``client_part``, once it posted, what of it is left to the client.
    The ``reference`` is the host's and never read.
    """

    amount: Money
    reference: str | None = field(default=None, repr=False)
    client_part: Money | None = None
    posted_at: datetime | None = None

    def __attrs_post_init__(self) -> None:
        optional_text(self.reference, "claim reference", longest=100)
        if self.amount.is_negative:
            raise BadMoney(f"a claim is for nothing or more, asked for {self.amount}")
        if (self.client_part is None) != (self.posted_at is None):
            raise BadMoney("a claim that posted says what is left to the client, and no other does")
        if self.client_part is not None and not Money.zero(self.amount.currency) <= self.client_part <= self.amount:
            raise BadMoney(f"the client's part is from nothing to {self.amount}, asked for {self.client_part}")

    @property
    def payer_part(self) -> Money | None:
        """What the payer answers for; None until the claim posts."""
        return None if self.client_part is None else self.amount - self.client_part


@frozen(kw_only=True, slots=False)
class Charge:
    """Work, an expense or a fixed fee for a client (S3.3, S3.8): what its line on an invoice will say.

    ``time`` is how the line's quantity came about where it was logged. ``claim`` goes with a ``bill_to`` other than the
    client. A charge with ``is_billable`` false is kept for the record and never billed.
    """

    id: ChargeId
    firm_id: FirmId
    client_id: ClientId
    line: LineItem
    added_at: datetime
    time: TimeWorked | None = None
    is_billable: bool = True
    bill_to: BillTo = BillTo.CLIENT
    claim: Claim | None = None
    invoice_id: InvoiceId | None = None
    billed_at: datetime | None = None
    discarded_at: datetime | None = None
    discard_reason: str = field(default="", repr=False)
    written_off_at: datetime | None = None
    write_off_reason: str = field(default="", repr=False)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        of_kind(self.line, LineItem, "line", BadLine)
        of_kind(self.is_billable, bool, "is billable")
        of_kind(self.bill_to, BillTo, "bill to")
        if self.line.charge_ids or self.line.id:
            raise BadLine("a charge's line is new: it has no id and bills no other charge")
        if self.time is not None and self.line.quantity != self.time.hours:
            raise BadLine(
                f"the quantity follows from the time worked, {self.time.hours} hours, asked for {self.line.quantity}; "
                "write the time down, or discard the charge and log it anew"
            )
        if (self.claim is None) != (self.bill_to is BillTo.CLIENT):
            raise BadLine("a charge to an insurer has a claim, and a charge to the client has none")

    @property
    def state(self) -> ChargeState:
        if self.discarded_at is not None:
            return ChargeState.DISCARDED
        if self.written_off_at is not None:
            return ChargeState.WRITTEN_OFF
        if self.invoice_id is not None:
            return ChargeState.DRAFTED if self.billed_at is None else ChargeState.BILLED
        if not self.is_billable:
            return ChargeState.NON_BILLABLE
        if self.claim is None:
            return ChargeState.OPEN
        if self.claim.client_part is None:
            return ChargeState.PENDING_PAYER
        return ChargeState.OPEN if self.claim.client_part.is_positive else ChargeState.COVERED
