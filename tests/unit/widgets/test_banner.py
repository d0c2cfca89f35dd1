"""The banner is laid out again only if its text changes."""

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

from textual.app import App, ComposeResult

from pixel_tui.stack.model.snapshot import Trouble
from pixel_tui.text import plain
from tests.builders.actions import NOW, stack
from widgets.dashboard.banner import Banner

WELL = stack(specs=())


class BannerApp(App[None]):
    """Shows only the banner."""

    def compose(self) -> ComposeResult:
        yield Banner(markup=False)


def broken() -> Trouble:
    return Trouble(plain("The compose file is broken."), plain("Fix it."), NOW)


async def test_the_banner_is_updated_only_when_its_text_changes() -> None:
    app = BannerApp()
    async with app.run_test():
        banner = app.query_one(Banner)
        banner.update = Mock(wraps=banner.update)  # type: ignore[method-assign]
        banner.snapshot, banner.now = WELL, NOW
        assert not banner.has_class("-shown")
        assert not banner.update.called
        banner.snapshot = replace(WELL, project_trouble=broken())
        assert banner.has_class("-shown")
        said = str(banner.render())
        assert "The compose file is broken. Fix it. pixel-tui retries automatically." in said
        assert banner.update.call_count == 1
        banner.now = NOW + timedelta(milliseconds=1)
        assert banner.update.call_count == 1
        banner.snapshot = WELL
        assert not banner.has_class("-shown")
