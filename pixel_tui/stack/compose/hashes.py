"""Reads the hashes that `up` would write on the containers of a project.

`docker compose config --hash` does not include the services' env files in the hash, but `up` does
(observed with 2.40.3). So the resolved model is passed back to compose on standard input to be
hashed; these hashes are equal to the labels that `up` writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pixel_tui.stack.compose.call import ComposeCall
from pixel_tui.stack.compose.command import EVERY_PROFILE, ComposeCommand
from pixel_tui.stack.compose.refusals import invalid_json
from pixel_tui.stack.model.json_value import JsonObject, Node, as_yaml, load_object
from pixel_tui.stack.model.service_hash import up_hash


def read_hashes(
    call: ComposeCall, config: JsonObject, command: ComposeCommand, *, label_files: bool
) -> Mapping[str, str]:
    """Return the hashes of a resolved model by service; empty for one that can't be hashed.

    Args:
        call: Runs compose.
        config: The output of `config --format json`.
        command: The compose command that resolved it.
        label_files: Whether any service has label files.

    Raises:
        ComposeError: Compose prints no hashes.
    """
    model = replace(command, files=("-",), project=Node(config)["name"].raw)
    argv = model.reading_argv(*EVERY_PROFILE, "config", "--hash", "*")
    output, _ = call.run(argv, stdin=as_yaml(config))
    printed = dict(pair for line in output.splitlines() if len(pair := line.split()) == 2)
    files = _label_files(call, command) if label_files else {}
    return {
        name: up_hash(service, printed.get(name, ""), label_files=files.get(name, ()))
        for name, node in Node(config)["services"].members()
        if isinstance(service := node.value, dict)
    }


def _label_files(call: ComposeCall, command: ComposeCommand) -> Mapping[str, Sequence[str]]:
    """Return the label files of services, which `config` replaces by their labels."""
    words = (*EVERY_PROFILE, "config", "--no-interpolate", "--format", "json")
    output, _ = call.run(command.reading_argv(*words))
    try:
        services = Node(load_object(output))["services"]
    except ValueError as error:
        raise invalid_json(command) from error
    return {
        name: [item.raw for item in node["label_file"]]
        for name, node in services.members()
        if node["label_file"]
    }
