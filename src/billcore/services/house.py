"""What every desk works with: the store, the gateways, the clock and the ids, and how a command is run."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from billcore.actors import Actor, Contact
from billcore.clients import Firm
from billcore.errors import AlreadyExists, NotPermitted, StaleWrite, UnitOfWorkMisuse
from billcore.gateways import Gateways
from billcore.ids import FirmId
from billcore.kinds import of_kind
from billcore.permissions import Authorizer, Permission
from billcore.ports.clock import Clock
from billcore.ports.gateway import Gateway
from billcore.ports.ids import Ids
from billcore.ports.store import Store, UnitOfWork
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar
from billcore.services.own import begin_own, read_own
from billcore.texts import text

TRIES = 6
"""How often a command whose records changed under it is run, before StaleWrite reaches the caller."""


P = ParamSpec("P")
Record = TypeVar("Record")


@frozen(kw_only=True)
class House:
    """The outside world, handed in once."""

    store: Store
    gateways: Gateways
    clock: Clock
    ids: Ids
    authorizer: Authorizer
    calendar: Calendar = SATURDAY_AND_SUNDAY

    def gateway(self, name: str, account: str | None = None) -> Gateway:
        """A gateway to call, never inside a unit of work."""
        self.require_no_unit_of_work()
        return self.gateways.get(name, account)

    def require_no_unit_of_work(self) -> None:
        """UnitOfWorkMisuse inside one: a lock would be held for as long as the network likes."""
        if self.store.is_in_unit_of_work:
            raise UnitOfWorkMisuse(
                "a gateway was asked for inside a unit of work; commit first, call, then begin another"
            )

    def now_at(self, firm: Firm) -> datetime:
        """The present moment in the firm's own timezone: its date is the business date."""
        return self.clock.now().astimezone(ZoneInfo(firm.timezone))


@frozen(kw_only=True)
class Desk:
    """One firm and one actor: every call is scoped and attributed."""

    house: House = field(repr=False)
    firm_id: FirmId
    by: Actor

    def __attrs_post_init__(self) -> None:
        text(self.firm_id, "firm id", longest=100, required=True)
        of_kind(self.by, Actor, "by")

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction; a contact's has nothing in it but its client's records."""
        if isinstance(self.by, Contact):
            return begin_own(self.house.store, self.firm_id, self.by.client_id)
        return self.house.store.begin(self.firm_id)

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """The same, to read."""
        if isinstance(self.by, Contact):
            return read_own(self.house.store, self.firm_id, self.by.client_id)
        return self.house.store.read(self.firm_id)

    def require(self, permission: Permission) -> None:
        """Refuse with NotPermitted before anything is read (S0.39, S1.51); a contact only looks and pays (S3.23)."""
        if isinstance(self.by, Contact) and permission is not Permission.VIEW:
            raise NotPermitted(f"a contact of a client looks and pays; {permission.value!r} is for the firm's people")
        self.house.authorizer.require(self.by, self.firm_id, permission)

    def require_paying(self) -> None:
        """A client pays and keeps methods by the right to look (S3.23, S4.7); for anybody else it is editing."""
        self.require(Permission.VIEW if isinstance(self.by, Contact) else Permission.EDIT)


def listed(work: UnitOfWork, found: Iterable[Record]) -> tuple[Record, ...]:
    """What a list found; where that is nothing, NotFound for a firm that is not open, such as a mistyped one."""
    records = tuple(found)
    if not records:
        work.firm()
    return records


T = TypeVar("T")
Self = TypeVar("Self")


def retried(command: Callable[Concatenate[Self, P], T]) -> Callable[Concatenate[Self, P], T]:
    """Repeat a command of one transaction that lost a race: it left nothing behind, so repeating it is safe."""

    @wraps(command)
    def repeated(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(TRIES - 1):
            try:
                return command(self, *args, **kwargs)
            except (StaleWrite, AlreadyExists):
                continue
        return command(self, *args, **kwargs)

    return repeated
