"""By which of a client's saved methods the invoices of a schedule are paid."""

from collections.abc import Iterable

from billcore.methods import SavedMethod, default_of
from billcore.recurring.schedule import Schedule


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
