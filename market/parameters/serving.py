"""Serving and churn: patience, training runs, rivals."""

from market.parameters.declare import Group

_serving = Group("serving")
PATIENCE = _serving.parameter(
    "patience_days",
    56,
    "days",
    (1, 1000),
    prior=(35, 75),
    calibrated=True,
    source="assumed; C1 constrains it",
    meaning="full shortfall that an average startup bears",
)
PATIENCE_SPREAD = _serving.parameter(
    "patience_spread", 0.3, "1", (0.0, 1.5), source="assumed", meaning="spread of patience, in logs"
)
PATIENCE_RECOVERY = _serving.parameter(
    "patience_recovery",
    0.02,
    "1/day",
    (0.0, 1.0),
    source="assumed",
    meaning="share of the shortfall forgiven on a day of full service",
)
GANG_SHARE = _serving.parameter(
    "gang_share",
    0.8,
    "1",
    (0.0, 1.0),
    source="D4",
    meaning="part of its cards below which a training run stops",
)
CHECKPOINT_DAYS = _serving.parameter(
    "checkpoint_days",
    7,
    "days",
    (1, 365),
    prior=(1, 30),
    source="D4 (a full restart is the upper bound)",
    meaning="time between checkpoints of a training run",
)
APPROACH_RATE = _serving.parameter(
    "approach_rate",
    0.03,
    "1/day",
    (0.0, 1.0),
    prior=(0.005, 0.04),
    calibrated=True,
    source="C4",
    meaning="chance that a rival with capacity approaches a short customer today",
)
POACH_SHORTFALL = _serving.parameter(
    "poach_shortfall",
    0.2,
    "1",
    (0.0, 1.0),
    source="C4",
    meaning="shortfall from which a customer listens to a rival",
)
POACH_PATIENCE = _serving.parameter(
    "poach_patience",
    0.5,
    "1",
    (0.0, 1.0),
    prior=(0.25, 0.75),
    source="assumed: moving a run costs (D4); rule and value added toward C1",
    meaning="part of its patience that must be used up before a customer listens to a rival",
)
SWITCH_SHARE = _serving.parameter(
    "switch_share",
    0.5,
    "1",
    (0.0, 1.0),
    source="assumed: a gang must run (D4)",
    meaning="part of the need a new host must be able to serve at once",
)
