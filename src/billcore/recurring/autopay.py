"""Auto-pay: which saved method pays the invoices of a schedule, and what is to be done about one of them on a day."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta, tzinfo
from typing import Final

from attrs import frozen

from billcore.errors import GatewayConfigurationError, GatewayPermissionError
from billcore.evolving import evolve
from billcore.ids import MethodId
from billcore.invoices.invoice import Invoice
from billcore.methods import SavedMethod, default_of
from billcore.payments.payment import Payment, PaymentState
from billcore.reasons import NOT_PROCESSED, Initiator, Retry
from billcore.recurring.occurrence import Bill
from billcore.recurring.retries import next_attempt
from billcore.recurring.schedule import Schedule

NO_METHOD: Final = "no_method"
METHOD_EXPIRED: Final = "method_expired"
DECLINED: Final = "declined"

_FELL_THROUGH: Final = frozenset(
    {PaymentState.FAILED, PaymentState.CANCELED, PaymentState.RETURNED, PaymentState.CHARGED_BACK}
)
_NOBODY_WAS_ASKED: Final = frozenset({NOT_PROCESSED, GatewayConfigurationError.code, GatewayPermissionError.code})
"""Why a try never came to the client's bank: it was lost on the way, or the firm's own key was wrong."""


@frozen
class Charge:
    """Try now; ``number`` counts the tries from 1."""

    method_id: MethodId
    number: int


@frozen
class Rest:
    """Nothing to do before that day."""

    until: date


@frozen
class Stop:
    """Auto-pay gives up, and a person has to look."""

    code: str


@frozen
class Done:
    """Nothing is left to pay, or auto-pay is off."""


Decision = Charge | Rest | Stop | Done


def pays(schedule: Schedule, methods: Iterable[SavedMethod]) -> SavedMethod | None:
    """The active method that auto-pay charges: the schedule's own, or else the client's default (S1.5, S4.12).

    None where auto-pay is off, or where there is no such method; never another one than the client agreed to.
    """
    if not schedule.autopay:
        return None
    if schedule.method_id is None:
        return default_of(methods)
    return next((method for method in methods if method.id == schedule.method_id and method.is_active), None)


def paid_by(method: SavedMethod, schedules: Iterable[Schedule], methods: Iterable[SavedMethod]) -> tuple[Schedule, ...]:
    """Those of the client's *schedules* that are not over and that *method* pays (S4.8)."""
    known = tuple(methods)
    payers = ((schedule, pays(schedule, known)) for schedule in schedules if not schedule.is_over)
    return tuple(schedule for schedule, payer in payers if payer is not None and payer.id == method.id)


def awaiting(invoice: Invoice, schedule: Schedule, bill: Bill) -> Invoice:
    """The new invoice of a schedule, to be charged when it falls due.

    Of occurrences that are billed together after a break only the latest is: at most one charge in a catch-up.
    """
    return evolve(invoice, autopay_on=invoice.due_on) if schedule.autopay and not bill.is_late else invoice


def decide(
    invoice: Invoice,
    schedule: Schedule,
    methods: Iterable[SavedMethod],
    payments: Sequence[Payment],
    *,
    on: date,
    timezone: tzinfo,
) -> Decision:
    """What auto-pay does about an invoice of *schedule* on the firm's day *on*; *payments* are those of the invoice.

    It never charges beside money that is on its way or a client who may be paying at this moment, nor while
    collection is on hold (C5). A schedule that was canceled charges nothing more; one that is paused, suspended or
    completed still collects what it billed.
    """
    tries = [payment for payment in payments if payment.initiator is Initiator.AUTOPAY]
    if not invoice.is_open or not invoice.owed.is_positive:
        return Done()
    if not schedule.autopay or schedule.canceled_at is not None:
        return Done()
    is_on_its_way = not invoice.balance.is_positive or any(payment.is_waiting for payment in tries)
    is_paying = any(payment.awaits_its_client for payment in payments)
    if is_on_its_way or is_paying or invoice.hold is not None:
        return Rest(on + timedelta(days=1))
    day = _next_day(invoice, [payment for payment in tries if payment.state in _FELL_THROUGH], on, timezone)
    if day is None:
        return Stop(DECLINED)
    if day > on:
        return Rest(day)
    method = pays(schedule, methods)
    if method is None:
        return Stop(NO_METHOD)
    if method.is_expired(on):
        return Stop(METHOD_EXPIRED)
    return Charge(method.id, len(tries) + 1)


def _next_day(invoice: Invoice, failed: Sequence[Payment], on: date, timezone: tzinfo) -> date | None:
    """The day of the next try: by the plan, of which a try that never came to the bank uses up no step.

    That says nothing about the client's card, so it is made again on the day after.
    """
    if not failed:
        return invoice.due_on or on
    moments = [failed[-1].created_at, *([] if invoice.autopay_failed_at is None else [invoice.autopay_failed_at])]
    failed_on = max(moments).astimezone(timezone).date()
    asked = [payment for payment in failed if not _never_came_to_the_bank(payment)]
    by_plan = next_attempt(invoice.policy.retry_plan, [_retry(payment) for payment in asked], failed_on)
    if by_plan is None or not _never_came_to_the_bank(failed[-1]):
        return by_plan
    return failed_on + timedelta(days=1)


def _never_came_to_the_bank(payment: Payment) -> bool:
    return payment.failure is not None and payment.failure.code in _NOBODY_WAS_ASKED


def _retry(payment: Payment) -> Retry:
    """What may be done about a try that fell through; what a bank took back, or was canceled, is not tried again."""
    if payment.state is not PaymentState.FAILED or payment.failure is None:
        return Retry.NEVER
    return payment.failure.retry
