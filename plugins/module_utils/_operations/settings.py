# Copyright (c) 2026, the steadyhand.redis authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushing settings to one node: inspect, set live and persist, write what waits for a restart. Each is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Callable, Protocol

from .._model.errors import BadInput, CommandRefused, ConditionTimeout, OutcomeUnknown, SteadyhandError, Unreachable
from .._model.health import good_replicas as count_good_replicas
from .._model.host import ConfigFile
from .._model.node import NodeFacts
from .._model.settings.danger import CONTEXT, Proposal, dangers, unseen
from .._model.settings.file import file_value, overrides, render
from .._model.settings.forms import same
from .._model.settings.names import similar
from .._model.settings.plan import (
    IN_EFFECT,
    LIVE,
    PENDING,
    REFUSED,
    Inspection,
    PushFailed,
    Setting,
    new_file_text,
    read_wishes,
)
from .._model.settings.probe import LIVE as ENGINE_SETS_LIVE
from .._model.settings.probe import REFUSED as ENGINE_REFUSES
from .._model.settings.probe import UNKNOWN, Answer
from .clock import Clock

POLL_SECONDS = 0.1
# A CONFIG REWRITE by Sentinel may come between our reading and our writing; it does not come often.
WRITE_ATTEMPTS = 5


class SettingsPort(Protocol):
    """A node's settings, as _engine.settings.NodeSettings gives them."""

    def facts(self) -> NodeFacts: ...
    def running(self, names: Sequence[str]) -> dict[str, str]: ...
    def known_names(self) -> list[str]: ...
    def judged(self, wishes: Mapping[str, str]) -> dict[str, Answer]: ...
    def set_live(self, values: Mapping[str, str]) -> None: ...
    def rewrite(self) -> None: ...
    def rewriting_append_file(self) -> bool: ...
    def append_file_ok(self) -> bool: ...
    def config_file(self, facts: NodeFacts) -> ConfigFile: ...
    def why_not_rewritable(self, facts: NodeFacts) -> str | None: ...
    def write_file(self, path: str, before: str, after: str) -> bool: ...
    def start_arguments(self, facts: NodeFacts) -> tuple[str, ...] | None: ...
    def most_open_files(self, facts: NodeFacts) -> int | None: ...
    def why_not_startable(self, facts: NodeFacts, lines: Sequence[str]) -> str | None: ...


def inspect(node: SettingsPort, settings: Mapping[str, Any], good_replicas: int | None = None) -> Inspection:
    """Find out, without any effect, what each wanted setting is and would need. Every refusal is in the result.

    ``good_replicas``: how many the group has, where the node is not its primary and cannot know. A primary that counts fewer
    by now is right: it is the one that would refuse the writes.
    """
    facts = node.facts()
    _require_known_engine(node, facts)
    wishes, refused = read_wishes(settings)
    running = node.running([*wishes, *(name for name in CONTEXT if name not in wishes)])
    changing = {name: value for name, value in wishes.items() if not same(name, value, running.get(name))}
    if facts.is_primary:
        counted = count_good_replicas(facts)
        good_replicas = counted if good_replicas is None else min(good_replicas, counted)
    proposal = Proposal(changing, running, facts, good_replicas, node.most_open_files(facts))
    file, arguments = node.config_file(facts), node.start_arguments(facts)
    reasons = {**dict(dangers(proposal)), **_overridden(wishes, file, arguments)}
    answers = node.judged({name: value for name, value in changing.items() if name not in reasons})
    known = node.known_names() if any(one.kind == UNKNOWN for one in answers.values()) else []
    found: list[Setting] = []
    for name, value in wishes.items():
        state, reason = _state(node, facts, name, value, reasons.get(name), answers.get(name), known)
        found.append(Setting(name, value, running.get(name), file_value(file.text, name), state, reason))
    blind = [*unseen(proposal)]
    if arguments is None:
        blind.append("the server's command line, which may override settings at the next start")
    blind += [f"which file {one}, a relative include, will be at the next start" for one in file.unfound]
    return Inspection((*found, *refused), tuple(_obstacles(node, facts, file)), tuple(blind))


def apply(node: SettingsPort, before: Inspection, clock: Clock, timeout: float) -> tuple[Setting, ...]:
    """Set live what can be, persist it, and read it back from the server and from the file. Returns the settings as they are.

    ``timeout`` in seconds bounds the making of an append-only file, without which the file must not say ``appendonly yes``.
    Raises PushFailed, whose ``restored`` tells whether the values from before are in force again.
    """
    live = {setting.name: setting.desired or "" for setting in before.named(LIVE)}
    previous = {setting.name: setting.running or "" for setting in before.named(LIVE)}
    undo: list[Callable[[], None]] = []
    if live:
        _set(node, live)
        undo.append(lambda: node.set_live(previous))
    try:
        if live:
            # Before the file is touched: a wrong value in it would outlive this process.
            _require_running(node, live)
        if live.get("appendonly", "").lower() == "yes":
            _wait_for_append_file(node, clock, timeout)
        if live or before.unsaved or before.unsettled:
            node.rewrite()
            undo.append(node.rewrite)
        after = _read_again(node, before)
        _verify(node, after)
    except SteadyhandError as error:
        raise _restored(node, previous, undo, error) from error
    return after


def write_pending(node: SettingsPort, settings: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """Write into the file what waits for a restart. Returns the settings as they are then.

    To be done right before the restart: any CONFIG REWRITE in between puts the running values back. Raises OutcomeUnknown
    when the file cannot be read back as written.
    """
    waiting = tuple(setting for setting in settings if setting.state == PENDING)
    facts = node.facts()
    for _attempt in range(WRITE_ATTEMPTS):
        file = node.config_file(facts)
        if file.error:
            raise BadInput(file.error)
        text = new_file_text(file.text, waiting)
        if text == file.text or node.write_file(file.path, file.text, text):
            break
    else:
        raise OutcomeUnknown(f"{node}: its file changed at every attempt to write it; nothing was written")
    after = _read_again(node, Inspection(settings, (), ()))
    lost = [setting.name for setting in after if setting.unwritten]
    if lost:
        raise OutcomeUnknown("{}: written to its file and not found there: {}".format(node, ", ".join(lost)))
    return after


def _require_known_engine(node: SettingsPort, facts: NodeFacts) -> None:
    major = facts.version.split(".", 1)[0]
    if not major.isdigit() or int(major) < 7:
        raise BadInput(
            f"{node} runs {facts.engine} {facts.version}: settings are pushed to Redis 7.0 and newer and to Valkey, whose CONFIG SET is all or nothing"
        )


def _overridden(wishes: Mapping[str, str], file: ConfigFile, arguments: Sequence[str] | None) -> dict[str, str]:
    return {
        name: f"{where} and would override it at the next start: change it there"
        for name, where in overrides(file, arguments).items()
        if name in wishes
    }


def _obstacles(node: SettingsPort, facts: NodeFacts, file: ConfigFile) -> list[str]:
    if file.error:
        return [file.error]
    obstacles = [node.why_not_rewritable(facts)]
    if not file.writable:
        obstacles.append(f"{file.path} or its folder cannot be written by this task: use become")
    return [obstacle for obstacle in obstacles if obstacle]


def _state(
    node: SettingsPort,
    facts: NodeFacts,
    name: str,
    value: str,
    reason: str | None,
    answer: Answer | None,
    known: Sequence[str],
) -> tuple[str, str]:
    if reason is not None:
        return REFUSED, reason
    if answer is None:
        return IN_EFFECT, ""
    if answer.kind == UNKNOWN:
        near = similar(name, known)
        return REFUSED, "the server has no such setting" + (
            "; did you mean {}?".format(" or ".join(near)) if near else ""
        )
    if answer.kind == ENGINE_REFUSES:
        return REFUSED, f"the server refuses {value!r}: {answer.reason}"
    if answer.kind == ENGINE_SETS_LIVE:
        return LIVE, ""
    fault = node.why_not_startable(facts, [render(name, value)])
    return (REFUSED, fault) if fault else (PENDING, "the server reads it only when it starts")


def _set(node: SettingsPort, live: Mapping[str, str]) -> None:
    try:
        node.set_live(live)
    except CommandRefused as error:
        raise PushFailed("{}. The server took none of {}".format(error, ", ".join(live)), restored=True) from error
    except Unreachable as error:
        raise PushFailed(
            "{}. Whether {} are set is not known: run again".format(error, ", ".join(live)), restored=False
        ) from error


def _wait_for_append_file(node: SettingsPort, clock: Clock, timeout: float) -> None:
    """A server that finds ``appendonly yes`` in its file and no append-only file on disk starts without its keys."""
    deadline = clock.now() + timeout
    while node.rewriting_append_file():
        if clock.now() >= deadline:
            raise ConditionTimeout(f"{node}: no append-only file after {timeout} s", ["its making has ended"])
        clock.sleep(POLL_SECONDS)
    if not node.append_file_ok():
        raise SteadyhandError(f"{node} could not make its append-only file: look into its log")


def _read_again(node: SettingsPort, before: Inspection) -> tuple[Setting, ...]:
    facts = node.facts()
    file = node.config_file(facts)
    if file.error:
        raise SteadyhandError(file.error)
    running = node.running([setting.name for setting in before.settings])
    return tuple(
        _now(setting, running.get(setting.name), file_value(file.text, setting.name)) for setting in before.settings
    )


def _now(setting: Setting, running: str | None, persisted: str | None) -> Setting:
    return replace(setting, running=running, persisted=persisted)


def _require_running(node: SettingsPort, live: Mapping[str, str]) -> None:
    """Rounded, capped or written in another way: whatever the server made of a value, every further run would set it again."""
    running = node.running(list(live))
    for name, desired in live.items():
        if not same(name, desired, running.get(name)):
            raise SteadyhandError(
                f"{node}: {name} was set to {desired!r} and reads back as {running.get(name)!r}: ask for that, if it will do"
            )


def _verify(node: SettingsPort, after: Sequence[Setting]) -> None:
    for setting in after:
        # No line at all is right for a value that is the default: CONFIG REWRITE adds none then.
        if setting.unsaved:
            raise SteadyhandError(
                f"{node}: {setting.name} runs as {setting.running!r} and its file says {setting.persisted!r} after CONFIG REWRITE"
            )


def _restored(
    node: SettingsPort, previous: Mapping[str, str], undo: Sequence[Callable[[], None]], error: SteadyhandError
) -> PushFailed:
    """Undo what was done, as far as the node can be reached, and say how it went."""
    if not previous:
        return PushFailed(str(error), restored=True)
    try:
        for step in undo:
            step()
        running = node.running(list(previous))
    except SteadyhandError as failure:
        return PushFailed(f"{error}. Restoring {_listed(previous)} failed: {failure}", restored=False)
    lost = {name: value for name, value in previous.items() if not same(name, value, running.get(name))}
    if lost:
        return PushFailed(f"{error}. Not restored: {_listed(lost)}", restored=False)
    return PushFailed(f"{error}. The values from before are in force again", restored=True)


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in values.items())
