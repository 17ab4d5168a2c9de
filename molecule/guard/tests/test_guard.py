# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of a group of which everything was stopped by whoever knew nothing of it."""

from __future__ import annotations

import json
import re

from testinfra.host import Host


def test_no_server_was_stopped_as_primary(host: Host) -> None:
    log = host.file("/var/log/redis/redis-server.log").content_string
    roles = re.findall(r"^\d+:([MS]) .*User requested shutdown", log, re.MULTILINE)
    assert len(roles) > 1
    # The first may be the one with which the role has put its own settings in force, before there was a guard.
    assert set(roles[1:]) == {"S"}


def test_guard_holds_and_shows_its_settings_to_root_alone(host: Host) -> None:
    said = json.loads(host.run("/usr/local/sbin/steadyhand-guard status --json").stdout)
    assert said["guard"] == {"broken": [], "holds": True}
    settings = host.file("/etc/steadyhand-guard/redis-server.json")
    assert (settings.user, settings.mode) == ("root", 0o600)
