"""The fake gateway's vault: a customer for each client, and the methods that are kept for them."""

from datetime import date, datetime
from typing import Final

from attrs import define, evolve

from billcore.errors import GatewayRequestInvalid, InvalidTransition
from billcore.ids import ClientId, FirmId, GatewayRef
from billcore.methods import Method
from billcore.payments.observation import MethodSnapshot
from billcore.ports.gateway import EventKind, SetupSession
from billcore.reasons import Failure
from billcore.testing.fake.log import FakeLog
from billcore.testing.fake.outcomes import TOKENS, Instrument

CARD_EXPIRES_ON: Final = date(2035, 12, 31)


@define
class FakeMethod:
    """A method that is kept, and what its token stands for."""

    now: MethodSnapshot
    instrument: Instrument


class FakeVault:
    """Every customer, method and form for a new method."""

    def __init__(self, log: FakeLog) -> None:
        self._log = log
        self._customers: dict[tuple[FirmId, ClientId], GatewayRef] = {}
        self._methods: dict[str, FakeMethod] = {}
        self._setups: dict[str, SetupSession] = {}

    def instrument(self, token: str) -> Instrument:
        """What a token stands for, or ``GatewayRequestInvalid``."""
        if (instrument := TOKENS.get(token)) is None:
            raise GatewayRequestInvalid(
                f"no such token at {self._log.gateway}; it knows {', '.join(TOKENS)}", field="token"
            )
        return instrument

    def customer(self, firm_id: FirmId, client_id: ClientId) -> GatewayRef:
        """The customer of this client, made where there is none."""
        key = (firm_id, client_id)
        if key not in self._customers:
            self._customers[key] = self._log.new_ref("gcus")
        return self._customers[key]

    def attach(self, customer: GatewayRef, token: str, at: datetime) -> MethodSnapshot | Failure:
        """Keep what the token stands for, unless its issuer refuses."""
        instrument = self.instrument(token)
        if not instrument.is_attachable:
            return Failure(code="card_declined")
        method = MethodSnapshot(
            ref=self._log.new_ref("gmet"),
            customer=customer,
            kind=instrument.kind,
            brand=instrument.brand,
            last4=instrument.last4,
            expires_on=CARD_EXPIRES_ON if instrument.kind is Method.CARD else None,
        )
        self._methods[method.ref.id] = FakeMethod(method, instrument)
        self._log.tell(EventKind.METHOD_CHANGED, method.ref, at)
        return method

    def get(self, ref: GatewayRef) -> FakeMethod:
        """The method, or ``GatewayRequestInvalid``."""
        method = self._methods.get(self._log.own(ref, "method"))
        if method is None:
            raise self._log.missing("method")
        return method

    def kept_for(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]:
        """The customer's methods that can be charged."""
        every = (method.now for method in self._methods.values())
        return tuple(method for method in every if method.customer == customer and method.is_attached)

    def detach(self, ref: GatewayRef, at: datetime) -> MethodSnapshot:
        """Forget the method; twice is once."""
        method = self.get(ref)
        if method.now.is_attached:
            method.now = evolve(method.now, is_attached=False)
            self._log.tell(EventKind.METHOD_CHANGED, ref, at)
        return method.now

    def begin_setup(self, customer: GatewayRef) -> SetupSession:
        """A form on which the client enters a method."""
        ref = self._log.new_ref("gset")
        self._setups[ref.id] = SetupSession(
            ref=ref,
            customer=customer,
            client_secret=f"{ref.id}_secret",
            url=f"https://fake.example/set-up/{ref.id}",
        )
        return self._setups[ref.id]

    def setup(self, ref: GatewayRef) -> SetupSession:
        """The form, or ``GatewayRequestInvalid``."""
        session = self._setups.get(self._log.own(ref, "setup"))
        if session is None:
            raise self._log.missing("setup")
        return session

    def enter(self, ref: GatewayRef, token: str, at: datetime) -> SetupSession:
        """The client enters a method; one that is refused leaves the form open."""
        session = self.setup(ref)
        if session.is_complete:
            raise InvalidTransition("the form is complete, a client enters one method on it")
        method = self.attach(session.customer, token, at)
        if isinstance(method, MethodSnapshot):
            session = evolve(session, method=method.ref, is_complete=True)
            self._setups[ref.id] = session
            self._log.tell(EventKind.SETUP_SUCCEEDED, ref, at)
        return session
