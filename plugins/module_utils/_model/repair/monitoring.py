# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps by which a Sentinel forgets a group, and gets it anew."""

from __future__ import annotations

from collections.abc import Mapping

from ..address import Address
from ..group import GroupView, Member
from ..monitoring import AUTH_PASSWORD, DEFAULTS, SECRETS
from ..sentinel import SentinelAccount
from .parameters import untold
from .step import MONITOR, REMOVE, RepairWish, Step


def remove_step(view: GroupView, account: SentinelAccount, named: str, primary: Member) -> Step:
    """Correcting the address instead would leave the wrong node in its table, as a replica that it makes copy the primary."""
    return Step(
        REMOVE,
        account.name,
        f"have {account.name} forget {view.name}: it names {named}, and the primary is {primary.name}",
        f"{primary.name} is the only primary, by the nodes themselves",
        f"it does not know {view.name} any more, and the others go on as before",
    )


def monitor_step(
    view: GroupView, account: SentinelAccount, primary: Member, address: Address, options: Mapping[str, str]
) -> Step:
    """With all parameters and the login, for a new entry has the engine's defaults and no password."""
    said = ", ".join(f"{name} {value}" for name, value in sorted(options.items()) if name not in SECRETS)
    login = " and the password for the nodes" if AUTH_PASSWORD in options else ""
    return Step(
        MONITOR,
        account.name,
        f"have {account.name} watch {view.name} at {address} ({primary.name}), with {said}{login}",
        f"{primary.name} is the only primary, its replicas copy it, and no Sentinel names another node",
        "it holds it for up, and knows its replicas and the other Sentinels that watch it",
        address,
        options,
    )


def need_of_parameters(wish: RepairWish, wanted: Mapping[str, str], open_: list[str]) -> list[str]:
    """What a Sentinel that is to watch the group anew would lack, because nobody tells it.

    A repair that was cut off leaves a group like a new one: what the Sentinels had is gone with their entries.
    """
    lacking = [
        f"the Sentinels differ in {name}, and none of its values has a majority: say which one by the option"
        for name in open_
    ]
    silent = [name for name in untold(wanted) if name not in open_]
    if silent:
        lacking.append(
            f"no Sentinel watches the group, so nobody tells what it had for {', '.join(silent)}, and the engine's defaults "
            f"({', '.join(DEFAULTS[name] for name in silent)}) may be others: say it by the option "
            f"{', '.join(name.replace('-', '_') for name in silent)} (in an inventory with redis_sentinel_ before it). The plan of a repair "
            "that was cut off shows it"
        )
    if wish.needs_login and AUTH_PASSWORD not in wish.secrets:
        lacking.append(
            "auth_password is needed: the nodes want a password, and a Sentinel that gets the group anew has none, whatever it had before"
        )
    return lacking
