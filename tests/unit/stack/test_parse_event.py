"""Parsing the engine's events."""

from datetime import UTC, datetime

from pixel_tui.stack.model.parse_event import parse_event


def test_an_event_describes_how_a_container_exited() -> None:
    event = parse_event(
        {
            "Type": "container",
            "Action": "die",
            "Actor": {
                "ID": "ab12",
                "Attributes": {
                    "exitCode": "143",
                    "name": "p-api-1",
                    "com.docker.compose.service": "api",
                },
            },
            "timeNano": 1_767_225_600_000_000_000,
        }
    )
    assert event is not None
    assert (event.exit_code, event.detail) == (143, "exit code 143 (SIGTERM)")
    assert event.service == "api"
    assert event.at == datetime(2026, 1, 1, tzinfo=UTC)
