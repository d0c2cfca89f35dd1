"""Selecting the engine in the same way as docker."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pixel_tui.errors import UsageError
from pixel_tui.stack.engine.endpoint import DEFAULT_ADDRESS, find_endpoint

MakeContext = Callable[[str, str], None]


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty docker configuration folder."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def make_context(docker_config: Path) -> MakeContext:
    def make(name: str, host: str) -> None:
        digest = hashlib.sha256(name.encode()).hexdigest()
        folder = docker_config / "contexts" / "meta" / digest
        folder.mkdir(parents=True)
        endpoints = {"docker": {"Host": host, "SkipTLSVerify": False}}
        meta = {"Name": name, "Metadata": {}, "Endpoints": endpoints}
        (folder / "meta.json").write_text(json.dumps(meta))

    return make


def use(docker_config: Path, name: str) -> None:
    (docker_config / "config.json").write_text(json.dumps({"currentContext": name}))


def test_the_default_is_the_local_socket(docker_config: Path) -> None:
    found = find_endpoint({"DOCKER_CONFIG": str(docker_config)})
    assert (found.address, found.context, found.tls) == (DEFAULT_ADDRESS, "default", None)


def test_the_ways_to_select_an_engine_have_an_order(
    docker_config: Path, make_context: MakeContext
) -> None:
    for name in ("current", "named", "given"):
        make_context(name, f"tcp://{name}:2375")
    environment = {"DOCKER_CONFIG": str(docker_config)}

    use(docker_config, "current")
    assert find_endpoint(environment).address == "tcp://current:2375"

    environment["DOCKER_CONTEXT"] = "named"
    assert find_endpoint(environment).address == "tcp://named:2375"
    assert find_endpoint(environment).context == "named"

    environment["DOCKER_HOST"] = "tcp://environment:2375"
    found = find_endpoint(environment)
    assert (found.address, found.context) == ("tcp://environment:2375", "DOCKER_HOST")

    assert find_endpoint(environment, context="given").address == "tcp://given:2375"

    found = find_endpoint(environment, host="tcp://option:2375", context="given")
    assert (found.address, found.context) == ("tcp://option:2375", "--host")


def test_an_empty_variable_is_ignored(docker_config: Path) -> None:
    environment = {"DOCKER_HOST": "", "DOCKER_CONTEXT": "", "DOCKER_CONFIG": str(docker_config)}
    assert find_endpoint(environment).address == DEFAULT_ADDRESS


def test_a_missing_context_is_an_error_with_its_name(docker_config: Path) -> None:
    with pytest.raises(UsageError, match="No such Docker context: far") as error:
        find_endpoint({"DOCKER_CONFIG": str(docker_config)}, context="far")
    assert "docker context ls" in error.value.hint


def test_a_missing_current_context_is_an_error(docker_config: Path) -> None:
    use(docker_config, "far")
    with pytest.raises(UsageError, match="context"):
        find_endpoint({"DOCKER_CONFIG": str(docker_config)})


def test_a_context_needs_no_config_json(docker_config: Path, make_context: MakeContext) -> None:
    make_context("far", "tcp://far:2375")
    environment = {"DOCKER_CONFIG": str(docker_config)}
    assert find_endpoint(environment, context="far").address == "tcp://far:2375"
    environment["DOCKER_CONTEXT"] = "far"
    assert find_endpoint(environment).context == "far"


def test_a_context_is_found_in_the_home_of_the_environment(
    docker_config: Path, make_context: MakeContext, tmp_path: Path
) -> None:
    make_context("far", "ssh://far")
    docker_config.rename(tmp_path / ".docker")
    found = find_endpoint({"HOME": str(tmp_path), "DOCKER_CONTEXT": "far"})
    assert (found.address, found.tls) == ("ssh://far", None)


def test_contexts_in_the_current_folder_are_ignored(
    docker_config: Path, make_context: MakeContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_context("far", "tcp://elsewhere:2375")
    monkeypatch.chdir(docker_config)
    with pytest.raises(UsageError, match="No such Docker context"):
        find_endpoint({"DOCKER_CONFIG": str(tmp_path / "none")}, context="far")


def test_the_certificates_of_a_context_are_used(
    docker_config: Path, make_context: MakeContext
) -> None:
    make_context("far", "tcp://far:2376")
    digest = hashlib.sha256(b"far").hexdigest()
    keys = docker_config / "contexts" / "tls" / digest / "docker"
    keys.mkdir(parents=True)
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (keys / name).write_text("")
    tls = find_endpoint({"DOCKER_CONFIG": str(docker_config)}, context="far").tls
    assert tls is not None
    assert tls.ca_cert == str(keys / "ca.pem")
    assert tls.cert == (str(keys / "cert.pem"), str(keys / "key.pem"))


def test_an_invalid_configuration_selects_no_context(docker_config: Path) -> None:
    (docker_config / "config.json").write_text("{")
    found = find_endpoint({"DOCKER_CONFIG": str(docker_config)})
    assert (found.address, found.context) == (DEFAULT_ADDRESS, "default")


def test_a_broken_context_file_is_a_usage_error(
    docker_config: Path, make_context: MakeContext
) -> None:
    make_context("far", "tcp://far:2375")
    meta = next(docker_config.glob("contexts/meta/*/meta.json"))
    meta.write_text("{ this is no JSON")
    with pytest.raises(UsageError, match="context"):
        find_endpoint({"DOCKER_CONFIG": str(docker_config)}, context="far")


def test_tls_settings_that_cannot_be_used_are_an_error(docker_config: Path, tmp_path: Path) -> None:
    environment = {
        "DOCKER_HOST": "tcp://far:2376",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(tmp_path / "nowhere"),
    }
    with pytest.raises(UsageError, match="TLS") as error:
        find_endpoint(environment)
    assert "DOCKER_CERT_PATH" in error.value.hint
