"""The front door: hands the outside world to the desks, and holds no logic of its own."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from attrs import frozen

from billcore.actors import Actor
from billcore.gateways import Gateways
from billcore.ids import FirmId
from billcore.permissions import AllowAll, Authorizer
from billcore.ports.clock import Clock
from billcore.ports.gateway import Gateway
from billcore.ports.ids import Ids
from billcore.ports.store import Store
from billcore.recorded import RecordedEvent
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar
from billcore.services.adjustments import AdjustmentsDesk
from billcore.services.backfill import BackfillDesk
from billcore.services.bulk import BulkDesk
from billcore.services.catalog import CatalogDesk
from billcore.services.charges import ChargesDesk
from billcore.services.clients import ClientsDesk
from billcore.services.firms import FirmsDesk
from billcore.services.house import House
from billcore.services.invoices import InvoicesDesk
from billcore.services.lines import LinesDesk
from billcore.services.methods import MethodsDesk
from billcore.services.outbox import Delivered, Outbox
from billcore.services.payments import PaymentsDesk
from billcore.services.recovery import MIN_AGE, Recovered, Recovery
from billcore.services.refunds import RefundsDesk
from billcore.services.reports import ReportsDesk
from billcore.services.running import Progress, Ran, Running
from billcore.services.schedules import SchedulesDesk
from billcore.services.system import RandomIds, SystemClock
from billcore.services.verification import Verification
from billcore.services.webhooks import Heard, Hearing
from billcore.verifying.books import Discrepancy


@frozen(kw_only=True)
class FrontDesk:
    """All desks of one firm, for one actor."""

    clients: ClientsDesk
    catalog: CatalogDesk
    charges: ChargesDesk
    invoices: InvoicesDesk
    lines: LinesDesk
    bulk: BulkDesk
    adjustments: AdjustmentsDesk
    payments: PaymentsDesk
    refunds: RefundsDesk
    methods: MethodsDesk
    backfill: BackfillDesk
    schedules: SchedulesDesk
    reports: ReportsDesk


class Billing:
    """billcore in one program: a store, its gateways, a clock and ids. Nothing global; make as many as you need."""

    def __init__(
        self,
        store: Store,
        gateways: Iterable[Gateway] = (),
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        authorizer: Authorizer | None = None,
        calendar: Calendar = SATURDAY_AND_SUNDAY,
    ) -> None:
        self._house = House(
            store=store,
            gateways=Gateways(gateways),
            clock=clock or SystemClock(),
            ids=ids or RandomIds(),
            authorizer=authorizer or AllowAll(),
            calendar=calendar,
        )

    @property
    def firms(self) -> FirmsDesk:
        """Open a firm's books, or change its settings."""
        return FirmsDesk(house=self._house)

    def at(self, firm_id: str, *, by: Actor) -> FrontDesk:
        """The desks of one firm for one actor: every call is scoped to the firm and attributed to the actor.

        Nothing is read yet: a firm that is not open is NotFound as soon as one of them is asked for anything.
        """
        house, firm = self._house, FirmId(firm_id)
        return FrontDesk(
            clients=ClientsDesk(house=house, firm_id=firm, by=by),
            catalog=CatalogDesk(house=house, firm_id=firm, by=by),
            charges=ChargesDesk(house=house, firm_id=firm, by=by),
            invoices=InvoicesDesk(house=house, firm_id=firm, by=by),
            lines=LinesDesk(house=house, firm_id=firm, by=by),
            bulk=BulkDesk(house=house, firm_id=firm, by=by),
            adjustments=AdjustmentsDesk(house=house, firm_id=firm, by=by),
            payments=PaymentsDesk(house=house, firm_id=firm, by=by),
            refunds=RefundsDesk(house=house, firm_id=firm, by=by),
            methods=MethodsDesk(house=house, firm_id=firm, by=by),
            backfill=BackfillDesk(house=house, firm_id=firm, by=by),
            schedules=SchedulesDesk(house=house, firm_id=firm, by=by),
            reports=ReportsDesk(house=house, firm_id=firm, by=by),
        )

    def hear(self, gateway: str, body: bytes, headers: Mapping[str, str]) -> Heard:
        """Take in a gateway's webhook: verify, dedupe, read the object again, apply.

        WebhookRejected for anything unsigned.
        """
        return Hearing(self._house).hear(gateway, body, headers)

    def run(
        self,
        *,
        on: date | None = None,
        firm_id: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Ran:
        """Bill what is due, note what became overdue, collect, add late fees, recover; all firms or one.

        Run it every hour or so; any number at once is safe, and one that was killed is simply run again. *on* is
        another day than each firm's own today. *progress* is told after each batch.
        """
        return Running(self._house).run(on=on, firm_id=None if firm_id is None else FirmId(firm_id), progress=progress)

    def recover(self, *, min_age: timedelta = MIN_AGE) -> Recovered:
        """Resolve operations in doubt and parked events, of all firms.

        Run it every minute; any number at once is safe.
        """
        return Recovery(self._house).run(min_age=min_age)

    def verify(self, firm_id: str) -> tuple[Discrepancy, ...]:
        """Derive everything of one firm a second time (journal, sums, numbers, reservations); list each discrepancy."""
        return Verification(self._house).run(FirmId(firm_id))

    def deliver_events(self, handler: Callable[[FirmId, RecordedEvent], None], *, limit: int = 500) -> Delivered:
        """Hand committed events to the host: at least once, in order for each record."""
        return Outbox(self._house).deliver(handler, limit=limit)
