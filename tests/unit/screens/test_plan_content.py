"""The content of a plan's dialog."""

from dataclasses import replace

from textual.content import Content

from pixel_tui.text import SafeText
from screens.changes.plan_content import plan_costs
from tests.builders.audit import plan


def test_losses_come_first_and_in_the_colour_of_errors() -> None:
    lost = SafeText("volume pixel_held: in NO backup")
    made = replace(plan(), irreversible=(lost,), interrupts=(SafeText("api: until it is back"),))
    content = Content("\n").join(part.body for part in plan_costs(made))
    at = content.plain.index(lost)
    assert at < content.plain.index("api: until it is back")
    styles = [str(span.style) for span in content.spans if span.start <= at < span.end]
    assert any("$text-error bold" in style for style in styles)
