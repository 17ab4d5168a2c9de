# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a hand-over: what its numbers allow to be said."""

from __future__ import annotations

import pytest
from ansible_collections.steadyhand.redis.plugins.module_utils._model.handover import Fence, Proof

FENCE = Fence(offset=1000, replication_id="R")


@pytest.mark.parametrize(
    ("proof", "inherits", "lossless"),
    [
        pytest.param(Proof(FENCE, "R", 1000, 1000), True, True, id="every byte, and none after the fence"),
        pytest.param(Proof(FENCE, "R", 1001, 1000), True, True, id="the new primary has more than was fenced"),
        pytest.param(Proof(FENCE, "R", 999, 1000), False, False, id="one byte short"),
        pytest.param(Proof(FENCE, "other", 1000, 1000), False, False, id="another history"),
        pytest.param(Proof(FENCE, "R", 1000), True, False, id="not demoted yet"),
        pytest.param(Proof(FENCE, "R", 1000, 1001, fence_stood=True), True, False, id="a byte after the fence"),
        pytest.param(Proof(FENCE, "R", 1000, 1014, fence_stood=True), True, False, id="as many as a ping has"),
        pytest.param(Proof(FENCE, "R", 1000, 986, fence_stood=True), True, False, id="an offset that shrank"),
    ],
)
def test_lossless_means_inherited_all_and_not_a_byte_since(proof: Proof, inherits: bool, lossless: bool) -> None:
    assert (proof.inherits_everything, proof.lossless) == (inherits, lossless)


def test_the_bytes_after_the_fence_are_unknown_before_the_demotion() -> None:
    assert Proof(FENCE, "R", 1000).bytes_after_fence is None
    assert Proof(FENCE, "R", 1000, 1007).bytes_after_fence == 7
