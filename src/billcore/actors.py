"""Who did it: every event names one actor, and every timeline shows one."""

from typing import assert_never

from attrs import field, frozen

from billcore.errors import BadText


def _named(_instance: object, attribute: object, value: object) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise BadText(f"an actor's {getattr(attribute, 'name', 'field')} must be text of 1 to 200 characters")


@frozen
class Staff:
    """A person of the firm."""

    id: str = field(validator=_named)
    name: str = field(validator=_named, repr=False)


@frozen
class Contact:
    """A person of the client, in the portal; ``impersonated_by`` is the member of staff who acts for them (S4.5)."""

    id: str = field(validator=_named)
    name: str = field(validator=_named, repr=False)
    impersonated_by: Staff | None = None


@frozen
class System:
    """billcore itself, at work for a job: ``auto-pay``, ``schedule``, ``recovery``."""

    job: str = field(default="billcore", validator=_named)


@frozen
class Processor:
    """A payment gateway that told us something."""

    gateway: str = field(validator=_named)


@frozen
class Importer:
    """A migration from another system."""

    source: str = field(validator=_named)


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
