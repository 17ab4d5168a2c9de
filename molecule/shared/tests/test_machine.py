# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each machine: its services, files and sockets."""

from __future__ import annotations

from typing import Any

import pytest
from hosts.distribution import Distribution
from testinfra.host import Host


@pytest.fixture(params=["unit", "sentinel_unit"])
def unit(request: pytest.FixtureRequest, distribution: Distribution) -> str:
    """Of the data node, and of the Sentinel."""
    name: str = getattr(distribution, request.param)
    return name


@pytest.fixture(params=["conf_file", "sentinel_conf_file"])
def conf_file(request: pytest.FixtureRequest, distribution: Distribution) -> str:
    """Of the data node, and of the Sentinel."""
    name: str = getattr(distribution, request.param)
    return name


def test_service_runs_and_starts_with_the_machine(host: Host, unit: str) -> None:
    service = host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_service_runs_as_its_own_user(host: Host, unit: str, distribution: Distribution) -> None:
    shown = host.check_output("systemctl show --property=MainPID --value %s", unit)
    assert host.process.get(pid=int(shown)).user == distribution.user


def test_file_with_passwords_belongs_to_the_server_and_is_not_for_others(
    host: Host, conf_file: str, distribution: Distribution
) -> None:
    file = host.file(conf_file)
    assert (file.user, oct(file.mode)) == (distribution.user, "0o640")


def test_data_is_for_the_server_alone(host: Host, distribution: Distribution) -> None:
    data = host.file(f"/var/lib/{distribution.engine}")
    assert (data.user, data.mode & 0o027) == (distribution.user, 0)


@pytest.mark.parametrize(("port", "usual"), [("redis_port", 6379), ("redis_sentinel_port", 26379)])
def test_server_listens_on_its_address_and_locally_and_nowhere_else(
    host: Host, variables: dict[str, Any], port: str, usual: int
) -> None:
    number = variables.get(port, usual)
    listening = {one for one in host.socket.get_listening_sockets() if one.endswith(f":{number}")}
    assert listening == {f"tcp://{variables['ansible_host']}:{number}", f"tcp://127.0.0.1:{number}"}


def test_no_password_is_in_the_journal_or_in_a_command_line(host: Host, variables: dict[str, Any]) -> None:
    seen = host.check_output("journalctl --no-pager --quiet") + host.check_output("ps -eww -o args")
    passwords = {value for name, value in variables.items() if name.endswith("_password")}
    assert len(passwords) >= 2
    assert [password for password in passwords if password in seen] == []
