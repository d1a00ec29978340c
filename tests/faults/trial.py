"""One trial: a firm of its own, a worker that dies at a given point, recovery that dies too, and two books compared."""

import secrets
from collections.abc import Sequence
from typing import Final

from attrs import field, frozen
from sqlalchemy import Engine
from tests.databases import Database
from tests.faults.bank import Hooks, Later
from tests.faults.counterparty import Counterparty, counterparty
from tests.faults.deeds import JANE, Job, perform
from tests.faults.sums import sums_of
from tests.faults.workers import Workers, without_fsync

from billcore import Billing, Contact, LineItem
from billcore.billing import FrontDesk
from billcore.errors import BillcoreError
from billcore.ids import InvoiceId, MethodId, PaymentId
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundStatus
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.testing import Decline, Silence, Succeed, Wait
from billcore_sqlalchemy import SqlStore

SCENARIOS: Final = ("charge", "refund", "hear", "charge otherwise", "charge again")

WEATHER: Final = (
    Succeed(),
    Succeed(),
    Decline(),
    Decline(is_final=True),
    Silence(then=Succeed()),
    Silence(then=Decline()),
    Silence(then=None),
    Wait(after=None),
)
"""What a charge or a refund may meet at the bank; what happens behind a silence is not heard."""


@frozen(kw_only=True)
class Place:
    """A database, opened by the test, and the bank's address."""

    url: str
    bank: str
    engine: Engine
    store: SqlStore

    @classmethod
    def at(cls, database: Database, bank: str) -> "Place":
        url = database.url.render_as_string(hide_password=False)
        engine = without_fsync(url)
        return cls(url=url, bank=bank, engine=engine, store=SqlStore(engine))

    def billing(self, bank: Counterparty, *, minutes_later: int = 0) -> Billing:
        return Billing(self.store, bank.gateways, clock=Later(minutes_later))


@frozen(kw_only=True)
class Trial:
    """A firm with one invoice of 100.00, one saved method, and for some scenarios what was paid or begun before."""

    place: Place
    gateway: Counterparty
    scenario: str
    firm: str
    invoice_id: InvoiceId
    method_id: MethodId
    payment_id: PaymentId | None = None
    hooks: Hooks = ()
    waits: bool = False
    outcomes: set[str] = field(factory=set)

    @classmethod
    def prepare(cls, scenario: str, gateway_name: str, place: Place, weather: object = None) -> "Trial":
        """Everything that is there before the worker starts; nobody dies yet, and *weather* is for the worker."""
        gateway = counterparty(place.bank, gateway_name)
        gateway.restart()
        billing, firm = place.billing(gateway), f"firm-{secrets.token_hex(6)}"
        billing.firms.open(firm, "Acme Law", by=JANE)
        desk = billing.at(firm, by=JANE)
        client = desk.clients.add("Patel Family")
        line = LineItem(description="Advice", unit_price="100.00")
        invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[line]).id)
        token = gateway.token("pending" if scenario == "hear" else "ok")
        method = desk.methods.attach(client.id, gateway=gateway_name, token=token)
        payment_id: PaymentId | None = None
        hooks: Hooks = ()
        if scenario == "charge otherwise":
            desk.payments.checkout(
                invoice.id, gateway=gateway_name, success_url="https://acme.example", cancel_url="https://acme.example"
            )
        elif scenario == "charge again":
            # The client was to confirm the first card at their bank, and did not.
            challenged = desk.methods.attach(client.id, gateway=gateway_name, token=gateway.token("requires_action"))
            portal = billing.at(firm, by=Contact("priya", "Priya Patel", client.id))
            asked = portal.payments.charge(invoice.id, method=challenged.id)
            assert asked.state is PaymentState.REQUIRES_ACTION
        elif scenario != "charge":
            payment_id = desk.payments.charge(invoice.id, method=method.id).id
        if scenario == "hear":
            gateway.hooks(firm)
            gateway.decide(firm, True)
            hooks = gateway.hooks(firm)
        if weather is not None:
            gateway.meet("refund" if scenario == "refund" else "charge", weather)
        return cls(
            place=place,
            gateway=gateway,
            scenario=scenario,
            firm=firm,
            invoice_id=invoice.id,
            method_id=method.id,
            payment_id=payment_id,
            hooks=hooks,
            waits=gateway.waits(weather),
        )

    def job(self, do: str, *, kill_at: int = 0, kill_after: float = 0, minutes_later: int = 0, copies: int = 1) -> Job:
        return Job(
            do=do,
            url=self.place.url,
            bank=self.place.bank,
            gateway=self.gateway.name,
            firm=self.firm,
            subject=self.payment_id or self.invoice_id,
            method=self.method_id,
            amount="40.00" if do == "refund" else None,
            request_id="the client clicked once",
            hooks=self.hooks,
            kill_at=kill_at,
            kill_after=kill_after,
            minutes_later=minutes_later,
            copies=copies,
        )

    def desk(self) -> FrontDesk:
        return self.place.billing(self.gateway).at(self.firm, by=JANE)

    def survive(
        self, workers: Workers, *, kill_at: int = 0, kill_after: float = 0, kill_recovery_at: int = 0
    ) -> list[str]:
        """Let the worker die, then recovery, let another finish, let the caller try again; what differs afterwards."""
        workers.run(self.job(self.scenario, kill_at=kill_at, kill_after=kill_after))
        was_in_doubt = self._is_in_doubt()
        if kill_recovery_at:
            workers.run(self.job(self._remedy, kill_at=kill_recovery_at, minutes_later=5))
        self._here(self._remedy, 30)
        self.gateway.calm()
        self._here(self._remedy, 120)
        if was_in_doubt:
            self.outcomes.update(["in doubt"] if self._is_in_doubt() else ["in doubt", "recovered"])
        # The caller was not answered and asks again, as a browser or a gateway that delivers its webhook again.
        said = self._here(self.scenario, 121)
        self._here(self._remedy, 300)
        if self.waits:
            self._be_told()
        return [*self.discrepancies(), *said]

    @property
    def _remedy(self) -> str:
        """A webhook that was not answered is delivered again, and must not be lost even if recovery never runs."""
        return "hear" if self.scenario == "hear" else "recover"

    def _be_told(self) -> None:
        """The bank decides, and tells. Only where it must: books that agree without any webhook agree with them."""
        self.gateway.decide(self.firm, True)
        billing = self.place.billing(self.gateway)
        for body, headers in self.gateway.hooks(self.firm):
            billing.hear(self.gateway.name, body.encode(), headers)

    def _here(self, do: str, minutes_later: int) -> list[str]:
        """Do it in this process, which nobody kills."""
        billing = self.place.billing(self.gateway, minutes_later=minutes_later)
        if do != "hear":
            # What was signed must stay fresh; all else is as late at the bank as here.
            self.gateway.be_later(minutes_later)
        try:
            perform(billing, self.gateway, self.job(do, minutes_later=minutes_later))
        except BillcoreError as error:
            return [f"{do}, {minutes_later} minutes later: {error.code}"]
        return []

    def _is_in_doubt(self) -> bool:
        desk = self.desk()
        payments = desk.payments.of_invoice(self.invoice_id)
        refunds = [refund for payment in payments for refund in desk.refunds.of_payment(payment.id)]
        waits = (RefundState.REQUESTED, RefundState.PENDING)
        return any(payment.is_waiting for payment in payments) or any(refund.state in waits for refund in refunds)

    def discrepancies(self) -> list[str]:
        """Where our books contradict themselves, or the bank's; and what is still in doubt."""
        desk = self.desk()
        wrong = self.place.billing(self.gateway).verify(self.firm)
        found = [f"{one.check} {one.message}" for one in wrong]
        ours, theirs = desk.payments.of_invoice(self.invoice_id), self.gateway.payments_of(self.firm)
        taken = {seen.operation_id: seen for seen in theirs if seen.status is PaymentStatus.SUCCEEDED}
        if len(taken) != sum(seen.status is PaymentStatus.SUCCEEDED for seen in theirs):
            found.append("one operation took the money twice")
        if unknown := taken.keys() - {payment.operation_id for payment in ours}:
            found.append(f"the bank took {len(unknown)} payments that we do not know")
        for payment in ours:
            found += self._payment(payment, taken.get(payment.operation_id))
        mine, (its, wrong_there) = sums_of(desk, [self.invoice_id]), self.gateway.audit(self.firm)
        found += wrong_there
        if mine != its:
            found.append(f"our sums are {mine}, the bank's {its}")
        if sum(payment.completed_at is not None for payment in ours) > 1:
            found.append("the invoice was paid more than once")
        return found

    def _payment(self, payment: Payment, taken: PaymentSnapshot | None) -> list[str]:
        found = [f"still {payment.state.value}"] if payment.is_waiting else []
        if (payment.state is PaymentState.COMPLETED) is not (taken is not None):
            found.append(f"we say {payment.state.value}, the bank {'took' if taken else 'did not take'} it")
        self.outcomes.add("paid" if taken else "declined")
        ours = self.desk().refunds.of_payment(payment.id)
        given = [refund.amount.minor for refund in ours if refund.state is RefundState.SUCCEEDED]
        seen = () if taken is None else taken.refunds
        theirs = [refund.amount.minor for refund in seen if refund.status is RefundStatus.SUCCEEDED]
        if sorted(given) != sorted(theirs):
            found.append(f"we gave back {given}, the bank {theirs}")
        if len(theirs) > 1:
            found.append(f"refunded {len(theirs)} times")
        if theirs:
            self.outcomes.add("refunded")
        return found


def warm_up(workers: Workers, place: Place, gateway: str = "twostep", scenarios: Sequence[str] = SCENARIOS) -> None:
    """Let the forking process do each scenario once, so that its workers need not compile what they ask."""
    if (place.url, place.bank) in workers.warm:
        return
    workers.warm.add((place.url, place.bank))
    for scenario in scenarios:
        trial = Trial.prepare(scenario, gateway, place)
        for do in (scenario, "recover"):
            [ended] = workers.together(trial.job(do, copies=0))
            assert ended.said == "done"
