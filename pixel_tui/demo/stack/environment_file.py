"""The simulated stack's `.env` and `.env.example`, with typical mistakes."""

from collections import defaultdict
from typing import Final

from pixel_tui.demo.stack.services import DIRECTORY, SERVICES
from pixel_tui.stack.compose.environment_uses import EnvironmentUses, KeyUse, KeyUseKind
from pixel_tui.text import SafeText

PATH: Final = f"{DIRECTORY}/.env"

EXAMPLE: Final = b"""\
# =============================================================================
# AI models
# =============================================================================
OPENROUTER_API_KEY=your_openrouter_key_here
OPENROUTER_MODEL=deepseek/deepseek-r1

# =============================================================================
# Database
# =============================================================================
POSTGRES_DB=pixel_agent
POSTGRES_USER=pixel
POSTGRES_PASSWORD=your_database_password_here
POSTGRES_URL=postgresql://pixel:your_database_password_here@postgres:5432/pixel_agent

# =============================================================================
# Nostr
# =============================================================================
NOSTR_PRIVATE_KEY=your_nostr_private_key_here
NOSTR_RELAYS=wss://relay.damus.io,wss://nos.lol
NOSTR_POST_ENABLE=true

# =============================================================================
# Payments
# =============================================================================
NAKAPAY_API_KEY=your_nakapay_api_key_here
NAKAPAY_WEBHOOK_SECRET=your_nakapay_webhook_secret_here

# =============================================================================
# Frontends (built into their images)
# =============================================================================
NEXT_PUBLIC_API_URL=https://your.domain/api
NEXT_PUBLIC_CANVAS_URL=https://your.domain/canvas

# =============================================================================
# Autonomy
# =============================================================================
GH_TOKEN=your_github_token_here
WORKER_TIMEOUT_SECONDS=2700
# TELEGRAM_BOT_TOKEN=your_telegram_bot_token_here
LOG_LEVEL=info
"""

FILE: Final = b"""\
# =============================================================================
# AI models
# =============================================================================
OPENROUTER_API_KEY=demonstration-only
OPENROUTER_MODEL=deepseek/deepseek-r1

# =============================================================================
# Database
# =============================================================================
POSTGRES_DB=pixel_agent
POSTGRES_USER=pixel
POSTGRES_PASSWORD=demonstration$only
POSTGRES_URL=postgresql://pixel:demonstration-only@postgre:5432/pixel_agent

# =============================================================================
# Nostr
# =============================================================================
NOSTR_PRIVATE_KEY=your_nostr_private_key_here
NOSTR_RELAYS="wss://relay.damus.io,wss://nos.lol"
NOSTR_POST_ENABLE=true

# =============================================================================
# Payments
# =============================================================================
NAKAPAY_API_KEY=demonstration-only

# =============================================================================
# Frontends (built into their images)
# =============================================================================
NEXT_PUBLIC_API_URL=http://localhost:3000/api
NEXT_PUBLIC_CANVAS_URL=https://pixel.example.org/canvas

# =============================================================================
# Autonomy
# =============================================================================
GH_TOKEN=your_github_token_here
WORKER_TIMEOUT_SECONDS=2700
# TELEGRAM_BOT_TOKEN=your_telegram_bot_token_here
LOG_LEVEL=info
CANVAS_THEME=dark
"""

_FIXED: Final = frozenset(
    {"DATABASE_PATH", "HOST_PIXEL_ROOT", "NODE_ENV", "PGDATA", "PIXEL_ROOT", "PORT", "TZ"}
)
"""Keys that the compose file sets itself."""


def uses() -> EnvironmentUses:
    """Return which services use which key, in `environment` or as a build argument."""
    references: dict[str, list[KeyUse]] = defaultdict(list)
    for service in SERVICES:
        name = SafeText(service.name)
        for key, _ in service.environment:
            if key not in _FIXED:
                where = SafeText(f"environment.{key}")
                references[key].append(KeyUse(name, KeyUseKind.INTERPOLATION, where))
        for key, _ in service.arguments:
            where = SafeText(f"build.args.{key}")
            references[key].append(KeyUse(name, KeyUseKind.BUILD_ARGUMENT, where))
    services = tuple(SafeText(service.name) for service in SERVICES)
    return EnvironmentUses(
        services=services,
        hosts=frozenset(services),
        references={key: tuple(found) for key, found in references.items()},
    )
