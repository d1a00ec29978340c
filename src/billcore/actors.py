"""Who did it: every event names one actor, and every timeline shows one."""

from typing import assert_never

from attrs import field, frozen

from billcore.ids import ClientId
from billcore.kinds import of_kind
from billcore.texts import text


@frozen
class Staff:
    """A person of the firm."""

    id: str
    name: str = field(repr=False)

    def __attrs_post_init__(self) -> None:
        text(self.id, "staff id", longest=100, required=True)
        text(self.name, "staff name", longest=200, required=True)


@frozen
class Contact:
    """A person who acts for one client, in the portal; ``impersonated_by`` is who of the staff acts for them (S4.5).

    A contact's desks hold that client's records and no others: every other id is NotFound, and so is a draft. Who acts
    for several clients is a contact of each, in turn.
    """

    id: str
    name: str = field(repr=False)
    client_id: ClientId
    impersonated_by: Staff | None = None

    def __attrs_post_init__(self) -> None:
        text(self.id, "contact id", longest=100, required=True)
        text(self.name, "contact name", longest=200, required=True)
        text(self.client_id, "contact's client id", longest=100, required=True)
        if self.impersonated_by is not None:
            of_kind(self.impersonated_by, Staff, "impersonated_by")


@frozen
class System:
    """billcore itself, at work for a job: ``auto-pay``, ``schedule``, ``recovery``."""

    job: str = "billcore"

    def __attrs_post_init__(self) -> None:
        text(self.job, "job", longest=100, required=True)


@frozen
class Processor:
    """A payment gateway that told us something."""

    gateway: str

    def __attrs_post_init__(self) -> None:
        text(self.gateway, "gateway", longest=100, required=True)


@frozen
class Importer:
    """A migration from another system."""

    source: str

    def __attrs_post_init__(self) -> None:
        text(self.source, "source", longest=100, required=True)


Actor = Staff | Contact | System | Processor | Importer


def actor_label(actor: Actor) -> str:
    """The words a timeline shows (S1.16, S1.47): a person's name, the gateway, or *Auto-Pay or System*."""
    match actor:
        case Staff(name=name):
            return name
        case Contact(name=name, impersonated_by=staff):
            return name if staff is None else f"{staff.name} for {name}"
        case System(job="auto-pay" | "billcore"):
            return "Auto-Pay or System"
        case System(job=job):
            return f"System ({job})"
        case Processor(gateway=gateway):
            return gateway.capitalize()
        case Importer(source=source):
            return f"Import from {source}"
        case _:
            assert_never(actor)
