"""A broker's state as a whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from beacon_node.broker.state.applied import AppliedState
from beacon_node.broker.state.checkpoints import CheckpointState
from beacon_node.broker.state.file import StateFile
from beacon_node.broker.state.health import HealthState
from beacon_node.broker.state.joins import JoinState
from beacon_node.broker.state.learned import LearnedState
from beacon_node.broker.state.purposes import PurposeState


@dataclass(frozen=True, slots=True)
class State:
    """What a broker remembers. Its parts are safe to be used by any thread and process."""

    health: HealthState
    joins: JoinState
    checkpoints: CheckpointState
    learned: LearnedState
    purposes: PurposeState
    applied: AppliedState

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the state in a file, made if there is none. Raises StoreUnavailable where it
        cannot be used, ConfigurationError where a newer version of this program made it."""
        file = StateFile(path)
        return cls(
            HealthState(file),
            JoinState(file),
            CheckpointState(file),
            LearnedState(file),
            PurposeState(file),
            AppliedState(file),
        )
