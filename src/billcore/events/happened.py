"""What every event has: the firm, the moment, the business date, and who did it."""

from datetime import date, datetime

from attrs import Factory, frozen

from billcore.actors import Actor
from billcore.ids import FirmId, InvoiceId
from billcore.money import Money


@frozen
class Part:
    """An amount of a payment on one invoice."""

    invoice_id: InvoiceId
    amount: Money


@frozen(kw_only=True)
class Happened:
    """``at`` is the moment; ``on`` the business date on which it counts, by default the date of ``at`` as given."""

    firm_id: FirmId
    at: datetime
    by: Actor
    on: date = Factory(lambda self: self.at.date(), takes_self=True)
