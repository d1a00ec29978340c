"""A table of what every verb does in every state, as text for people and as Markdown for the documentation."""

from collections.abc import Callable, Mapping, Sequence

from attrs import frozen


@frozen(kw_only=True)
class Table:
    """``cells`` by row and column; every row has a cell in every column."""

    title: str
    about: str
    corner: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls,
        title: str,
        about: str,
        *,
        corner: str,
        rows: Sequence[str],
        columns: Sequence[str],
        cell: Callable[[str, str], str],
    ) -> "Table":
        cells = {(row, column): cell(row, column) for row in rows for column in columns}
        return cls(title=title, about=about, corner=corner, rows=tuple(rows), columns=tuple(columns), cells=cells)

    def lines(self) -> list[list[str]]:
        """The heading, then a line per row."""
        return [
            [self.corner, *self.columns],
            *([row, *(self.cells[row, column] for column in self.columns)] for row in self.rows),
        ]


def as_text(table: Table) -> str:
    """Columns side by side, for a terminal and a diff."""
    lines = table.lines()
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    written = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    ]
    return "\n".join([table.title, "=" * len(table.title), table.about, "", *written, ""])


def as_markdown(table: Table) -> str:
    """A pipe table under a heading; refusals are code."""
    heading, *rows = table.lines()
    written = [
        _piped(heading),
        _piped(["---"] * len(heading)),
        *(_piped([f"**{row}**", *(_marked(cell) for cell in cells)]) for row, *cells in rows),
    ]
    return "\n".join([f"## {table.title}", "", table.about, "", *written, ""])


def _piped(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _marked(cell: str) -> str:
    return f"`{cell}`" if "_" in cell else cell
