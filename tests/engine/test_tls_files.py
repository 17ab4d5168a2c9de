# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module tls_files on a real server whose certificate is renewed, and with files that nobody would accept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from engine.engines import WITHOUT_TLS, not_on
from engine.modules import run
from lab.lab import Lab
from lab.node import DataNode
from lab.tls import issue, make_authority

LabFactory = Callable[..., Lab]
Capture = pytest.CaptureFixture[str]


def arguments(node: DataNode, **more: Any) -> dict[str, Any]:
    """Of the module, for a node of the lab."""
    tls = node.state.tls
    assert tls is not None
    return {
        "login_host": node.state.host,
        "login_port": node.state.port,
        "tls": True,
        "ca_certs": tls.ca,
        "client_cert_file": tls.client_cert,
        "client_key_file": tls.client_key,
        "certificate": tls.server_cert,
        "key": tls.server_key,
        "authorities": tls.ca,
        **more,
    }


@pytest.fixture
def node(lab_factory: LabFactory) -> DataNode:
    """One node that speaks TLS only."""
    return lab_factory(groups=1, replicas=0, sentinels=0, tls=True).nodes[0]


def folder(node: DataNode) -> Path:
    """Of its certificates."""
    assert node.state.tls is not None
    return Path(node.state.tls.server_cert).parent


@pytest.mark.every_engine
@not_on(*WITHOUT_TLS)
def test_a_renewed_certificate_is_presented_without_a_restart_or_a_lost_connection(
    node: DataNode, capsys: Capture
) -> None:
    wish, run_id = arguments(node), node.run_id()
    assert run(capsys, "tls_files", wish)["changed"] is False
    issue(folder(node), "server")
    with node.client() as client:
        client.ping()
        foreseen = run(capsys, "tls_files", wish, check=True, diff=True)
        done = run(capsys, "tls_files", wish, diff=True)
        assert client.execute_command("CLIENT", "GETNAME") is None, "the same connection still"
    assert (foreseen["changed"], done["changed"]) == (True, True)
    assert (
        foreseen["diff"]
        == done["diff"]
        == {"before": {"presented": done["presented"]}, "after": {"presented": done["fingerprint"]}}
    )
    again = run(capsys, "tls_files", wish)
    assert (again["changed"], again["presented"]) == (False, done["fingerprint"])
    assert node.run_id() == run_id


def test_a_node_reads_changed_authorities_where_it_is_told_to(node: DataNode, capsys: Capture) -> None:
    assert run(capsys, "tls_files", arguments(node, reload=True))["changed"] is True


def test_an_expired_certificate_is_refused_and_the_node_keeps_the_one_that_it_has(
    node: DataNode, capsys: Capture
) -> None:
    before = run(capsys, "tls_files", arguments(node))
    issue(folder(node), "server", days="-1")
    result = run(capsys, "tls_files", arguments(node))
    assert result["failed"] is True
    assert "certificate has expired" in result["msg"]
    with node.client() as client:
        assert client.ping()
    assert before["presented"] == before["fingerprint"]


def test_to_a_clock_that_is_behind_a_certificate_is_not_valid_yet_and_the_clock_is_named(
    node: DataNode, capsys: Capture
) -> None:
    assert node.state.tls is not None
    issued = x509.load_pem_x509_certificate(Path(node.state.tls.server_cert).read_bytes())
    key = serialization.load_pem_private_key((folder(node) / "ca.key").read_bytes(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = (
        x509.CertificateBuilder()
        .subject_name(issued.subject)
        .issuer_name(issued.issuer)
        .public_key(issued.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(tomorrow)
        .not_valid_after(tomorrow + timedelta(days=1))
        .sign(key, SHA256())
    )
    (folder(node) / "later.crt").write_bytes(later.public_bytes(serialization.Encoding.PEM))
    result = run(capsys, "tls_files", arguments(node, server="none", certificate=str(folder(node) / "later.crt")))
    assert result["failed"] is True
    assert "certificate is not yet valid" in result["msg"]
    assert "look at the clock of this host" in result["msg"]


def test_a_certificate_of_another_authority_is_refused(node: DataNode, capsys: Capture) -> None:
    make_authority(folder(node), "other")
    issue(folder(node), "server", authority="other")
    result = run(capsys, "tls_files", arguments(node, server="none"))
    assert result["failed"] is True
    assert "would not be accepted" in result["msg"]
    assert "unable to get local issuer certificate" in result["msg"]


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        pytest.param([("other", "other")], "would not be accepted", id="another authority at once"),
        pytest.param([("ca", "other")], "would not be accepted", id="a certificate of the old one, which is gone"),
        pytest.param([("ca", "both"), ("other", "both"), ("other", "other")], "", id="both for a while"),
    ],
)
def test_files_that_shut_out_those_who_have_the_old_ones_are_refused(
    node: DataNode, capsys: Capture, steps: list[tuple[str, str]], refused: str
) -> None:
    tls, place = node.state.tls, folder(node)
    assert tls is not None
    make_authority(place, "other")
    (place / "both.crt").write_text("".join((place / f"{name}.crt").read_text() for name in ("ca", "other")))
    replaced = {"certificate": tls.server_cert, "key": tls.server_key, "authorities": tls.ca}
    results = []
    for at, (issuer, authorities) in enumerate(steps):
        issue(place, f"new-{at}", authority=issuer)
        new = {
            "certificate": str(place / f"new-{at}.crt"),
            "key": str(place / f"new-{at}.key"),
            "authorities": str(place / f"{authorities}.crt"),
        }
        results.append(run(capsys, "tls_files", arguments(node, server="none", replaces=replaced, **new)))
        replaced = new
    assert [result.get("failed", False) for result in results] == [bool(refused)] * len(steps)
    assert refused in results[-1].get("msg", "")


def test_nothing_is_compared_with_files_that_are_no_use_any_more_or_not_there_yet(
    node: DataNode, capsys: Capture
) -> None:
    tls, place = node.state.tls, folder(node)
    assert tls is not None
    make_authority(place, "other")
    issue(place, "new", authority="other")
    issue(place, "old", days="-1")
    new = {
        "certificate": str(place / "new.crt"),
        "key": str(place / "new.key"),
        "authorities": str(place / "other.crt"),
    }
    for old in ("old", "missing"):
        replaced = {"certificate": str(place / f"{old}.crt"), "key": str(place / f"{old}.key"), "authorities": tls.ca}
        result = run(capsys, "tls_files", arguments(node, server="none", replaces=replaced, **new))
        assert not result.get("failed", False), result


def test_a_key_of_another_certificate_is_refused(node: DataNode, capsys: Capture) -> None:
    assert node.state.tls is not None
    result = run(capsys, "tls_files", arguments(node, server="none", key=node.state.tls.client_key))
    assert result["failed"] is True
    assert "cannot be used together" in result["msg"]


def test_other_paths_than_those_of_the_running_node_are_refused(node: DataNode, capsys: Capture) -> None:
    assert node.state.tls is not None
    client = {"certificate": node.state.tls.client_cert, "key": node.state.tls.client_key}
    result = run(capsys, "tls_files", arguments(node, **client))
    assert result["failed"] is True
    assert "a path is not changed here" in result["msg"]


def test_of_a_sentinel_it_is_told_that_it_must_be_restarted(lab_factory: LabFactory, capsys: Capture) -> None:
    lab = lab_factory(groups=1, replicas=0, sentinels=1, tls=True)
    (sentinel,) = lab.sentinels
    wish = arguments(lab.nodes[0], login_port=sentinel.state.port, server="sentinel")
    before = run(capsys, "tls_files", wish)
    issue(folder(lab.nodes[0]), "server")
    after = run(capsys, "tls_files", wish)
    sentinel.restart()
    restarted = run(capsys, "tls_files", wish)
    assert [result["outdated"] for result in (before, after, restarted)] == [False, True, False]
    assert not any(result["changed"] for result in (before, after, restarted))
