"""The firms desk: open a firm, change its settings."""

from attrs import frozen

from billcore.actors import Actor
from billcore.clients import Firm, NumberSeries, Terms
from billcore.events import FirmChanged, FirmOpened
from billcore.fees import FeeSchedule
from billcore.ids import FirmId
from billcore.kinds import of_kind
from billcore.parties import Party
from billcore.permissions import Permission
from billcore.policy import STANDARD, Policy
from billcore.services.house import House
from billcore.texts import text


@frozen(kw_only=True)
class FirmsDesk:
    """All firms of one program."""

    house: House

    def open(
        self,
        firm_id: str,
        name: str | Party,
        *,
        by: Actor,
        currency: str = "USD",
        timezone: str = "UTC",
        policy: Policy = STANDARD,
        terms: Terms | None = None,
        fee_schedule: FeeSchedule | None = None,
        invoice_series: NumberSeries | None = None,
    ) -> Firm:
        """Begin a firm's books; AlreadyExists if they were begun before."""
        of_kind(by, Actor, "by")
        firm = Firm(
            id=FirmId(firm_id),
            party=name if isinstance(name, Party) else Party(name=name),
            currency=currency,
            timezone=timezone,
            policy=policy,
            terms=Terms.net(30) if terms is None else terms,
            fee_schedule=FeeSchedule() if fee_schedule is None else fee_schedule,
            invoice_series=NumberSeries("INV-") if invoice_series is None else invoice_series,
        )
        self.house.authorizer.require(by, firm.id, Permission.SETTINGS)
        with self.house.store.begin(firm.id) as work:
            firm = work.add_firm(firm)
            opened = FirmOpened(
                firm_id=firm.id, currency=currency, policy_name=policy.name, at=self.house.now_at(firm), by=by
            )
            work.events.append([opened])
            work.commit()
        return firm

    def get(self, firm_id: str) -> Firm:
        """The firm as it is; NotFound if its books were never begun."""
        with self.house.store.read(FirmId(text(firm_id, "firm id", longest=100, required=True))) as work:
            return work.firm()

    def change(self, firm: Firm, *, by: Actor) -> Firm:
        """Save a firm changed with ``attrs.evolve``; issued invoices keep the policy that they were issued under."""
        of_kind(by, Actor, "by")
        of_kind(firm, Firm, "firm")
        self.house.authorizer.require(by, firm.id, Permission.SETTINGS)
        with self.house.store.begin(firm.id) as work:
            saved = work.save_firm(firm)
            changed = FirmChanged(firm_id=firm.id, policy_name=firm.policy.name, at=self.house.now_at(firm), by=by)
            work.events.append([changed])
            work.commit()
        return saved

    def all(self) -> tuple[FirmId, ...]:
        """The ids of all firms in the store."""
        return tuple(self.house.store.firms())
