"""The output of a job."""

from dataclasses import replace
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.strip import Strip

from widgets.logs.view import LogView


class JobOutput(LogView):
    """A log that folds long lines, as their ends often matter, and marks lines that it cuts."""

    BINDING_GROUP_TITLE = "Job output"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("L", "level", "Level", show=False, id="job_output.level",
                tooltip="All, info, warnings, errors"),
        Binding("w", "wrap", "Wrap", id="job_output.wrap", tooltip="Fold long lines, or cut them"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  Textual's own name for it
        super().__init__(id=id)
        self.page.set_appearance(replace(self.page.appearance, wrap=True))

    def crop(self, strip: Strip, left: int, width: int) -> Strip:
        """Crop a row, with an ellipsis if it continues."""
        if strip.cell_length <= left + width or not width:
            return super().crop(strip, left, width)
        return Strip([*super().crop(strip, left, width - 1), Segment("…", self.ground)], width)
