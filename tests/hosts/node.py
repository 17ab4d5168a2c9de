# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data node and a Sentinel on a machine: what they say, and what their service manager says of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lab.asked import AskedNode, AskedSentinel
from lab.probe import Endpoint

from hosts.process import HostedProcess

if TYPE_CHECKING:
    from lab.tls import TlsFiles

    from hosts.distribution import Distribution
    from hosts.machine import Machine, Unit


@dataclass(frozen=True)
class HostedNode(AskedNode):
    """The data node of a machine."""

    machine: Machine
    distribution: Distribution
    group_name: str
    zone: str
    port: int
    password: str
    tls: TlsFiles | None = None

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return f"{self.group_name}-{self.zone}"

    @property
    def group(self) -> str:
        """The name under which its Sentinels know its group."""
        return self.group_name

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers, and as whom we ask."""
        return Endpoint(str(self.machine.address), self.port, None, self.password, self.tls)

    @cached_property
    def process(self) -> HostedProcess:
        """Its server's process, wherever it is restarted."""
        return HostedProcess(self.machine.name, self.distribution.unit)

    def unit(self) -> Unit:
        """Its service now."""
        return self.machine.unit(self.distribution.unit)

    def conf(self) -> str:
        """Its file as it is now."""
        return self.machine.run(f"cat {self.distribution.conf_file}")

    def set_unit(self, *lines: str) -> None:
        """Give its unit's [Service] these lines more, for its next start or stop; none takes them away."""
        folder = f"/run/systemd/system/{self.distribution.unit}.service.d"
        text = "\n".join(["[Service]", *lines])
        write = f"mkdir -p {folder}\ncat > {folder}/test.conf <<'END'\n{text}\nEND"
        self.machine.run(f"{write if lines else f'rm -rf {folder}'}\nsystemctl daemon-reload\n")

    def start(self) -> None:
        """Start its service, also after failures."""
        unit = self.distribution.unit
        self.machine.run(f"systemctl reset-failed {unit}\nsystemctl start {unit}\n")

    def log(self) -> str:
        """Its log file."""
        return self.machine.run(f"cat {self.distribution.log_file}")


@dataclass(frozen=True)
class HostedSentinel(AskedSentinel):
    """The Sentinel of a machine."""

    machine: Machine
    zone: str
    port: int
    password: str
    tls: TlsFiles | None = None

    @property
    def name(self) -> str:
        """Also its inventory name."""
        return f"sentinel-{self.zone}"

    @property
    def endpoint(self) -> Endpoint:
        """Where it answers, and as whom we ask."""
        return Endpoint(str(self.machine.address), self.port, None, self.password, self.tls)
