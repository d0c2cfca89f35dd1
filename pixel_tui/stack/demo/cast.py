"""Who plays in the embedded stack: the ten services of the operations guide."""

from dataclasses import dataclass
from typing import Final

PROJECT: Final = "pixel"
DIRECTORY: Final = "/home/pixel/pixel"
NETWORK: Final = "pixel_pixel-net"
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A service of the embedded stack."""

    name: str
    image: str
    port: int = 0
    host_port: int = 0
    depends_on: tuple[tuple[str, str], ...] = ()
    profile: str = ""
    replicas: int = 1
    builds: bool = True
    probe: str = ""
    """What a passing health check prints; empty for a service without one."""
    memory: int = 64 * MIB
    """Bytes in use at rest."""
    memory_limit: int = 0
    cpu: float = 0.02
    """Cores in use at rest."""
    traffic: int = 2000
    """Bytes a second, each way."""
    log_driver: str = "json-file"
    log_every: float = 2.0
    """Seconds between two log lines."""
    restart: str = "unless-stopped"
    grace: str = ""


CAST: Final = (
    Part(
        "agent", "pixel-agent", 3003, 3003, (("api", "healthy"), ("postgres", "healthy")),
        probe='{"status":"ok","plugins":7}', memory=418 * MIB, memory_limit=1024 * MIB, cpu=0.11,
        traffic=5200, log_every=1.3, grace="30s",
    ),
    Part(
        "api", "pixel-api", 3000, 3000, probe='{"pixels":18211,"sats":94120}', memory=151 * MIB,
        memory_limit=512 * MIB, cpu=0.06, traffic=18400, log_every=0.7,
    ),
    Part(
        "landing", "pixel-landing", 3001, 3001, probe="<!doctype html>", replicas=2,
        memory=74 * MIB, cpu=0.01, traffic=3100, log_every=3.1,
    ),
    Part(
        "nginx", "nginx:alpine", 80, 80,
        (("api", "started"), ("web", "started"), ("landing", "started")),
        builds=False, probe="ok", memory=11 * MIB, cpu=0.015, traffic=41000, log_driver="none",
    ),
    Part(
        "pgadmin", "dpage/pgadmin4:8", 80, 5050, (("postgres", "healthy"),), profile="tools",
        builds=False,
    ),
    Part(
        "postgres", "pgvector/pgvector:pg15", 5432, 5432, builds=False,
        probe="/var/run/postgresql:5432 - accepting connections", memory=236 * MIB,
        memory_limit=768 * MIB, cpu=0.04, traffic=9800, log_every=4.3,
    ),
    Part(
        "syntropy", "pixel-syntropy", depends_on=(("api", "healthy"), ("agent", "started")),
        probe='{"status":"ok"}', memory=182 * MIB, memory_limit=512 * MIB, cpu=0.03, traffic=2700,
        log_every=2.9,
    ),
    Part(
        "vps-monitor", "alpine:3.20", builds=False, probe="data/vps-metrics.json is 41 s old",
        memory=4 * MIB, cpu=0.004, traffic=0, log_driver="none",
    ),
    Part(
        "web", "pixel-web", 3000, 3002, (("api", "healthy"),), probe="<!doctype html>",
        memory=128 * MIB, memory_limit=256 * MIB, cpu=0.02, traffic=12600, log_every=1.9,
    ),
    Part(
        "worker", "pixel-worker", profile="worker", memory=311 * MIB, memory_limit=1024 * MIB,
        cpu=0.42, traffic=7400, log_every=1.1, restart="no",
    ),
)  # fmt: skip
ORPHAN: Final = Part(
    "narrative-correlator", "pixel-narrative-correlator", 3004, 3004, memory=88 * MIB, cpu=0.005,
    traffic=300, log_every=9.0,
)  # fmt: skip
PARTS: Final = {part.name: part for part in (*CAST, ORPHAN)}
