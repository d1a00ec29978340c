"""The schedules desk: recurring bills, from the start to the end."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from attrs import frozen

from billcore.actors import Contact
from billcore.dates import day
from billcore.errors import BadPolicy, BadText, MethodNotAllowed, NotPermitted
from billcore.events import Event
from billcore.ids import ClientId, MethodId, ScheduleId
from billcore.kinds import each_of_kind, of_kind
from billcore.lines import LineItem
from billcore.permissions import Permission
from billcore.ports.store import UnitOfWork
from billcore.recurring import occurring, scheduling
from billcore.recurring.cadence import Cadence
from billcore.recurring.invoicing import Forecast, preview
from billcore.recurring.occurrence import Occurrence, Pass, due
from billcore.recurring.schedule import Plan, Schedule
from billcore.services.house import Desk, listed, retried


@frozen(kw_only=True)
class SchedulesDesk(Desk):
    """The schedules of one firm; ``billing.run`` makes their invoices."""

    @retried
    def start(
        self,
        client_id: ClientId,
        cadence: Cadence,
        *,
        title: str = "Recurring invoice",
        lines: Sequence[LineItem] = (),
        notes: str = "",
        anchor: date | None = None,
        plan: Plan | None = None,
        autopay: MethodId | bool = False,
        until: date | None = None,
        count: int | None = None,
    ) -> Schedule:
        """Bill a client again and again, from *anchor* on, by default from today (S0.3, S2.1).

        *autopay* is the saved method to charge, or True for the client's default one (S1.5). *until* is the last day
        that is served, *count* the number of full periods.
        """
        self.require(Permission.CREATE)
        lines = each_of_kind(lines, LineItem, "lines")
        of_kind(cadence, Cadence, "cadence")
        with self.begin() as work:
            at, client = self._now(work), work.clients.peek(client_id)
            schedule, event = scheduling.start(
                ScheduleId(self.house.ids.new("sch")),
                firm_id=self.firm_id,
                client_id=client.id,
                title=title,
                cadence=cadence,
                anchor=at.date() if anchor is None else day(anchor, "anchor"),
                lines=lines,
                notes=notes,
                plan=Plan() if plan is None else of_kind(plan, Plan, "plan"),
                autopay=autopay is not False,
                method_id=self._method(work, client.id, autopay),
                until=until,
                count=count,
                calendar=self.house.calendar,
                at=at,
                by=self.by,
            )
            schedule = work.schedules.add(schedule)
            work.events.append([event])
            work.commit()
        return schedule

    def amend(
        self,
        schedule_id: ScheduleId,
        *,
        lines: Sequence[LineItem] | None = None,
        notes: str | None = None,
        cadence: Cadence | None = None,
        from_index: int | None = None,
    ) -> Schedule:
        """Change what is given from an occurrence on, by default the next one; what was billed stays as it is."""
        new_lines = None if lines is None else each_of_kind(lines, LineItem, "lines")
        if cadence is not None:
            of_kind(cadence, Cadence, "cadence")
        return self._change(
            schedule_id,
            lambda schedule, at: scheduling.amend(
                schedule,
                lines=new_lines,
                notes=notes,
                cadence=cadence,
                from_index=from_index,
                calendar=self.house.calendar,
                at=at,
                by=self.by,
            ),
        )

    def pause(self, schedule_id: ScheduleId, *, on: date | None = None, reason: str = "") -> Schedule:
        """Bill nothing, from *on*, by default today, until it is resumed."""
        return self._change(
            schedule_id, lambda schedule, at: scheduling.pause(schedule, on=on, reason=reason, at=at, by=self.by)
        )

    @retried
    def resume(self, schedule_id: ScheduleId, *, on: date | None = None) -> Schedule:
        """Bill again after a pause or a suspension; what the plan skips because of the pause is noted now."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            at, calendar = self._now(work), self.house.calendar
            schedule, event = scheduling.resume(
                work.schedules.get(schedule_id), on=on, calendar=calendar, at=at, by=self.by
            )
            events: list[Event] = [event]
            for step in due(schedule, at.date(), calendar):
                if not isinstance(step, Pass) or step.slot.index in schedule.failed:
                    break
                schedule, occurrence, skipped = occurring.skip(schedule, step.slot, step.reason, at=at, by=self.by)
                work.occurrences.add(occurrence)
                events.append(skipped)
            schedule, ended = occurring.close(schedule, calendar=calendar, at=at, by=self.by)
            schedule = work.schedules.save(schedule)
            work.events.append(events if ended is None else [*events, ended])
            work.commit()
        return schedule

    def skip(self, schedule_id: ScheduleId, index: int, *, reason: str) -> Schedule:
        """Do not bill an occurrence to come; its index is the one that ``preview`` shows."""
        return self._change(
            schedule_id,
            lambda schedule, at: scheduling.skip(
                schedule, index, reason=reason, calendar=self.house.calendar, at=at, by=self.by
            ),
        )

    def unskip(self, schedule_id: ScheduleId, index: int) -> Schedule:
        """Bill it after all; until its day."""
        return self._change(
            schedule_id,
            lambda schedule, at: scheduling.unskip(schedule, index, calendar=self.house.calendar, at=at, by=self.by),
        )

    def end(
        self, schedule_id: ScheduleId, *, until: date | None = None, count: int | None = None, reason: str = ""
    ) -> Schedule:
        """Serve up to the day *until*, or so many full periods; with neither, cancel: nothing more is billed."""
        if until is None and count is None:
            return self._change(
                schedule_id, lambda schedule, at: scheduling.cancel(schedule, reason=reason, at=at, by=self.by)
            )
        if reason:
            raise BadText("a reason is noted when a schedule is canceled; an end has a day or a count")
        return self._change(
            schedule_id,
            lambda schedule, at: scheduling.limit(
                schedule, until=until, count=count, calendar=self.house.calendar, at=at, by=self.by
            ),
        )

    @retried
    def change_method(self, schedule_id: ScheduleId, autopay: MethodId | bool) -> Schedule:
        """Charge another saved method from now on, True for the client's default, False for none (S4.12).

        The client may choose another method of its own, and not switch auto-pay off.
        """
        self.require_paying()
        if isinstance(self.by, Contact) and isinstance(autopay, bool):
            raise NotPermitted("a client chooses one of its saved methods; staff switch auto-pay on and off")
        with self.begin() as work:
            schedule = work.schedules.get(schedule_id)
            schedule, event = scheduling.change_method(
                schedule,
                autopay=autopay is not False,
                method_id=self._method(work, schedule.client_id, autopay),
                at=self._now(work),
                by=self.by,
            )
            schedule = work.schedules.save(schedule)
            work.events.append([event])
            work.commit()
        return schedule

    def preview(self, schedule_id: ScheduleId, count: int = 12) -> tuple[Forecast, ...]:
        """The next occurrences as the schedule stands now: when, for which days, how much, or why not."""
        self.require(Permission.VIEW)
        with self.read() as work:
            schedule = work.schedules.get(schedule_id)
            currency = work.clients.peek(schedule.client_id).currency
            timezone = ZoneInfo(work.firm().timezone)
        return preview(schedule, currency, count, self.house.calendar, timezone=timezone)

    def occurrences(self, schedule_id: ScheduleId) -> tuple[Occurrence, ...]:
        """What became of those that are over, in order of their index."""
        self.require(Permission.VIEW)
        with self.read() as work:
            return tuple(work.occurrences.of_schedule(work.schedules.get(schedule_id).id))

    def get(self, schedule_id: ScheduleId) -> Schedule:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.schedules.get(schedule_id)

    def all(self, client_id: ClientId | None = None) -> tuple[Schedule, ...]:
        """Every schedule of the firm in order of id, or those of one client, oldest first (S0.3, S4.11)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            if client_id is None:
                return listed(work, work.schedules.all())
            return tuple(work.schedules.of_client(work.clients.peek(client_id).id))

    @retried
    def _change(
        self, schedule_id: ScheduleId, verb: Callable[[Schedule, datetime], tuple[Schedule, Event]]
    ) -> Schedule:
        self.require(Permission.EDIT)
        with self.begin() as work:
            schedule, event = verb(work.schedules.get(schedule_id), self._now(work))
            schedule = work.schedules.save(schedule)
            work.events.append([event])
            work.commit()
        return schedule

    def _now(self, work: UnitOfWork) -> datetime:
        return self.house.now_at(work.firm())

    def _method(self, work: UnitOfWork, client_id: ClientId, autopay: MethodId | bool) -> MethodId | None:
        if isinstance(autopay, bool):
            return None
        if not isinstance(autopay, str):
            raise BadPolicy(f"auto-pay is a saved method's id, True or False, not {type(autopay).__name__}")
        method = work.methods.get(autopay)
        if method.client_id != client_id or not method.is_active:
            raise MethodNotAllowed("the method is not one that this client has saved; attach it first")
        return method.id
