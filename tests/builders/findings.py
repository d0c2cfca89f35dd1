"""Stacks with problems."""

from datetime import UTC, datetime

from pixel_tui.stack.model.project import Project, ServiceSpec
from pixel_tui.stack.model.snapshot import (
    Connection,
    EngineStatus,
    Service,
    StackSnapshot,
)
from pixel_tui.text import plain

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def stack(*services: Service) -> StackSnapshot:
    engine = EngineStatus(plain("x"), plain("x"), connection=Connection.READY)
    return StackSnapshot(engine, services=services, taken_at=NOON)


def project_of(*, profiles: tuple[str, ...] = ()) -> Project:
    spec = ServiceSpec(name=plain("api"), image=plain("i"), profiles=(plain("tools"),))
    asked = tuple(map(plain, profiles))
    return Project(plain("shop"), plain("/srv/shop"), services=(spec,), profiles=asked)
