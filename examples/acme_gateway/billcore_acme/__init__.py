"""Acme Pay as a gateway of billcore: US dollars by card, decided at once, and refunds."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from attrs import field, frozen, validators
from cattrs import BaseValidationError, structure

from billcore import errors
from billcore.ids import GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import ChargeCommand, RefundCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundSnapshot, RefundStatus
from billcore.ports import gateway as port
from billcore.reasons import Failure

Fields = Mapping[str, str | int]
KINDS = {"paid": port.EventKind.PAYMENT_SUCCEEDED, "refunded": port.EventKind.REFUND_CHANGED}
REJECTIONS = {"too_much": port.RejectedBecause.OVER_REFUND, "nothing_left": port.RejectedBecause.ALREADY_REFUNDED}


@frozen(kw_only=True)
class AcmeRecord:
    """A payment, a refund or an event, as Acme writes it; ``about`` is our id, or an event's payment."""

    id: str
    about: str
    made: int
    state: str = "paid"
    cents: int = 0
    refunds: "list[AcmeRecord]" = field(factory=list)


@frozen(kw_only=True)
class AcmeGateway:
    """One Acme account. ``send(call, fields)`` answers Acme's JSON, or raises the OSError that came instead."""

    send: Callable[[str, Fields], object] = field(repr=False)
    webhook_secret: bytes = field(repr=False, validator=validators.min_len(1))
    name: str = "acme"
    account: str | None = None
    capabilities: port.Capabilities = port.Capabilities(methods=frozenset({Method.CARD}))

    def check_amount(self, amount: Money) -> None:
        if amount.currency != "USD" or not 50 <= amount.minor <= 1_000_000_00:
            raise errors.AmountNotRepresentable(f"Acme takes 0.50 to 1000000.00 USD, asked for {amount}")

    def charge(self, command: ChargeCommand) -> port.ChargeResult:
        self.check_amount(command.amount)
        fields: Fields = {"key": command.operation_id, "card": command.method.id, "cents": command.amount.minor}
        if not (answer := self._ask("pay", fields)):
            return port.Unknown(reason="no answer from Acme")
        payment = self._payment(answer[0])
        return port.Declined(failure=payment.failure) if payment.failure else port.Succeeded(payment)

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self._payment(self._read("payment", {"id": ref.id})[0])

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        return next((self._payment(found) for found in self._read("payments_by", {"key": operation_id})), None)

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self.get_payment(ref)  # Acme decides at once and leaves nothing open.

    def refund(self, command: RefundCommand) -> port.RefundResult:
        fields: Fields = {"key": command.refund_id, "id": command.payment.id, "cents": command.amount.minor}
        try:
            answer = self._ask("refund", fields)
        except errors.GatewayRequestInvalid as no:
            because = REJECTIONS.get(no.provider_code or "", port.RejectedBecause.OTHER)
            return port.RefundRejected(because=because, provider_code=no.provider_code)
        return port.RefundAccepted(self._refund(answer[0])) if answer else port.Unknown(reason="no answer from Acme")

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        return self._refund(self._read("refund_by", {"id": ref.id})[0])

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        return next((each for each in self.get_payment(payment).refunds if each.refund_id == refund_id), None)

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> port.WebhookBatch:
        signature = next((value for name, value in headers.items() if name.lower() == "acme-signature"), "")
        second, _, digest = signature.encode("utf-8", "replace").partition(b" ")
        genuine = hmac.new(self.webhook_secret, second + b"." + body, "sha256").hexdigest().encode()
        is_fresh = second.isdigit() and len(second) < 12 and abs(datetime.now(UTC).timestamp() - int(second)) <= 300
        try:
            event = structure(json.loads(body), AcmeRecord) if hmac.compare_digest(genuine, digest) else None
        except Exception:  # Whatever the parser has to complain about, it is no event.
            event = None
        # Out here, because the context of an error raised above would hold the body.
        if event is None or not is_fresh:
            raise errors.WebhookRejected("not signed by Acme in these five minutes, or no event of Acme's")
        heard = port.GatewayEvent(
            id=event.id,
            kind=KINDS.get(event.state, port.EventKind.IGNORED),
            gateway=self.name,
            account=self.account,
            subject=GatewayRef(self.name, self.account, event.about) if event.about else None,
            occurred_at=datetime.fromtimestamp(event.made, UTC),
        )
        return port.WebhookBatch((heard,))

    def _payment(self, payment: AcmeRecord) -> PaymentSnapshot:
        is_paid = payment.state == "paid"
        return PaymentSnapshot(
            ref=GatewayRef(self.name, self.account, payment.id),
            operation_id=OperationId(payment.about),
            status=PaymentStatus.SUCCEEDED if is_paid else PaymentStatus.FAILED,
            amount=Money(payment.cents, "USD"),
            method=Method.CARD,
            failure=None if is_paid else Failure(code=payment.state),
            refunds=tuple(self._refund(refund) for refund in payment.refunds),
            created_at=datetime.fromtimestamp(payment.made, UTC),
        )

    def _refund(self, refund: AcmeRecord) -> RefundSnapshot:
        return RefundSnapshot(
            ref=GatewayRef(self.name, self.account, refund.id),
            refund_id=RefundId(refund.about),
            amount=Money(refund.cents, "USD"),
            status=RefundStatus.SUCCEEDED,
            created_at=datetime.fromtimestamp(refund.made, UTC),
        )

    def _read(self, call: str, fields: Fields) -> list[AcmeRecord]:
        if (answer := self._ask(call, fields)) is None:
            raise errors.GatewayUnavailable("no answer from Acme")
        return answer

    def _ask(self, call: str, fields: Fields) -> list[AcmeRecord] | None:
        """Acme's answer; None where nobody knows what happened."""
        try:
            answer = self.send(call, fields)
            if isinstance(answer, dict):
                raise errors.GatewayRequestInvalid("Acme refuses the request", provider_code=str(answer.get("error")))
            return structure(answer, list[AcmeRecord])
        except ConnectionRefusedError:
            raise errors.GatewayUnavailable("Acme cannot be reached") from None
        except (OSError, BaseValidationError):
            return None
