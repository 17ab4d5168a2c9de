# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which programs `./dev bench` has got for us; it says so in the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from lab.errors import LabError

ENGINES_VARIABLE = "LAB_ENGINES"
HAPROXY_VARIABLE = "LAB_HAPROXY"


def engines() -> Mapping[str, str]:
    """The server program of each engine, by names like `valkey-9.1`."""
    if ENGINES_VARIABLE not in os.environ:
        raise LabError("no engines given: start this measurement with `./dev bench failover`, which unpacks them")
    found: dict[str, str] = json.loads(os.environ[ENGINES_VARIABLE])
    return found


def server_of(engine: str) -> str:
    """The server program of one engine."""
    if engine not in engines():
        raise LabError(f"no engine {engine!r}; there are: {', '.join(engines())}")
    return engines()[engine]
