"""Every way billcore says no: one tree, split by who must act.

    BillcoreError
    ├── InvalidInput            the caller passed something malformed: mend the call
    │   ├── BadMoney · UnknownCurrency · AmountTooLarge · TooManyDecimals · CurrencyMismatch
    │   ├── BadNumber · BadSplit · BadText · BadDate · BadLine · BadCadence · BadPolicy · BadDocument
    ├── NotFound                nothing of that id in this firm: check the id and the firm
    ├── Refused                 well-formed, but the books' rules say no: tell the person why
    │   ├── NotPermitted · InvalidTransition · EmptyInvoice · NegativeTotal · ReasonRequired
    │   ├── NotPayable · Overpayment · MethodNotAllowed · PaymentInFlight · InvoiceHasPayments
    │   ├── NotRefundable · OverRefund · OverCredit · NothingToApply · ChargeNotOpen · OnHold
    │   ├── MethodInUse · MethodDeclined
    ├── Conflict                somebody else was here first: read again, then decide
    │   ├── StaleWrite          the record changed since it was read: reload and repeat
    │   ├── AlreadyExists       the id is taken
    │   └── RequestIdReused     the request id was used with other parameters
    ├── GatewayProblem          the payment processor: see each
    │   ├── GatewayConfigurationError   key, permission, account or version is wrong: an operator must act
    │   │   └── GatewayPermissionError  the key or the account may not do this: its owner must allow it
    │   ├── GatewayRequestInvalid       the gateway calls the request malformed: nothing happened, mend the call
    │   ├── GatewayUnavailable          certainly not processed: try again later
    │   ├── AmountNotRepresentable      the gateway cannot take this amount in this currency
    │   ├── WebhookRejected             not signed by the gateway, or not readable
    │   ├── UnsupportedByGateway        the gateway does not offer this
    │   └── OutcomeUnknown              no answer yet; no money is involved, and recovery finishes it
    └── HouseRule               the program around billcore is wired wrongly: a developer must act
        ├── UnitOfWorkMisuse    a unit of work used after its end, or opened inside another
        ├── UnknownGateway · UnsafeDatabase · MissingExtra

A message starts in lower case, says what was asked and what is allowed, and never carries a client's data or a secret.
"""

from typing import ClassVar


class BillcoreError(Exception):
    """The root: ``except BillcoreError`` catches everything that billcore itself refuses."""

    code: ClassVar[str] = "billcore_error"


# ── The caller must mend the call ────────────────────────────────────────────────────────────────────────────────────


class InvalidInput(BillcoreError):
    """The argument is malformed; nothing was read or changed."""

    code = "invalid_input"


class BadMoney(InvalidInput):
    """Not an exact amount of money."""

    code = "bad_money"


class UnknownCurrency(InvalidInput):
    """Not an active ISO 4217 code."""

    code = "unknown_currency"


class AmountTooLarge(InvalidInput):
    """Beyond the largest amount that billcore stores."""

    code = "amount_too_large"


class TooManyDecimals(InvalidInput):
    """More decimals than the currency has; rounding is asked for by name, never done silently."""

    code = "too_many_decimals"


class CurrencyMismatch(InvalidInput):
    """Two currencies met in one calculation."""

    code = "currency_mismatch"


class BadNumber(InvalidInput):
    """Not a plain decimal number in the allowed range."""

    code = "bad_number"


class BadSplit(InvalidInput):
    """Weights or parts by which nothing can be split."""

    code = "bad_split"


class BadText(InvalidInput):
    """Text that is empty where it must not be, too long, or cannot be stored."""

    code = "bad_text"


class BadDate(InvalidInput):
    """Not a date or an aware instant where one is needed, or out of order."""

    code = "bad_date"


class BadLine(InvalidInput):
    """A line, allowance, surcharge or tax that cannot be priced."""

    code = "bad_line"


class BadCadence(InvalidInput):
    """A recurrence that has no dates or skips some."""

    code = "bad_cadence"


class BadPolicy(InvalidInput):
    """Settings that contradict each other."""

    code = "bad_policy"


class BadDocument(InvalidInput):
    """JSON that is not the record it claims to be; ``problems`` lists every path."""

    code = "bad_document"

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


# ── Nothing there ────────────────────────────────────────────────────────────────────────────────────────────────────


class NotFound(BillcoreError):
    """No such record in this firm; another firm's id answers exactly the same."""

    code = "not_found"


# ── A person must decide something else ──────────────────────────────────────────────────────────────────────────────


class Refused(BillcoreError):
    """Well-formed, but the rules of the books say no; nothing was changed."""

    code = "refused"


class NotPermitted(Refused):
    """This actor may not do this."""

    code = "not_permitted"


class InvalidTransition(Refused):
    """The record's state does not allow the verb."""

    code = "invalid_transition"


class EmptyInvoice(Refused):
    """An invoice without lines cannot be issued."""

    code = "empty_invoice"


class NegativeTotal(Refused):
    """A document whose total is below zero is a credit note, not an invoice."""

    code = "negative_total"


class ReasonRequired(Refused):
    """The policy asks for a reason."""

    code = "reason_required"


class NotPayable(Refused):
    """The invoice cannot take money: a draft, void, or nothing is left to pay on it."""

    code = "not_payable"


class Overpayment(Refused):
    """More than the balance, where the policy does not take overpayments."""

    code = "overpayment"


class MethodNotAllowed(Refused):
    """This way of paying is not for this actor or this command."""

    code = "method_not_allowed"


class PaymentInFlight(Refused):
    """Money is waiting on a gateway for the same amount: wait for it or cancel it.

    ``invoice_id`` is where it is reserved, ``lacking`` how many minor units of it must come free, at least.
    """

    code = "payment_in_flight"

    def __init__(self, message: str, *, invoice_id: str, lacking: int) -> None:
        super().__init__(message)
        self.invoice_id = invoice_id
        self.lacking = lacking


class InvoiceHasPayments(Refused):
    """Money is on the invoice; refund or unapply it first."""

    code = "invoice_has_payments"


class NotRefundable(Refused):
    """The payment's state or source does not allow a refund."""

    code = "not_refundable"


class OverRefund(Refused):
    """More than what is left to refund of the payment."""

    code = "over_refund"


class OverCredit(Refused):
    """More than what can still be credited or written off on the invoice."""

    code = "over_credit"


class NothingToApply(Refused):
    """The payment has less unapplied money than asked for."""

    code = "nothing_to_apply"


class ChargeNotOpen(Refused):
    """The charge is on an invoice already, or closed."""

    code = "charge_not_open"


class MethodInUse(Refused):
    """A schedule or a pending payment uses the saved method."""

    code = "method_in_use"


class MethodDeclined(Refused):
    """The gateway will not keep this card or account for later charges."""

    code = "method_declined"


class OnHold(Refused):
    """Collection is on hold for this invoice."""

    code = "on_hold"


# ── Read again, then decide ──────────────────────────────────────────────────────────────────────────────────────────


class Conflict(BillcoreError):
    """Somebody else was here first."""

    code = "conflict"


class StaleWrite(Conflict):
    """The record changed since it was read: reload it and repeat the command."""

    code = "stale_write"


class AlreadyExists(Conflict):
    """A record with this id exists."""

    code = "already_exists"


class RequestIdReused(Conflict):
    """The request id was used before with other parameters: a new request needs a new id."""

    code = "request_id_reused"


# ── The payment processor ────────────────────────────────────────────────────────────────────────────────────────────


class GatewayProblem(BillcoreError):
    """The processor's side; an uncertain outcome is never an exception but a value of its own."""

    code = "gateway_problem"


class GatewayConfigurationError(GatewayProblem):
    """Key, permission, account or version is wrong; certainly nothing happened. An operator must act."""

    code = "gateway_configuration"


class GatewayPermissionError(GatewayConfigurationError):
    """The key is good, and may not do this or not in this account; whoever owns the account must allow it."""

    code = "gateway_permission"


class GatewayRequestInvalid(GatewayProblem):
    """The gateway calls the request malformed; certainly nothing happened."""

    code = "gateway_request_invalid"

    def __init__(self, message: str, *, field: str | None = None, provider_code: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.provider_code = provider_code


class GatewayUnavailable(GatewayProblem):
    """Certainly not processed (refused connection, rate limit): safe to try again later."""

    code = "gateway_unavailable"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AmountNotRepresentable(GatewayProblem):
    """The gateway cannot take this amount in this currency; refused before any call."""

    code = "amount_not_representable"


class WebhookRejected(GatewayProblem):
    """Not signed by the gateway, too old, or not readable; carries nothing of the body."""

    code = "webhook_rejected"


class UnsupportedByGateway(GatewayProblem):
    """The gateway does not offer this; its capabilities say so beforehand."""

    code = "unsupported_by_gateway"


class OutcomeUnknown(GatewayProblem):
    """The gateway did not answer an instruction that moves no money; ``billing.recover()`` finishes it."""

    code = "outcome_unknown"


# ── The program around billcore ──────────────────────────────────────────────────────────────────────────────────────


class HouseRule(BillcoreError):
    """The host's program is wired wrongly; no input could have made this call right."""

    code = "house_rule"


class UnitOfWorkMisuse(HouseRule):
    """A unit of work was used after its end, or one was opened (or a gateway called) inside another."""

    code = "unit_of_work_misuse"


class UnknownGateway(HouseRule):
    """No gateway of that name is registered or installed."""

    code = "unknown_gateway"


class UnsafeDatabase(HouseRule):
    """The database is opened in a way that loses updates."""

    code = "unsafe_database"


class MissingExtra(HouseRule, ImportError):
    """An optional part of billcore is not installed; the message holds the command that installs it."""

    code = "missing_extra"
