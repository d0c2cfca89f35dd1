"""The services of the simulated stack: the ten of the operations guide, and an orphan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

PROJECT: Final = "pixel"
DIRECTORY: Final = "/home/pixel/pixel"
COMPOSE_FILE: Final = f"{DIRECTORY}/docker-compose.yml"
NETWORK: Final = "pixel-net"
MIB: Final = 1024 * 1024


_UNAVAILABLE: Final = "wget: server returned error: HTTP/1.1 503 Service Unavailable\n"


@dataclass(frozen=True, slots=True)
class DemoHealthCheck:
    """A health check. Times are seconds."""

    test: tuple[str, ...]
    passing: str
    """What it prints when it passes."""
    failing: str
    """What it prints when it fails."""
    interval: float = 5.0
    start_interval: float = 2.0
    start_period: float = 30.0
    retries: int = 3


@dataclass(frozen=True, slots=True)
class DemoService:
    """A service of the embedded stack."""

    name: str
    image: str = ""
    """Empty for a service that is built; its image is then named after project and service."""
    command: tuple[str, ...] = ("node", "dist/server.js")
    check: DemoHealthCheck | None = None
    port: int = 0
    """The port it listens on in the container; 0 for none."""
    published: tuple[tuple[int, int], ...] = ()
    """Pairs of container port and host port."""
    host_ip: str = "127.0.0.1"
    depends_on: tuple[tuple[str, str], ...] = ()
    """Pairs of service and condition, `healthy` or `started`."""
    profile: str = ""
    replicas: int = 1
    container_name: str = ""
    restart: str = "unless-stopped"
    log_driver: str = "json-file"
    grace: str = ""
    environment: tuple[tuple[str, str], ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    """Build arguments."""
    volumes: tuple[tuple[str, str, bool], ...] = ()
    """Path below the project's folder (or an absolute one), target, writable."""
    memory: int = 64 * MIB
    """Bytes in use when idle."""
    memory_limit: int = 0
    """In bytes; 0 for none."""
    cpu: float = 0.02
    """Cores in use when idle."""
    traffic: int = 2000
    """Bytes received per second."""
    storage: int = 400
    """Bytes written to disk per second."""
    processes: int = 11
    log_interval: float = 2.0
    """Seconds between two log lines."""
    ready_seconds: float = 2.5
    """Seconds after its start until its health check can pass."""
    stop_seconds: float = 0.6
    stop_code: int = 143

    @property
    def probe(self) -> str:
        """The output of a passing health check; empty without a health check."""
        return self.check.passing if self.check else ""

    @property
    def image_name(self) -> str:
        """The image's name in `docker ps`."""
        return self.image or f"{PROJECT}-{self.name}"

    def container(self, number: int) -> str:
        """Return the name of one of its containers."""
        return self.container_name or f"{PROJECT}-{self.name}-{number}"


def _http(port: int, path: str, passing: str, failing: str = _UNAVAILABLE) -> DemoHealthCheck:
    test = ("CMD", "wget", "-qO-", f"http://localhost:{port}{path}")
    return DemoHealthCheck(test, f"{passing}\n", failing)


_NOT_A_SECRET: Final = "demonstration-only"  # noqa: S105  it is what it says
_DATABASE: Final = f"postgresql://pixel:{_NOT_A_SECRET}@postgres:5432/pixel_agent"
_NODE: Final = (("NODE_ENV", "production"), ("LOG_LEVEL", "info"), ("TZ", "UTC"))
_MODEL: Final = (
    ("OPENROUTER_API_KEY", _NOT_A_SECRET),
    ("OPENROUTER_MODEL", "deepseek/deepseek-r1"),
)

SERVICES: Final = (
    DemoService(
        "agent",
        command=("bun", "run", "dist/index.js"),
        check=_http(
            3003, "/health", '{"status":"ok","plugins":7,"relays":5}',
            "wget: server returned error: HTTP/1.1 503 Service Unavailable\n"
            '{"status":"error","error":"database pool exhausted","pool":{"max":20,"waiting":14}}\n',
        ),
        port=3003, published=((3003, 3003),),
        depends_on=(("api", "healthy"), ("postgres", "healthy")), grace="30s",
        environment=(
            *_NODE, *_MODEL, ("POSTGRES_URL", _DATABASE), ("NOSTR_PRIVATE_KEY", _NOT_A_SECRET),
            ("NOSTR_RELAYS", "wss://relay.damus.io,wss://nos.lol"), ("NOSTR_POST_ENABLE", "true"),
            ("TELEGRAM_BOT_TOKEN", _NOT_A_SECRET),
        ),
        volumes=(("data", "/app/data", True), ("logs", "/app/logs", True)),
        memory=604 * MIB, memory_limit=1024 * MIB, cpu=0.17, traffic=5200, storage=900,
        processes=23, log_interval=1.3, ready_seconds=5.0, stop_seconds=1.8,
    ),
    DemoService(
        "api",
        check=_http(3000, "/api/stats", '{"pixels":18211,"sats":94120,"users":412}'),
        port=3000, published=((3000, 3000),),
        environment=(
            *_NODE, ("PORT", "3000"), ("DATABASE_PATH", "/app/data/pixels.db"),
            ("NAKAPAY_API_KEY", _NOT_A_SECRET), ("NAKAPAY_WEBHOOK_SECRET", _NOT_A_SECRET),
        ),
        volumes=(("data/lnpixels", "/app/data", True),),
        memory=151 * MIB, memory_limit=512 * MIB, cpu=0.06, traffic=18_400, storage=5200,
        log_interval=0.7,
    ),
    DemoService(
        "landing",
        command=("node", "server.js"),
        check=_http(3001, "/", "<!doctype html>"),
        port=3001, replicas=2,
        environment=(("NODE_ENV", "production"), ("PORT", "3001")),
        arguments=(
            ("NEXT_PUBLIC_AGENT_HANDLE", "@pixel"),
            ("NEXT_PUBLIC_CANVAS_URL", "https://pixel.example.org/canvas"),
            ("NEXT_PUBLIC_LIGHTNING_ADDRESS", "pixel@example.org"),
        ),
        memory=74 * MIB, memory_limit=192 * MIB, cpu=0.01, traffic=3100, log_interval=3.1,
    ),
    DemoService(
        "nginx", "nginx:alpine",
        command=("nginx", "-g", "daemon off;"),
        check=_http(80, "/health", "ok"),
        port=80, published=((80, 80), (443, 443)),
        host_ip="0.0.0.0",  # noqa: S104  it is shown, not listened on
        depends_on=(("api", "started"), ("landing", "started"), ("web", "started")),
        log_driver="none",
        volumes=(
            ("certbot/conf", "/etc/letsencrypt", False),
            ("certbot/www", "/var/www/certbot", False),
            ("nginx/nginx.conf", "/etc/nginx/conf.d/default.conf", False),
        ),
        memory=11 * MIB, memory_limit=64 * MIB, cpu=0.015, traffic=41_000, processes=5,
        ready_seconds=0.5, stop_code=0,
    ),
    DemoService(
        "pgadmin", "dpage/pgadmin4:8",
        command=("/entrypoint.sh",),
        port=80, published=((80, 5050),), depends_on=(("postgres", "healthy"),), profile="tools",
        environment=(
            ("PGADMIN_DEFAULT_EMAIL", "pixel@example.org"),
            ("PGADMIN_DEFAULT_PASSWORD", _NOT_A_SECRET),
        ),
        memory=212 * MIB, cpu=0.004, traffic=300, processes=26, log_interval=7.0, stop_code=0,
    ),
    DemoService(
        "postgres", "pgvector/pgvector:pg15",
        command=("postgres", "-c", "shared_buffers=128MB"),
        check=DemoHealthCheck(
            ("CMD-SHELL", "pg_isready -U pixel -d pixel_agent"),
            "/var/run/postgresql:5432 - accepting connections\n",
            "/var/run/postgresql:5432 - rejecting connections\n",
            start_period=10.0,
        ),
        port=5432, published=((5432, 5432),),
        environment=(
            ("POSTGRES_DB", "pixel_agent"), ("POSTGRES_USER", "pixel"),
            ("POSTGRES_PASSWORD", _NOT_A_SECRET), ("PGDATA", "/var/lib/postgresql/data"),
        ),
        volumes=(("data/postgres", "/var/lib/postgresql/data", True),),
        memory=236 * MIB, memory_limit=768 * MIB, cpu=0.04, traffic=9800, storage=21_000,
        processes=31, log_interval=4.3, ready_seconds=1.5, stop_code=0,
    ),
    DemoService(
        "syntropy",
        command=("bun", "run", "src/index.ts"),
        check=_http(3000, "/health", '{"status":"ok","cycle":"idle"}'),
        port=3000, depends_on=(("agent", "started"), ("api", "healthy")),
        environment=(
            *_NODE, *_MODEL, ("GH_TOKEN", _NOT_A_SECRET), ("PIXEL_ROOT", "/pixel"),
            ("HOST_PIXEL_ROOT", DIRECTORY), ("MAX_CONCURRENT_WORKERS", "1"),
            ("WORKER_TIMEOUT_SECONDS", "2700"),
        ),
        volumes=((".", "/pixel", True), ("/var/run/docker.sock", "/var/run/docker.sock", True)),
        memory=182 * MIB, memory_limit=512 * MIB, cpu=0.03, traffic=2700, processes=19,
        log_interval=2.9, ready_seconds=3.5,
    ),
    DemoService(
        "vps-monitor", "alpine:3.20",
        command=("sh", "/scripts/vps-monitor.sh"),
        check=DemoHealthCheck(
            ("CMD", "sh", "/scripts/fresh.sh", "/data/vps-metrics.json", "180"),
            "/data/vps-metrics.json is 41 s old\n",
            "/data/vps-metrics.json is 914 s old: more than 180 s\n",
            interval=15.0,
        ),
        container_name="pixel-vps-monitor-1", log_driver="none", grace="2s",
        volumes=(("data", "/data", True), ("scripts", "/scripts", False)),
        memory=4 * MIB, cpu=0.004, traffic=0, storage=90, processes=2, ready_seconds=0.5,
        stop_code=137, stop_seconds=2.0,
    ),
    DemoService(
        "web",
        command=("node_modules/.bin/next", "start"),
        check=_http(3000, "/", "<!doctype html>"),
        port=3000, published=((3000, 3002),), depends_on=(("api", "healthy"),),
        environment=(("NODE_ENV", "production"), ("PORT", "3000")),
        arguments=(("NEXT_PUBLIC_API_URL", "https://pixel.example.org/api"),),
        memory=128 * MIB, memory_limit=256 * MIB, cpu=0.02, traffic=12_600, log_interval=1.9,
        ready_seconds=4.0,
    ),
    DemoService(
        "worker",
        command=("/entrypoint-worker.sh",),
        profile="worker", restart="no",
        environment=(
            *_MODEL, ("GH_TOKEN", _NOT_A_SECRET), ("HOST_PIXEL_ROOT", DIRECTORY),
            ("OPENCODE_MODEL", "opencode/big-pickle"),
        ),
        volumes=((".", "/pixel", True), ("/var/run/docker.sock", "/var/run/docker.sock", True)),
        memory=311 * MIB, memory_limit=1024 * MIB, cpu=0.42, traffic=7400, storage=31_000,
        processes=17, log_interval=1.1,
    ),
)  # fmt: skip

ORPHAN: Final = DemoService(
    "narrative-correlator",
    command=("python", "-m", "correlator"),
    check=_http(3004, "/correlations/health", '{"status":"ok"}'),
    port=3004, published=((3004, 3004),),
    environment=(("POSTGRES_URL", _DATABASE),),
    memory=88 * MIB, cpu=0.005, traffic=300, processes=4, log_interval=9.0,
)  # fmt: skip
"""A service that only an older compose file had."""

SERVICES_BY_NAME: Final[Mapping[str, DemoService]] = {
    service.name: service for service in (*SERVICES, ORPHAN)
}
