"""What a container's process really gets from a `.env` is what the console says it gets."""

from pixel_tui.environment.dotenv.document import DotenvDocument
from pixel_tui.environment.dotenv.values import read_values
from tests.engine.fixtures import MakeProject
from tests.engine.private_engine import BASE_IMAGE

YAML = f"""
services:
  app:
    image: {BASE_IMAGE}
    command: [sh, -c, "exec sleep 1000"]
    env_file: .env
    environment:
      - INTERPOLATED=${{LATER_USED}}
      - DOLLAR=${{TWO_DOLLARS}}
"""

TYPED = {
    "DOLLARS": "pa$word ${X} $$ \\$",
    "QUOTES": 'it\'s "so" \\\' \\"',
    "LINES": "one\ntwo\r\nthree\\n",
    "BLANKS": "  # a \t",
    "LETTERS": "Grüße \u4e2d \U0001f600",
    "EMPTY": "",
}


def test_a_container_gets_what_the_console_says(make_project: MakeProject) -> None:
    document = DotenvDocument.parse(b"LATER_USED=$LATER\nLATER=x\nTWO_DOLLARS=$$x\nCUT=pa$word\n")
    for key, value in TYPED.items():
        document = document.with_added(key, value)
    project = make_project(YAML, files={".env": document.data.decode()}, up=True)
    found = dict(text.split("=", 1) for text in project.inspect("app")["Config"]["Env"])
    assert {key: found[key] for key in TYPED} == TYPED
    assert (found["LATER_USED"], found["CUT"]) == ("x", "pa")
    for name, key in (("INTERPOLATED", "LATER_USED"), ("DOLLAR", "TWO_DOLLARS")):
        assert found[name] == read_values(document, {})[key].value
    assert (found["INTERPOLATED"], found["DOLLAR"]) == ("", "$x")
