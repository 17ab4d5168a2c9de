# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of the ledger of borrowed settings."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.borrowed import (
    HISTORY,
    NODE,
    SENTINEL,
    Borrowed,
    ledger_key,
)
from hypothesis import given
from hypothesis import strategies as st

_SETTINGS = st.from_regex(r"[a-z-]+", fullmatch=True)


@given(st.builds(Borrowed, st.sampled_from([NODE, SENTINEL, HISTORY]), st.text(), _SETTINGS))
def test_an_entry_is_read_as_it_was_written_whatever_the_node_is_called(borrowed: Borrowed) -> None:
    assert Borrowed.decode(borrowed.encode()) == borrowed


@pytest.mark.parametrize("text", ["", "node", "node|replica-priority", "cluster|replica-priority|b", "else"])
def test_a_foreign_field_is_not_ours(text: str) -> None:
    assert Borrowed.decode(text) is None


def test_every_group_has_a_ledger_of_its_own() -> None:
    assert ledger_key("presence-1") == "steadyhand:borrowed:presence-1" != ledger_key("presence-2")
