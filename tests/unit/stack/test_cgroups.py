"""Stats from control groups of version 1 and 2."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pixel_tui.clock import FixedClock
from pixel_tui.stack.model.container import Container, ContainerState, NetworkAddress
from pixel_tui.stack.watch.cgroups import Cgroups
from pixel_tui.text import plain

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = "ab" * 32
CONTAINER = Container(
    id=ID,
    name=plain("shop-api-1"),
    service=plain("api"),
    state=ContainerState.RUNNING,
    networks=(NetworkAddress(plain("shop_default"), plain("172.18.0.2")),),
)
NET = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo:    9000      90    0    0    0     0          0         0     9000      90    0
  eth0:     700       7    0    0    0     0          0         0      300       3    0
  eth1:      50       1    0    0    0     0          0         0       20       1    0
"""
VERSION_1 = {
    "memory/docker/{id}/memory.usage_in_bytes": "1000000\n",
    "memory/docker/{id}/memory.stat": "cache 5\ninactive_file 7\ntotal_inactive_file 400000\n",
    "memory/docker/{id}/cgroup.procs": "321\n322\n",
    "cpuacct/docker/{id}/cpuacct.usage": "123456789\n",
    "pids/docker/{id}/pids.current": "2\n",
    "blkio/docker/{id}/blkio.throttle.io_service_bytes_recursive": (
        "8:0 Read 4096\n8:0 Write 100\n8:0 Total 4196\n8:16 Read 4\n8:16 Write 1\nTotal 4201\n"
    ),
}
VERSION_2 = {
    "cgroup.controllers": "cpu io memory pids\n",
    "system.slice/docker-{id}.scope/memory.current": "1000000\n",
    "system.slice/docker-{id}.scope/memory.stat": "anon 5\ninactive_file 400000\n",
    "system.slice/docker-{id}.scope/cgroup.procs": "321\n322\n",
    "system.slice/docker-{id}.scope/cpu.stat": "usage_usec 123456\nuser_usec 100000\n",
    "system.slice/docker-{id}.scope/pids.current": "2\n",
    "system.slice/docker-{id}.scope/io.stat": (
        "8:0 rbytes=4096 wbytes=100 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=1\n"
    ),
}
LAYOUTS = {
    "version 1": VERSION_1,
    "version 2": VERSION_2,
    "a parent of its own": {
        name.replace("docker/", "shop.slice/team/"): text for name, text in VERSION_1.items()
    },
}


def kernel(folder: Path, files: dict[str, str]) -> Cgroups:
    for name, text in files.items():
        path = folder / "cgroup" / name.format(id=ID)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    network = folder / "proc" / "321" / "net" / "dev"
    network.parent.mkdir(parents=True)
    network.write_text(NET)
    return Cgroups(FixedClock(NOON), folder / "cgroup", folder / "proc")


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_counter_is_read(tmp_path: Path, files: dict[str, str]) -> None:
    sample = kernel(tmp_path, files).sample(CONTAINER)
    assert sample is not None
    assert sample.at == NOON
    assert sample.cpu in {123_456_789, 123_456_000}
    assert sample.memory == 600_000
    assert (sample.received, sample.sent) == (750, 320)
    assert (sample.read, sample.written) == (4100, 101)
    assert sample.processes == 2


def test_a_container_on_the_host_network_has_no_network_stats(tmp_path: Path) -> None:
    on_host = replace(CONTAINER, networks=(NetworkAddress(plain("host"), plain("")),))
    sample = kernel(tmp_path, VERSION_1).sample(on_host)
    assert sample is not None
    assert (sample.received, sample.sent) == (0, 0)


def test_a_container_of_another_host_is_not_found(tmp_path: Path) -> None:
    cgroups = kernel(tmp_path, VERSION_1)
    assert cgroups.sample(replace(CONTAINER, id="cd" * 32)) is None
    assert Cgroups(FixedClock(NOON), tmp_path / "nowhere").sample(CONTAINER) is None


@pytest.mark.parametrize("lost", list(VERSION_1))
def test_missing_or_invalid_counters_are_left_to_the_engine(tmp_path: Path, lost: str) -> None:
    cgroups = kernel(tmp_path, VERSION_1)
    path = tmp_path / "cgroup" / lost.format(id=ID)
    path.write_text("8:0 Read many\ntotal_inactive_file many\n")
    assert cgroups.sample(CONTAINER) is None
    path.unlink()
    sample = cgroups.sample(CONTAINER)
    if "blkio" in lost:  # not every host counts it
        assert sample is not None
        assert (sample.read, sample.written) == (0, 0)
    else:
        assert sample is None
