"""Uses of environment keys, from the project that compose prints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixel_tui.stack.compose.environment_uses import (
    KeyUse,
    KeyUseKind,
    Variable,
    parse_uses,
    variables_in,
)
from pixel_tui.stack.model.json_value import JsonObject
from pixel_tui.text import plain


def names(template: str) -> list[str]:
    return [variable.name for variable in variables_in(template)]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("$A", ["A"]),
        ("${A}", ["A"]),
        ("x-$A-${B}y", ["A", "B"]),
        ("$A$B", ["A", "B"]),
        ("${A:-d}", ["A"]),
        ("${A-d}", ["A"]),
        ("${A:+d}", ["A"]),
        ("${A:-${B:-${C}}}", ["A", "B", "C"]),
        ("${A:-a$B}", ["A", "B"]),
        ("${A:?say $B}", ["A", "B"]),
        ("${_a1}", ["_a1"]),
    ],
)
def test_variables_are_found_in_every_syntax_of_compose(template: str, found: list[str]) -> None:
    assert names(template) == found


@pytest.mark.parametrize("template", ["", "$", "$$A", "$${A}", "a$", "$1", "${", "${A", "${}", "x"])
def test_other_dollars_are_not_variables(template: str) -> None:
    assert names(template) == []


def test_a_variable_with_an_error_message_is_required() -> None:
    assert list(variables_in("${A:?no} ${B?} ${C:-?}")) == [
        Variable("A", required=True),
        Variable("B", required=True, may_be_empty=True),
        Variable("C"),
    ]


@given(st.text(alphabet="$${}A:-?+ b", max_size=60))
def test_any_template_can_be_read(template: str) -> None:
    assert all(name in {"A", "b"} or name.isalnum() for name in names(template))


def test_a_deeply_nested_template_can_be_read() -> None:
    assert len(names("${A:-" * 4000 + "}" * 4000)) > 10


CONFIG: JsonObject = {
    "name": "pixel",
    "networks": {"net": {"name": "${NET:-pixel-net}"}},
    "services": {
        "web": {
            "image": "web:${TAG:?no tag}",
            "container_name": "Pixel-Web",
            "build": {"context": ".", "args": ["NEXT_PUBLIC_API_URL", "B=${BASE}"]},
            "environment": {"POSTGRES_URL": "postgres://u:${PW}@db/x", "TOKEN": None},
            "ports": ["127.0.0.1:${PORT}:80"],
            "env_file": [{"path": "/p/.env", "required": True}],
            "networks": {"net": {"aliases": ["front"]}},
        },
        "db": {
            "build": {"args": {"C": "${BASE}", "D": None}},
            "environment": ["LISTED", "Z=${PW}", "PLAIN=1"],
            "extra_hosts": ["host.docker.internal:host-gateway"],
            "env_file": "/p/other.env",
        },
    },
    "x-common": {"a": "${ONLY_HERE} ${PW}"},
}


def use(
    service: str, how: KeyUseKind, where: str = "", *, required: bool = False, bare: bool = False
) -> KeyUse:
    return KeyUse(plain(service), how, plain(where), required, bare)


def test_each_use_of_a_key_has_its_path() -> None:
    references = parse_uses(CONFIG).references
    interpolation, argument = KeyUseKind.INTERPOLATION, KeyUseKind.BUILD_ARGUMENT
    assert references == {
        "NET": (use("", interpolation, "networks.net.name"),),
        "TAG": (use("web", interpolation, "image", required=True),),
        "NEXT_PUBLIC_API_URL": (use("web", argument, "build.args.NEXT_PUBLIC_API_URL"),),
        "BASE": (
            use("web", argument, "build.args.B", bare=True),
            use("db", argument, "build.args.C", bare=True),
        ),
        "D": (use("db", argument, "build.args.D"),),
        "PW": (
            use("web", interpolation, "environment.POSTGRES_URL", bare=True),
            use("db", interpolation, "environment.Z", bare=True),
        ),
        "TOKEN": (use("web", interpolation, "environment.TOKEN"),),
        "PORT": (use("web", interpolation, "ports", bare=True),),
        "LISTED": (use("db", interpolation, "environment.LISTED"),),
        "ONLY_HERE": (use("", interpolation, "x-common.a", bare=True),),
    }


def test_an_env_file_gives_all_keys_except_those_the_service_sets() -> None:
    uses = parse_uses(CONFIG)
    assert uses.of("ANY", "/p/.env") == (use("web", KeyUseKind.ENV_FILE),)
    assert uses.of("POSTGRES_URL", "/p/.env") == ()
    assert uses.of("ANY", "/elsewhere/.env") == ()
    assert uses.of("ANY", "/p/other.env") == (use("db", KeyUseKind.ENV_FILE),)


def test_an_env_file_is_used_by_the_services_that_name_it() -> None:
    config: JsonObject = {
        "services": {
            "api": {"volumes": [{"type": "bind", "source": "/p/.env", "target": "/app/.env"}]},
            "web": {"secrets": [{"source": "env"}], "configs": ["env"]},
            "db": {"volumes": [{"type": "volume", "source": "data"}], "secrets": ["token"]},
        },
        "secrets": {"env": {"file": "/p/.env"}, "token": {"environment": "TOKEN"}},
        "configs": {"env": {"file": "/p/site.conf"}},
    }
    assert parse_uses(config).mounted_by == {
        "/p/.env": (plain("api"), plain("web")),
        "/p/site.conf": (plain("web"),),
    }


def test_secrets_and_configs_are_uses_of_their_services() -> None:
    config: JsonObject = {
        "services": {
            "api": {"secrets": [{"source": "token"}], "configs": ["site"]},
            "other": {},
        },
        "secrets": {"token": {"environment": "API_TOKEN"}, "spare": {"environment": "SPARE"}},
        "configs": {"site": {"content": "host = ${SITE}"}},
    }
    found = parse_uses(config).references
    assert found["API_TOKEN"] == (KeyUse(plain("api"), KeyUseKind.CONTENT, plain("secrets.token")),)
    assert found["SITE"][0].service == "api"
    assert found["SITE"][0].bare
    assert found["SPARE"] == (KeyUse(plain(""), KeyUseKind.CONTENT, plain("secrets.spare")),)


def test_a_build_secret_is_a_use_of_the_service_that_is_built() -> None:
    config: JsonObject = {
        "services": {"web": {"build": {"context": ".", "secrets": [{"source": "npm"}]}}},
        "secrets": {"npm": {"environment": "NPM_TOKEN"}},
    }
    found = parse_uses(config).references
    assert found == {
        "NPM_TOKEN": (KeyUse(plain("web"), KeyUseKind.TO_BUILD, plain("build.secrets.npm")),)
    }


def test_services_that_can_reach_other_networks_are_known() -> None:
    config: JsonObject = {
        "services": {
            "host": {"network_mode": "host"},
            "partner": {"network_mode": "service:gate"},
            "gate": {"networks": {"shared": None, "inner": None}},
            "listed": {"networks": ["inner"]},
            "linked": {"networks": ["inner"], "external_links": ["db:store"]},
            "plain": {},
        },
        "networks": {"shared": {"external": True}, "inner": {}},
    }
    found = parse_uses(config)
    assert found.joined == {"host", "partner"}
    assert found.reaching_out == {"host", "partner", "gate", "linked"}
    default: JsonObject = {**config, "networks": {"default": {"external": True}}}
    assert "plain" in parse_uses(default).reaching_out


def test_host_names_of_containers_are_known() -> None:
    assert parse_uses(CONFIG).hosts == {
        "web", "db", "pixel-web", "front", "host.docker.internal"
    }  # fmt: skip


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"services": None},
        {"services": {"a": None}},
        {"services": {"a": {"build": ".", "environment": 3, "env_file": [None, {}, 4]}}},
        {"services": {"a": {"networks": ["x"], "extra_hosts": [1], "ports": {"b": [[["$A"]]]}}}},
    ],
)
def test_a_project_of_any_shape_can_be_read(config: JsonObject) -> None:
    assert parse_uses(config).of("A", "/.env") is not None
