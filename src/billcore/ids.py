"""Identifiers: one type per kind of record, so that a payment's id cannot be passed for an invoice's."""

from typing import NewType

from attrs import frozen

from billcore.texts import optional_text, text

FirmId = NewType("FirmId", str)
ClientId = NewType("ClientId", str)
CatalogItemId = NewType("CatalogItemId", str)
ChargeId = NewType("ChargeId", str)
InvoiceId = NewType("InvoiceId", str)
LineId = NewType("LineId", str)
CreditNoteId = NewType("CreditNoteId", str)
PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
MethodId = NewType("MethodId", str)
OperationId = NewType("OperationId", str)
ScheduleId = NewType("ScheduleId", str)
OccurrenceId = NewType("OccurrenceId", str)


@frozen
class GatewayRef:
    """An object at a payment gateway: its id means nothing without the gateway and the account it lives in.

    ``account`` is None for the gateway's own default account. What no database can keep and find again is BadText.
    """

    gateway: str
    account: str | None
    id: str

    def __attrs_post_init__(self) -> None:
        text(self.gateway, "gateway", longest=100, required=True)
        optional_text(self.account, "account", longest=191)
        text(self.id, "the gateway's id", longest=255, required=True)
