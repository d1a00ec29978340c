"""What billcore says to a database, written down, so that a bare driver can say the same again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from attrs import frozen
from sqlalchemy import Engine, event

WRITES = ("INSERT", "UPDATE", "DELETE")


@frozen
class Said:
    """One statement with its values, or the end of a transaction."""

    sql: str
    values: object = None
    is_many: bool = False

    @property
    def is_end(self) -> bool:
        return self.sql in ("COMMIT", "ROLLBACK")


@contextmanager
def recorded(engine: Engine, *, only: Sequence[str] = ()) -> Iterator[list[Said]]:
    """Everything that is said while the block runs, in order; with *only*, just statements that begin so."""
    said: list[Said] = []

    def note(_conn: object, _cursor: object, sql: str, values: object, _context: object, _is_many: bool) -> None:
        if not only or sql.split(None, 1)[0] in only:
            # Many rows can also be one statement with many values, which is said once.
            said.append(Said(sql, values, is_many=isinstance(values, list)))

    def end(how: str) -> Callable[[object], None]:
        def noted(_conn: object) -> None:
            # A transaction in which nothing was said needs no end.
            if said and not said[-1].is_end:
                said.append(Said(how))

        return noted

    listeners = (("before_cursor_execute", note), ("commit", end("COMMIT")), ("rollback", end("ROLLBACK")))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield said
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


def replay(
    said: Sequence[Said],
    execute: Callable[..., object],
    executemany: Callable[..., object],
    *,
    begin: str,
) -> None:
    """Say it again, with the same ends of transactions."""
    is_open = False
    for one in said:
        if one.is_end:
            execute(one.sql)
            is_open = False
            continue
        if not is_open:
            execute(begin)
            is_open = True
        if one.is_many:
            executemany(one.sql, one.values)
        else:
            execute(one.sql, one.values)
