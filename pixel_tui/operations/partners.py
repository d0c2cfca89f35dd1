"""What shares the network of a container (`network_mode: service:vpn`) that is started again.

The engine makes a new network namespace for a container at each start. What shared the one of
before keeps that, empty, until it is restarted; nothing tells. Seen with engine 20.10 and compose
2.40, which restarts it along with `restart` only, and only where `depends_on` is not written out
without `restart: true`. A recreated container has another id: `cascade` takes such along.
"""

from typing import Final

from pixel_tui.operations.draft import Draft
from pixel_tui.operations.plan import Outcome, Risk
from pixel_tui.operations.targets import Target, find_target
from pixel_tui.operations.words import duration
from pixel_tui.text import SafeText

CANCELLING: Final = SafeText("What it shares the network of runs again; restart it yourself.")


def restart_partners(draft: Draft) -> None:
    """Restart, at the end, what runs in the network of what the plan starts again."""
    running = [item for item in draft.expected if item.outcome is Outcome.RUNNING]
    again = {life.container_id for item in running for life in item.before}
    seen_to = {item.name for item in running if item.before}
    for service in draft.snapshot.services:
        shared = [item for item in service.regular if item.network_of in again]
        target = find_target(service.name, draft.snapshot)
        if target is None or not target.up or not shared or service.spec is None:
            continue
        if service.name not in seen_to:
            _restart(draft, target, service.spec.network_of)


def _restart(draft: Draft, target: Target, gateway: SafeText) -> None:
    words = ("restart", "--no-deps")
    draft.compose_step((target,), *words, cancelling=CANCELLING, verb="Restart")
    cause = f"it shares the network of {gateway}, and has none until then"
    draft.affect(target.name, "is restarted at the end", cause)
    if draft.risk is Risk.SAFE:
        draft.risk = Risk.DISRUPTIVE
    back = "it is healthy" if target.probed else "it runs"
    draft.interrupt(target, f"up to {duration(target.grace)} to stop, then until {back} again")
    draft.expected = [item for item in draft.expected if item.name != target.name]
    draft.expect_running(target, target.containers)
