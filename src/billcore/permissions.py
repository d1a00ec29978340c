"""Who may do what: six permissions that products share, and the one question a host answers (S0.39, S0.40, S1.51)."""

from enum import Enum
from typing import Protocol

from billcore.actors import Actor
from billcore.errors import NotPermitted
from billcore.ids import FirmId


class Permission(Enum):
    """Recording payments and refunding are EDIT; deleting, voiding and writing off are DELETE."""

    VIEW = "view_billing"
    CREATE = "create_billing"
    EDIT = "edit_billing"
    DELETE = "delete_billing"
    CATALOG = "manage_service_catalog"
    SETTINGS = "edit_firm_settings"


class Authorizer(Protocol):
    """The host's answer; asked before anything is read."""

    def require(self, actor: Actor, firm_id: FirmId, permission: Permission) -> None:
        """Raise NotPermitted, or return."""


class AllowAll:
    """Everybody may do everything: for scripts, and for hosts that check before they call."""

    def require(self, actor: Actor, firm_id: FirmId, permission: Permission) -> None:
        return None


class AllowListed:
    """What each actor id was granted; whoever is not listed may do nothing.

    Gateways, jobs and importers are never asked.
    """

    def __init__(self, grants: dict[str, frozenset[Permission]]) -> None:
        self._grants = dict(grants)

    def require(self, actor: Actor, firm_id: FirmId, permission: Permission) -> None:
        identity = getattr(actor, "id", None)
        if identity is None or permission in self._grants.get(identity, frozenset()):
            return
        raise NotPermitted(f"{identity!r} lacks the permission {permission.value!r}; an owner or admin can grant it")
