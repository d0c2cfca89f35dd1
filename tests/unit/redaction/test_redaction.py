"""Secrets are recognised by name and by form, and never shown."""

import json
import re
import time
from unittest.mock import ANY

import pytest

from pixel_tui.errors import EngineRefused
from pixel_tui.redaction.redactor import (
    MASK,
    is_secret_name,
    mask_value,
    masked_value,
    redact,
    redact_argv,
    remember_secret,
)


@pytest.mark.parametrize(
    "name",
    [
        "GH_TOKEN", "OPENAI_API_KEY", "NAKAPAY_WEBHOOK_SECRET", "POSTGRES_PASSWORD",
        "NOSTR_PRIVATE_KEY", "INSTAGRAM_PASSWORD", "TWITTER_API_SECRET_KEY", "db_passwd",
        "SECRET_KEY", "AWS_ACCESS_KEY_ID", "session-cookie",
    ],
)  # fmt: skip
def test_names_of_secrets_are_recognised(name: str) -> None:
    assert is_secret_name(name)
    assert mask_value(name, "not-a-real-value") == MASK


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "NODE_ENV", "KEYBOARD", "TOKENIZER_PATH", "MONKEY", "SSL_KEY_FILE"]
)
def test_ordinary_names_are_not_those_of_secrets(name: str) -> None:
    assert not is_secret_name(name)
    assert mask_value(name, "plain") == "plain"


def test_a_secret_of_gpg_that_looks_like_a_fingerprint_is_masked() -> None:
    fingerprint = "A035C8C19219BA821ECEA86B64E628F8D684696D"
    assert mask_value("GPG_PASSPHRASE", fingerprint) == MASK
    assert mask_value("GPG_KEY", f"{fingerprint}-secret") == MASK


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert mask_value("GH_TOKEN", "") == ""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgres://app:hunter2fake@db:5432/x", "hunter2fake"),
        ("curl -H 'Authorization: Bearer abcdef0123456789fake'", "abcdef0123456789fake"),
        ("GH_TOKEN=ghp_fakefakefakefakefakefake node", "ghp_fakefakefakefakefakefake"),
        ('{"api_key": "fake-value-here"}', "fake-value-here"),
        ("ValueError: PASSWORD=hunter2-fake-secret is wrong", "hunter2-fake-secret"),
        ("server --password fake-word --port 80", "fake-word"),
        ("key sk-fakefakefakefakefake0000 used", "sk-fakefakefakefakefake0000"),
    ],
)
def test_secrets_inside_text_are_masked(text: str, secret: str) -> None:
    shown = redact(text)
    assert secret not in shown
    assert MASK in shown


def test_text_without_secrets_is_left_alone() -> None:
    text = "GET /health?x=1 200 12ms user=ana --port 80 in the non-secret mode of key-token sets"
    assert redact(text) == text


def test_the_file_that_a_build_misses_is_not_masked() -> None:
    said = 'failed to compute cache key: "/version" not found: not found'
    assert redact(said) == said
    assert "hunter2" not in redact('cache key: "PASSWORD=hunter2" key: "hunter2"')


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "a=" * 20_000, "--" + "a" * 100_000, "1a" * 50_000, "https://" + "a" * 50_000],
    ids=["word", "assignments", "flag", "digits", "url"],
)
def test_a_long_word_is_fast(text: str) -> None:
    began = time.thread_time()
    assert redact(text) == text
    assert time.thread_time() - began < 2  # it took minutes if each letter was tried as a start


def test_the_value_of_an_ordinary_name_is_searched_for_assignments() -> None:
    assert redact("error: x = API_KEY= abc") == f"error: x = API_KEY= {MASK}"
    assert redact("1PASSWORD=abc -PASSWORD=abc") == f"1PASSWORD={MASK} -PASSWORD={MASK}"


# A corpus: all combinations of names, forms and values.

SECRET_NAMES = [
    "PGPASSWORD", "DBPASS", "dbPass", "dbPassword", "RPCPASSWORD", "JWT", "AuthCode", "authToken",
    "requirepass", "redisPass", "MYSQL_ROOT_PASSWORD", "api-key", "apiKey", "X-Api-Key",
    "SECRET_KEY_BASE", "client_secret", "AWS_SECRET_ACCESS_KEY", "SESSION_COOKIE", "SENTRY_DSN",
    "DB_PWD", "GithubToken", "PRIVATE_KEY", "ENCRYPTION_KEY", "app.security.jwt.secret",
    "services.db.environment.POSTGRES_PASSWORD", "NOSTR_NSEC", "SEED_PHRASE", "PASSWORD2",
    "PSK", "WIFI_PSK", "PRIVKEY", "XPRV", "XPRIV", "SQLPWD", "STRIPE_SK", "BEARER",
    "SECRETKEYBASE", "RPCAUTH", "presharedKey", "WALLET_SEED", "SEEDPHRASE",
    "CREDS", "DB_CREDS", "gitCreds", "BASICAUTH", "TRAEFIK_BASICAUTH", "basicAuth", "LOGIN_PIN",
    "SIM_PIN", "userPin", "PIN_CODE", "PINCODE", "WG_PRIVATE", "SSH_PRIVATE", "wireguardPrivate",
    "MASTERPW", "ROOTPW", "DBPW", "DB_PW", "adminPw", "MQTTPW", "SMTPPWD", "SERVERPASS",
    "NOSTR_SK", "NOSTRSK", "nostrSk", "NOSTR_SK_HEX", "NOSTR_PRIVKEYS",
    "RCON", "SRCDS_RCON", "RCONPW", "RCON_PW", "RCON_PASS", "RCONPASSWORD",
    "HMAC", "WEBHOOK_HMAC", "HMAC_KEY", "HMACKEY", "hmacSecret", "HMAC_2",
    "PEPPER", "PASSWORD_PEPPER", "PEPPER_V2", "PEPPER_OLD",
    "UNLOCK_CODE", "ACCESS_CODE", "unlockCode", "UNLOCK_PHRASE", "PAIRING_CODE", "PASSKEY",
]  # fmt: skip
VALUES = [
    "hunTer2,and,more",
    "a/b@c:d-fake",
    "x&y;z=fake1",
    "plainfakeword",
    "Pa$$w0rd!fake",
    "q\"uo'te9",
]
FORMS = [
    "{name}={value}", "{name}: {value}", "-e {name}={value} image", "-{name}={value}",
    "--{name} {value} --port 80", "--{name}={value}", "run --{name}={value},next --x",
    "Error: bad {name}={value} here", 'got {{"a": 1, "{name}": {json}, "b": 2}}',
    'said "{{\\"{name}\\": {escaped}}}" twice', "{name}='{value}'", "level=info {name}={json} x=1",
    "services.x.environment.{name}: {json}. You may need to escape any $ with another $",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_of_any_name_is_masked_in_any_form(name: str, form: str) -> None:
    for value in VALUES:
        if "'{value}'" in form and "'" in value:
            continue  # no shell would write it like this
        quoted = json.dumps(value)
        text = form.format(name=name, value=value, json=quoted,
                           escaped=json.dumps(quoted)[1:-1])  # fmt: skip
        shown = redact(text)
        assert MASK in shown, text
        for piece in re.findall(r"[A-Za-z0-9]{3,}", value):
            if piece.lower() not in form.lower():
                assert piece not in shown, (text, shown)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_variable_of_a_secret_name_is_masked(name: str) -> None:
    for value in VALUES:
        assert mask_value(name, value) == MASK


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("redis://:hun/ter2@host:6379/0", "hun/ter2"),
        ("postgres://app:pa/ss@w0rd@db:5432/x", "pa/ss@w0rd"),
        ("amqp://u:12345abc@mq/", "12345abc"),
        ("mongodb+srv://u:fake%2Fpass@c0.example.net/?w=1", "fake%2Fpass"),
        ("https://hooks.slack.com/services/T0FAKE/B0FAKE/abcdefFAKE", "abcdefFAKE"),
        ("https://discord.com/api/webhooks/123456/fake-token_x", "fake-token_x"),
        ("https://x.webhook.office.com/webhookb2/fake@fake/IncomingWebhook/f", "IncomingWebhook"),
        ("https://chat.googleapis.com/v1/spaces/A/messages?key=fk&token=ft", "token=ft"),
        ("https://api.telegram.org/bot123456789:AAfakefakefakefakefakefakefakefakefa1/x", "AAfake"),
        ("curl -u admin:fakeword http://x", "fakeword"),
        ("curl -H 'Cookie: sid=fakeone; other=faketwo' http://x", "faketwo"),
        ("Authorization: Digest username=x, response=fakefake", "fakefake"),
        ("Proxy-Authorization: Basic ZmFrZTpmYWtl", "ZmFrZTpmYWtl"),
        ('["server", "--password", "fakeword", "--x"]', "fakeword"),
        ("server --password 'fake word' --x", "fake word"),
        ('server --password "fake \\" zzz" --x', "zzz"),
        ('failed to read .env: line 3: unterminated quoted value "fake secret\nB=other', "fake"),
        ('failed to read .env: unexpected character "+" near "fake+value\\nTOKEN=x\\n"', "fake+"),
        ("bad 'PASSWORD=\"fake never ends", "never"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIfake\n-----END RSA PRIVATE KEY-----", "MIIfake"),
        ('{"password":"fake\\"quoted"}', "quoted"),
        ("token sk_live_fakefakefakefake00", "fakefake"),
        ("got whsec_fakefakefake0123456789", "fakefake"),
        ("got SG.fakefakefakefake0123.fakefakefakefake0123", "fakefake"),
        ("got dop_v1_fakefakefakefakefake0123", "fakefake"),
        ("got MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.fakefakefakefakefakefakefake0", "fakefake"),
        ("DISCORD_BOT=fakeWord0123fakeWord0123fake", "fakeWord"),
        ("TELEGRAM_BOT: fakeWord0123fakeWord0123fake", "fakeWord"),
        ("--slack-bot fakeWord0123fakeWord0123fake x", "fakeWord"),
        ("https://host.example.org/webhook/fakefake0123456789", "fakefake"),
        ("https://home.example.org/api/webhook/fakefake01234567_89", "fakefake"),
        ("https://n8n.example.org/webhook-test/7f1fc9a0-41b5-4d21-8a3a-1e52fbc0de11", "41b5"),
        ("wget --user root:Fakeword http://x", "Fakeword"),
        ("wget --user=root:Fakeword http://x", "Fakeword"),
        ("--user=root:Fakeword", "Fakeword"),
        ("wget --http-user=root --http-password=Fakeword http://x", "Fakeword"),
        ("wget --password Fakeword http://x", "Fakeword"),
        ("server -u root:Fakeword --x", "Fakeword"),
        ('["server", "-u", "root:Fakeword"]', "Fakeword"),
        ('["server","-u","root:Fakeword"]', "Fakeword"),
        ("curl -uroot:Fakeword http://x", "Fakeword"),
        ('["CMD", "curl", "-f", "-uroot:Fakeword", "http://x"]', "Fakeword"),
        ("curl -sS -x http://p:80 -Uroot:Fakeword http://x", "Fakeword"),
        ("curl --proxy-user root:Fakeword http://x", "Fakeword"),
        ("lftp -u root,Fakeword host", "Fakeword"),
        ("smbclient -U root%Fakeword //h/share", "Fakeword"),
        ("ab -A root:Fakeword -n 10 http://h/", "Fakeword"),
        ("mosquitto_pub -h mq -u root -P Fakeword -t a", "Fakeword"),
        ("rabbitmqadmin -u root -p Fakeword list", "Fakeword"),
        ("host=db,password=fake,one,user=x", "one"),
        ("redis-cli -a fakeword ping", "fakeword"),
        ("/usr/bin/redis-cli -h cache -p 6379 -a fakeword ping", "fakeword"),
        ("CMD redis-cli -a 'fake word' ping", "word"),
        ('["redis-cli", "-a", "fakeword", "ping"]', "fakeword"),
        ('["redis-cli","-a","fakeword","ping"]', "fakeword"),
        ("mysql -uroot -pfakeword shop", "fakeword"),
        ("exec mysqldump -h db -u root -p'fake word' shop", "word"),
        ("sshpass -p fakeword ssh -p 22 host", "fakeword"),
        ("sshpass -pfakeword ssh host", "fakeword"),
        ("mongosh -u root -p fakeword", "fakeword"),
        ("ldapsearch -x -D cn=x -w fakeword", "fakeword"),
        ("sqlcmd -U sa -P fakeword", "fakeword"),
        ("requirepass fakeword", "fakeword"),
        ("port 6379\nmasterauth fakeword\nsave 60 1", "fakeword"),
        ("password hunter2fake", "hunter2fake"),
        ("the password 'fakeword' was refused", "fakeword"),
        ("bad password Fake!word, try again", "Fake!word"),
        ("machine x login ana password fakeword", "fakeword"),
        ("'password' => 'fakeword',", "fakeword"),
        (':password=>"fakeword"', "fakeword"),
        ("password := fakeword", "fakeword"),
        ("CREATE USER x IDENTIFIED BY 'fakeword';", "fakeword"),
        ("identified with caching_sha2_password by 'fakeword'", "fakeword"),
        ("ALTER ROLE x PASSWORD 'fakeword'", "fakeword"),
        ("SET PASSWORD FOR x = PASSWORD('fakeword')", "fakeword"),
        ("<password>fakeword</password>", "fakeword"),
        ('<db:password enc="no">fakeword</db:password>', "fakeword"),
        ("<apiKey><![CDATA[fakeword]]></apiKey>", "fakeword"),
        ("PASSWORD%3Dfakeword", "fakeword"),
        ("/x?env=A%3D1%26DB_PASSWORD%3Dfakeword&b=1", "fakeword"),
        ("%7B%22password%22%3A%22fakeword%22%7D", "fakeword"),
        ("https://x.blob.example.net/y?sp=r&sig=fakefake%2Fword&x=1", "word"),
        ("https://x.org/y?X-Amz-Signature=fakefake0123", "fakefake0123"),
        ("https://x.org/y?a=1&X-Goog-Signature=fakefake0123", "fakefake0123"),
    ],
)  # fmt: skip
def test_secrets_of_other_forms_are_masked(text: str, secret: str) -> None:
    shown = redact(text)
    assert secret not in shown
    assert MASK in shown


PUBLIC = [
    ("COOKIE_NAME", "sid"), ("SECURE_COOKIES", "false"), ("ACCESS_TOKEN_EXPIRATION", "15"),
    ("OPENAI_MAX_TOKENS", "4096"), ("MAX_TOKENS", "4096"), ("GRAFANA_AUTH", "true"),
    ("DB_PASSWORD", "null"), ("DB_PASSWORD", "None"), ("AUTH_METHOD", "ldap"),
    ("JWT_EXPIRES_IN", "7d"), ("JWT_ALGORITHM", "HS256"), ("PASSWORD_MIN_LENGTH", "12"),
    ("TOKENS_PER_MINUTE", "60000"), ("TOKEN_URL", "https://x/token"),
    ("PUBLIC_KEY", "ssh-ed25519 A"),
    ("CACHE_KEY_PREFIX", "shop"), ("API_KEY_HEADER", "X-Api-Key"), ("COOKIE_DOMAIN", "x.org"),
    ("SSH_AUTH_SOCK", "/run/agent"), ("DB_PASSWORD_FILE", "/run/secrets/db"),
    ("POSTGRES_PASSWORD", "${POSTGRES_PASSWORD}"), ("AUTHOR", "ana"), ("COMPASS", "north"),
    ("KEYBOARD_LAYOUT", "de"), ("BYPASS", "x"), ("TOKENIZER", "bpe"), ("PASSENGER_COUNT", "4"),
    ("SESSION_COOKIE_SAMESITE", "lax"), ("AUTH_ENABLED", "1"), ("PRIMARY_KEY", "id"),
    ("SEED_DATA", "demo"), ("SEED_DB", "shop"), ("SEED_USERS", "ana"), ("LOCALE_SK", "sk-SK"),
    ("TASK", "x"), ("PSK_IDENTITY", "agent"), ("DISK", "sda"),
    ("GPG_KEY", "A035C8C19219BA821ECEA86B64E628F8D684696D"), ("PGP_KEY", "0x64E628F8D684696D"),
    ("PHP_GPG_KEYS", "1729F83938DA44E27BA0F4D3DBDB397470D12172"), ("PWD", "/app"),
    ("OLDPWD", "/srv/x"), ("HOST_PWD", "/home/ana"), ("PASSWORD_HASHERS", "argon2"),
    ("AUTH_PASSWORD_VALIDATORS", "length"), ("PASSWORD_HASHING", "bcrypt"),
    ("STRIPE_PUBLISHABLE_KEY", "pk_live_fake"), ("clerkPublishableKey", "pk_test_fake"),
    ("VITE_PUBLISHABLE_KEY", "pk_fake"), ("CAPTCHA_SITE_KEY", "6Lcfake"),
    ("RECAPTCHA_SITE_KEY", "6Lcfake"), ("TURNSTILE_SITE_KEY", "0x4AAfake"), ("GPIO_PIN", "1234"),
    ("RESET_PIN", "17"), ("LOGIN_PIN", "17"), ("REPO_PRIVATE", "internal"), ("PRIVATE", "yes"),
    ("WG_PRIVATE_IP", "10.0.0.1"), ("DISCORD_BOT", "pixel-bot"), ("SLACK_BOT", "enabled-for-all"),
    ("BASICAUTH_USER", "ana"), ("CREDS_FILE", "/run/creds"),
    ("SESSION", "shop-a"), ("SESSION_NAME", "shop"), ("RCON_PORT", "27015"),
    ("RCON_HOST", "0.0.0.0"),
    ("ENABLE_RCON", "true"), ("USE_RCON", "1"), ("RCON_ENABLED", "yes"), ("RCON_CMDS", "say"),
    ("RCON_CMDS_STARTUP", "/gamerule"), ("HMAC_ALGORITHM", "sha256"), ("HMAC_ALGO", "sha512"),
    ("HMAC", "sha256"), ("WEBHOOK_HMAC", "HMAC-SHA256"), ("HMAC_HEADER", "X-Signature"),
    ("HMAC_DIGEST", "sha1"), ("HMAC_ENABLED", "true"), ("PEPPER_ENABLED", "false"),
    ("PEPPER", "false"), ("PEPPER_VERSION", "2"), ("PEPPER_FLASH_PATH", "/usr/lib/x"),
    ("STATUS_CODE", "200"), ("COUNTRY_CODE", "de"), ("ACCESS_CODE", "403"), ("ZIP_CODE", "10115"),
    ("EXIT_CODE", "137"), ("LANG_SK", "slovak"), ("SK", "sk-SK"), ("NPW", "4"), ("KPW", "x"),
    ("COMPASS", "n"), ("OVERPASS_HOST", "osm"), ("TRESPASS", "no"), ("NOSTR_PUBKEY", "ab12"),
    ("NOSTR_RELAYS", "wss://relay.example.org"), ("UNLOCK", "later"), ("MASTER", "db-1"),
    ("WEBHOOK", "enabled-for-all"), ("WEBHOOK_PORT", "9000"), ("WEBHOOK_PATH", "/hooks/in"),
    ("WEBHOOK_URL", "https://n8n.example.org/"), ("WEBHOOK", "http://app:3000"),
    ("WEBHOOK_URL", "https://api.example.org/v1/webhooks/github"),
    ("STRIPE_WEBHOOK_URL", "https://shop.example.org/webhooks/order-created-handler"),
    ("WEBHOOK_URL", "https://x.example.org/incomingWebhook/nakaPay2?source=ci"),
    ("HEALTHCHECK_PING", "https://x.example.org/status.php"),
    ("GIT_PUSH_URL", "git@x.org:a/b1.git"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), PUBLIC)
def test_values_whose_names_only_sound_secret_are_shown(name: str, value: str) -> None:
    assert mask_value(name, value) == value
    for form in ("{}={}", "{}: {}", "--{} {} x", '{{"{}": "{}"}}'):
        text = form.format(name, value)
        assert redact(text) == text


HOOK_NAMES = [
    "WEBHOOK", "WEBHOOK_URL", "SLACK_WEBHOOK", "DEPLOY_WEBHOOK_URL", "webhookUrl", "ALERT_WEBHOOKS",
    "DEPLOY_HOOK", "HOOK_URI", "WEBHOOK_ENDPOINT", "WEBHOOK_URL_2", "HEALTHCHECKS_PING_URL",
    "KUMA_PUSH_URL", "HEARTBEAT_URL",
]  # fmt: skip
HOOK_PATHS = [
    "hook/TOKEN", "hook/a8f7d9s8f7", "h/AbCdEfGhIj", "services/T0FAKE/B0FAKE/abcdefFAKE",
    "7f1fc9a0-41b5-4d21-8a3a-1e52fbc0de11", "push?key=AbCd12EfGh", "x/123456789",
    "in/abcdefghijklmnopqrstuvwxyz", "bot123456789:AAfake_Fake1/send",
]  # fmt: skip


@pytest.mark.parametrize("path", HOOK_PATHS)
@pytest.mark.parametrize("name", HOOK_NAMES)
def test_a_webhook_address_with_a_token_is_masked(name: str, path: str) -> None:
    for address in (f"https://h/{path}", f"http://hooks.example.org:8080/api/{path}"):
        assert mask_value(name, address) == MASK
        for form in ("{}={}", "{}: {}", "-e {}={} image", '{{"{}": "{}", "b": 2}}'):
            assert path not in redact(form.format(name, address))


@pytest.mark.parametrize("name", ["SK", "BOT_SK", "relaySk", "USER_SK"])
def test_a_key_called_sk_is_decided_by_its_value(name: str) -> None:
    assert mask_value(name, "0123456789abcdef" * 4) == MASK
    assert mask_value(name, "sk-SK") == "sk-SK"


@pytest.mark.parametrize(
    "text",
    [
        "http://host:8080/path?mail=a@b.org", "GET http://api:3000/users/@me 200",
        "docker run --user 1000:1000 -u 33:33 image", "see https://hooks.example.org/docs",
        "see https://docs.example.org/webhook/order-created-handler", "whsec_ is its prefix",
        "POST https://api.example.org/v1/webhooks/github",
        'ERROR: column "name" near line 4', "git@github.com:org/repo.git", "image@sha256:abcdef",
        "docker run --name mysql -p 8080:80 -p 33060 x", "docker run -p8080:80 --name x mysql",
        "docker run --name mongo -p 27017:27017 mongo", "docker run -p 8080 redis-cli",
        "docker run --name mysql -p3306:3306 mysql:8", "redis-cli -a $REDIS_PASSWORD ping",
        "mysql -u root -p shop", "mysqladmin ping -h localhost", "mysql -u root | tee -a log.txt",
        "redis-cli -h cache -p 6379 ping", "requirepass is not set", "masterauth directive",
        "password authentication failed for user ana", "password for user ana",
        "Password must have 12 characters", "password mismatch at 12:30:01",
        "password scram-sha-256 is used", "password reset-link sent", "password /run/x1/y2",
        "password policy v2", "identified by the engine", "<key>CFBundleName2</key>",
        "<password></password>", "<name>fakeword</name>", "/x?a%3Db%26c%3Dd", "100%3D", "?sig=1",
        "signature=sha256 sig=none", "AH: x => y", "the password ${DB_PASSWORD} is used",
        "docker run -u node:node x", "docker exec -u www-data:www-data x", "-u 1000:docker x",
        "docker run --user=1000:1000 x", "docker run --user $UID:$GID x", "-u root:root x",
        "curl -u ana http://x:80/", "java -url:x", "lftp -u ana host", "smbclient -U ana //h/share",
        "ab -A ana -n 10 http://h:80/", "psql -U ana -h db", "mosquitto_pub -u ana -t a/b -m x",
        "https://discord.com/channels/1/2", "Bind for 0.0.0.0:80 failed: port is already allocated",
    ],
)  # fmt: skip
def test_ordinary_messages_are_left_alone(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_masked_everywhere() -> None:
    mask_value("DB_PASSWORD", "Fake-S3cret,one")
    for text in ("dial tcp: Fake-S3cret,one refused", "/x/Fake-S3cret,one/y", "aFake-S3cret,oneb"):
        assert "S3cret" not in redact(text)
    coloured = "first\nFake-\x1b[1mS3cret\x1b[0m,one\nlast"
    assert redact(coloured) == f"first\n{MASK}\x1b[1m\x1b[0m\nlast"
    remember_secret("Fake-S3cret,one-and-more")
    assert redact("x Fake-S3cret,one-and-more") == f"x {MASK}"


@pytest.mark.parametrize("value", ["plane", "postgres", "changeme", "12345678", "/run/secrets/db"])
def test_a_secret_that_is_an_ordinary_word_is_not_masked_out_of_paths(value: str) -> None:
    assert mask_value("DB_PASSWORD", value) in {MASK, value}
    text = f"open /srv/{value}/compose.yaml: no such file; image {value}:16"
    assert redact(text) == text
    assert masked_value(f"'{value}' is refused for /srv/{value}/x", value) == (
        f"'{MASK}' is refused for /srv/{value}/x" if value[0] != "/" else ANY
    )


def test_the_words_of_a_command_are_masked_separately() -> None:
    words = ["server", "--password", "two words", "--rpcpassword=x,y", "-v", "--token", "--x"]
    assert redact_argv(words) == [
        "server", "--password", MASK, f"--rpcpassword={MASK}", "-v", "--token", "--x",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("docker exec x /usr/bin/redis-cli -p 6379 -a fakeword ping", "-a ******** ping"),
        ("mysql -uroot -pfakeword shop", "-p******** shop"),
        ("sshpass -p fakeword ssh -p 22 host", "sshpass -p ******** ssh -p 22 host"),
        ("docker run -p 8080:80 x", "-p 8080:80 x"),
        ("docker run --name mysql -p3306:3306 mysql", "-p3306:3306 mysql"),
        ("mysql -p shop", "mysql -p shop"),
        ("server -u root:Fakeword --x", "server -u root:******** --x"),
        ("curl -u root:Fakeword http://h:80/", "-u root:******** http://h:80/"),
        ("/usr/bin/curl -uroot:Fakeword http://h:80/", "-uroot:******** http://h:80/"),
        ("wget --user=root:Fakeword x", "wget --user=root:******** x"),
        ("http -a root:Fakeword :8080/x", "http -a root:******** :8080/x"),
        ("lftp -u root,Fakeword host", "lftp -u root,******** host"),
        ("smbclient -U root%Fakeword //h/share", "-U root%******** //h/share"),
        ("ab -A root:Fakeword -n 10 x", "ab -A root:******** -n 10 x"),
        ("mosquitto_sub -u root -P Fakeword", "mosquitto_sub -u root -P ********"),
        ("docker run -u node:node x", "docker run -u node:node x"),
        ("docker exec -u 33:33 x ls", "docker exec -u 33:33 x ls"),
        ("docker run -u 1000:docker x", "docker run -u 1000:docker x"),
        ("server -a root:x1", "server -a root:x1"),
        ("http-server -a 0.0.0.0:80", "http-server -a 0.0.0.0:80"),
        ("server -a fakeword -p8080", "server -a fakeword -p8080"),
    ],
)  # fmt: skip
def test_the_short_flags_of_some_programs_are_passwords(words: str, shown: str) -> None:
    assert " ".join(redact_argv(words.split())).endswith(shown)


def test_errors_contain_no_secrets() -> None:
    error = EngineRefused(500, "driver failed: PASSWORD=hunter2,fake is bad", on="/x?token=fake1")
    assert "fake" not in f"{error} {error.sentence} {error.what} {error.args}"


@pytest.mark.parametrize(
    "text",
    [
        "x://a:" * 10_000 + "@", "PASSWORD=" * 10_000, '"' * 50_000, "PASSWORD=\\" + "\\" * 50_000,
        "a,b=" * 20_000, "--password " * 10_000, "near " * 10_000, "aB" * 50_000 + "=x",
        "-u a" * 20_000, "://" * 30_000 + "/hooks/", "-----BEGIN PRIVATE KEY-----" * 3000,
        "redis-cli -a " * 10_000, "redis-cli x " * 10_000, "mysql " * 20_000, "mysql,'" * 20_000,
        "redis-cli" + " " * 50_000, "password '" * 10_000, "identified by '" * 10_000,
        "password" + " " * 50_000, "password " * 20_000, "password a1" * 10_000,
        "<password>" * 9000,
        "<a " * 30_000 + "</", "<password " + "x" * 50_000 + "</", "%3Da" * 20_000,
        "PASSWORD%3D" * 10_000, "%" * 50_000, "?sig=" * 20_000, "login a password " * 9000,
        "password 1" + "1a!" * 20_000, "login " * 20_000, "password(" * 20_000,
        "curl x " * 20_000, "curl -u" * 20_000, "-u a:" * 20_000, "WEBHOOK=https://x/" * 9000,
        "WEBHOOK=https://x/" + "a-" * 40_000, "WEBHOOK=https://x/" + "aB" * 40_000,
        'PASSWORD="' + '\\"' * 30_000, "password=" + ",x" * 30_000, "Cookie: " * 10_000,
    ],
)  # fmt: skip
def test_a_long_text_of_any_kind_is_fast(text: str) -> None:
    began = time.thread_time()
    redact(text)
    assert time.thread_time() - began < 2


def test_a_long_list_of_known_secrets_is_fast() -> None:
    for number in range(300):
        remember_secret(f"Fake-{number}-Secret!")
    labels = [f"traefik.http.routers.r{number}.rule=Host(`x{number}.org`)" for number in range(500)]
    began = time.thread_time()
    for _ in range(20):
        for label in labels:
            redact(label)
    assert time.thread_time() - began < 1


def test_text_after_a_masked_message_of_compose_stays() -> None:
    masked = redact('line 3: unterminated quoted value "fake secret\nB=other')
    assert "fake" not in masked
    assert redact(f"{masked}. Nothing was saved.") == f"{masked}. Nothing was saved."
