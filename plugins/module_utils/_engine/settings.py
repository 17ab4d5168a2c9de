# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of one node: asked and set on the wire, read and written in the file on the node's own host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .._model.errors import AccessDenied, CommandRefused, OutcomeUnknown, SteadyhandError
from .._model.host import ConfigFile
from .._model.node import NodeFacts
from .._model.replies import parse_pairs, yes
from .._model.settings.probe import Answer, answer, question
from . import settings_file, settings_start
from .host import read_config_file, require_local
from .node import Node


class NodeSettings:
    """One node and its host. ``service`` is its unit, where the process does not tell it."""

    def __init__(self, node: Node, service: str | None = None) -> None:
        self.node = node
        self.service = service

    def __str__(self) -> str:
        return str(self.node.target.address)

    def facts(self) -> NodeFacts:
        """The node's own account. Raises BadInput when the node is not on this host."""
        facts = self.node.facts()
        require_local(facts)
        return facts

    def running(self, names: Sequence[str]) -> dict[str, str]:
        """The running values of those settings that the server knows."""
        values: dict[str, str] = {}
        for reply in self.node.pipeline([("CONFIG", "GET", name) for name in names]):
            if isinstance(reply, SteadyhandError):
                raise reply
            values.update(parse_pairs(reply))
        return values

    def known_names(self) -> list[str]:
        """The names of all settings that the server shows. Their values are not kept."""
        return sorted(parse_pairs(self.node.call("CONFIG", "GET", "*")))

    def judged(self, wishes: Mapping[str, str]) -> dict[str, Answer]:
        """How the server would apply each of these, without any effect."""
        replies = self.node.pipeline([question(name, value) for name, value in wishes.items()])
        answers = {}
        for name, reply in zip(wishes, replies):
            if not isinstance(reply, SteadyhandError):
                raise OutcomeUnknown(f"{self} took a value that is no number for a number while {name} was tried")
            if isinstance(reply, AccessDenied):
                raise reply
            answers[name] = answer(name, reply.reply if isinstance(reply, CommandRefused) else str(reply))
        return answers

    def set_live(self, values: Mapping[str, str]) -> None:
        """Set all of them or none. Raises CommandRefused when the server takes none of them."""
        self.node.call("CONFIG", "SET", *(word for pair in values.items() for word in pair))

    def rewrite(self) -> None:
        """Have the server write its running values into its file. Raises CommandRefused."""
        self.node.call("CONFIG", "REWRITE")

    def rewriting_append_file(self) -> bool:
        """Whether an append-only file is being made, or is about to be."""
        info = self.node.info("persistence")
        return yes(info, "aof_rewrite_in_progress") or yes(info, "aof_rewrite_scheduled")

    def append_file_ok(self) -> bool:
        """Whether the last attempt to make an append-only file went well."""
        info = self.node.info("persistence")
        return yes(info, "aof_enabled") and info.get("aof_last_bgrewrite_status") == "ok"

    def config_file(self, facts: NodeFacts) -> ConfigFile:
        """The node's file as it is on disk now."""
        file = read_config_file(facts.config_file, facts.settings.get("dir", ""))
        return file if file.error else replace(file, text=settings_file.read_text(file.path))

    def why_not_rewritable(self, facts: NodeFacts) -> str | None:
        """Why the server could not write its file, or None."""
        return settings_file.why_not_rewritable(facts.config_file, facts.process_id)

    def write_file(self, path: str, before: str, after: str) -> bool:
        """Replace the file's text in one step; False when it is not ``before`` any more."""
        return settings_file.replace_text(path, before, after)

    def start_arguments(self, facts: NodeFacts) -> tuple[str, ...] | None:
        """The server's command line; None when neither the process nor its unit shows it."""
        return settings_start.start_arguments(facts.process_id, yes(facts.settings, "set-proc-title"), self.service)

    def most_open_files(self, facts: NodeFacts) -> int | None:
        """How many files the server's process may open; None for no limit."""
        return settings_start.most_open_files(facts.process_id)

    def why_not_startable(self, facts: NodeFacts, lines: Sequence[str]) -> str | None:
        """Why the node's own program would not start with these lines in its file, or None."""
        program = settings_start.program_of(facts.executable, facts.process_id)
        libraries = settings_start.library_folders(facts.process_id)
        return settings_start.why_not_startable(program, facts.engine + "-server", lines, libraries)
