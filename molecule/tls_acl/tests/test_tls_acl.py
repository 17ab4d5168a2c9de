# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is answered: with which certificate, and for what."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path
from typing import Any

import pytest
import redis
from hosts.deployed import Deployed
from hosts.distribution import Distribution
from lab.client import connected
from lab.probe import Endpoint
from lab.tls import TlsFiles, issue, make_authority
from redis.exceptions import NoPermissionError
from testinfra.host import Host


@pytest.fixture
def foreign(tmp_path: Path) -> TlsFiles:
    """Certificates of an authority that no server knows, for a client that believes the servers."""
    (tmp_path / "names").write_text("subjectAltName=DNS:localhost\n", encoding="ascii")
    make_authority(tmp_path, "ca")
    issue(tmp_path, "client")
    return TlsFiles("", "", "", str(tmp_path / "client.crt"), str(tmp_path / "client.key"))


def _endpoints(deployed: Deployed) -> list[Endpoint]:
    return [server.endpoint for server in (*deployed.nodes, *deployed.sentinels)]


def _answer_without_tls(endpoint: Endpoint) -> bytes:
    with socket.create_connection((endpoint.host, endpoint.port), timeout=5.0) as connection:
        connection.sendall(b"PING\r\n")
        try:
            return connection.recv(100)
        except ConnectionResetError:  # closed with what we sent unread
            return b""


def test_nobody_is_answered_without_tls(deployed: Deployed) -> None:
    assert [endpoint for endpoint in _endpoints(deployed) if _answer_without_tls(endpoint)] == []


def test_nobody_is_answered_with_a_certificate_of_a_foreign_authority(deployed: Deployed, foreign: TlsFiles) -> None:
    strange = dataclasses.replace(foreign, ca=deployed.tls.ca)
    for endpoint in _endpoints(deployed):
        with connected(dataclasses.replace(endpoint, tls=strange)) as client, pytest.raises(redis.ConnectionError):
            client.ping()


def test_the_user_of_the_collection_may_do_its_work_and_no_more(deployed: Deployed, variables: dict[str, Any]) -> None:
    user, password = variables["redis_login_user"], variables["redis_login_password"]
    endpoint = dataclasses.replace(deployed.nodes[0].endpoint, username=user, password=password)
    with connected(endpoint) as client:
        assert client.info("server")["tcp_port"] in (0, endpoint.port)
        for words in (("FLUSHALL",), ("SET", "key", "value"), ("GET", "key"), ("KEYS", "*")):
            with pytest.raises(NoPermissionError):
                client.execute_command(*words)


def test_the_default_user_is_off(deployed: Deployed, variables: dict[str, Any]) -> None:
    for endpoint in _endpoints(deployed):
        for name in (name for name in variables if name.endswith("_password")):
            as_default = dataclasses.replace(endpoint, username=None, password=variables[name])
            with connected(as_default) as client, pytest.raises(redis.AuthenticationError):
                client.ping()


def test_keys_and_users_are_for_the_server_alone(host: Host, distribution: Distribution) -> None:
    folder = f"/etc/{distribution.engine}"
    listed = host.check_output("find %s -name '*.key' -o -name '*.acl'", folder).splitlines()
    assert len(listed) >= 3, listed
    for name in listed:
        file = host.file(name)
        assert file.user in (distribution.user, "root"), name
        assert file.mode & 0o007 == 0, name
