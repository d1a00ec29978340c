"""What happens to a schedule and its occurrences, from the start to the end."""

from datetime import date

from attrs import field, frozen

from billcore.events.happened import Happened
from billcore.ids import ClientId, InvoiceId, MethodId, ScheduleId


@frozen(kw_only=True)
class OfSchedule(Happened):
    schedule_id: ScheduleId


@frozen(kw_only=True)
class ScheduleStarted(OfSchedule):
    client_id: ClientId
    cadence: str
    anchor: date


@frozen(kw_only=True)
class ScheduleAmended(OfSchedule):
    """Other lines, or another cadence, from this occurrence on."""

    from_index: int


@frozen(kw_only=True)
class ScheduleMethodChanged(OfSchedule):
    """Auto-pay goes to this method; None where the client's default is taken, or auto-pay is off."""

    autopay: bool
    method_id: MethodId | None


@frozen(kw_only=True)
class SchedulePaused(OfSchedule):
    reason: str = field(repr=False)


@frozen(kw_only=True)
class ScheduleResumed(OfSchedule):
    pass


@frozen(kw_only=True)
class ScheduleSkipped(OfSchedule):
    """Staff decided not to bill an occurrence to come."""

    index: int
    reason: str = field(repr=False)


@frozen(kw_only=True)
class ScheduleUnskipped(OfSchedule):
    """That decision was taken back."""

    index: int


@frozen(kw_only=True)
class ScheduleLimited(OfSchedule):
    """Its end was fixed, moved, or taken away."""

    until: date | None
    count: int | None


@frozen(kw_only=True)
class ScheduleSuspended(OfSchedule):
    """billcore stopped and waits for a person: too much is due at once, or too much went wrong."""

    why: str


@frozen(kw_only=True)
class ScheduleEnded(OfSchedule):
    """Nothing more will be billed: all is, or it was canceled."""

    was_canceled: bool
    reason: str = field(repr=False)


@frozen(kw_only=True)
class OccurrenceGenerated(OfSchedule):
    index: int
    invoice_id: InvoiceId


@frozen(kw_only=True)
class OccurrenceSkipped(OfSchedule):
    index: int
    reason: str = field(repr=False)


@frozen(kw_only=True)
class OccurrenceFailed(OfSchedule):
    """No invoice could be made; ``code`` is that of the error. It is tried again."""

    index: int
    code: str
