"""What decides an outcome: a logistic regression and a small tree, judged on runs they have not seen.

Both are fitted to runs whose outcome is known, on columns known beforehand. Accuracy, area under the curve and Brier
score are those of predictions for left-out runs (ten folds), beside what the base rate alone gets right; in-sample
accuracy stands there only to show the difference. Coefficients are log-odds for one standard deviation of a column,
with a small ridge penalty and intervals from resampled runs. They describe what goes with the outcome: columns move
together, and none was set by chance.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from experiments.statistics.intervals import generator, paired_difference, resamples, student

__all__ = ["can_be_learned", "coefficients", "held_out", "importances", "tree_nodes", "usable"]

FOLDS = 10
RIDGE = 1.0  # inverse strength of the penalty, in standardised columns
TREE_DEPTH, LEAF_SHARE, SMALLEST_LEAF = 4, 0.02, 10
SHUFFLES = 5
LEAST_OF_EACH = FOLDS  # each fold needs both outcomes

Floats = NDArray[np.float64]


def usable(table: pd.DataFrame, outcome: str, columns: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows without a hole, and the columns that vary over them.

    Columns that never vary say nothing; rows with a hole are runs in which the case did not get so far.
    """
    rows = table.loc[table[[outcome, *columns]].notna().all(axis=1)]
    varying = [name for name in columns if rows[name].nunique() > 1]
    return rows, varying


def can_be_learned(outcome: Floats) -> bool:
    """Return whether there are enough runs of either outcome to leave out a fold."""
    return bool(min((outcome == 1).sum(), (outcome == 0).sum()) >= LEAST_OF_EACH)


def held_out(table: pd.DataFrame, outcome: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return how well each model predicts runs that it has not seen, one row a model.

    Returns
    -------
    pandas.DataFrame
        Columns `model`, `runs`, `base_rate` (share of the outcome), `base_accuracy`, `accuracy`, `accuracy_gain` with
        `gain_low` and `gain_high` (95%, paired over runs), `auc` with `auc_low` and `auc_high` (bootstrap of runs),
        `brier_gain` (1 less Brier score over that of the base rate), `in_sample_accuracy`. Empty when one outcome is
        too rare to leave out folds.
    """
    x, y = table[list(columns)].to_numpy(float), table[outcome].to_numpy(float)
    rows = []
    for name in MODELS if can_be_learned(y) and columns else ():
        chance, base = _left_out(name, x, y)
        right, base_right = (chance > 0.5) == y, (base > 0.5) == y
        gain = paired_difference(right, base_right)
        brier = 1.0 - float(((chance - y) ** 2).mean() / ((base - y) ** 2).mean())
        auc = _area(y, chance)
        inside = float((_fit(name, x, y).predict(x) == y).mean())
        rows.append((name, y.size, y.mean(), base_right.mean(), right.mean(), *gain, *auc, brier, inside))
    return pd.DataFrame(
        rows,
        columns=[
            *("model", "runs", "base_rate", "base_accuracy", "accuracy", "accuracy_gain", "gain_low", "gain_high"),
            *("auc", "auc_low", "auc_high", "brier_gain", "in_sample_accuracy"),
        ],
    )


def coefficients(table: pd.DataFrame, outcome: str, columns: Sequence[str], n_resamples: int) -> pd.DataFrame:
    """Return standardised coefficients of the logistic regression with 95% bootstrap intervals.

    Returns
    -------
    pandas.DataFrame
        Columns `column`, `coefficient` (log-odds for one standard deviation), `low`, `high`, `mean`, `deviation` (of
        the column), `runs`; the largest in size first.
    """
    x, y = table[list(columns)].to_numpy(float), table[outcome].to_numpy(float)
    if not columns or not can_be_learned(y):
        return pd.DataFrame(columns=["column", "coefficient", "low", "high", "mean", "deviation", "runs"])
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    found = _logistic(z, y)
    drawn = [rows for rows in resamples(y.size, n_resamples, f"coefficients {outcome}") if 0 < y[rows].mean() < 1]
    spread = np.array([_logistic(z[rows], y[rows]) for rows in drawn])
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    result = pd.DataFrame(
        {
            "column": list(columns),
            "coefficient": found,
            "low": low,
            "high": high,
            "mean": x.mean(axis=0),
            "deviation": x.std(axis=0),
            "runs": y.size,
        }
    )
    return result.sort_values("coefficient", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def importances(table: pd.DataFrame, outcome: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return what the tree's accuracy on left-out runs loses when a column is shuffled among them.

    Returns
    -------
    pandas.DataFrame
        Columns `column`, `importance` (share of runs), `low`, `high` (Student's 95% interval over the ten folds, which
        share training runs: a guide, not a test); the largest first.
    """
    x, y = table[list(columns)].to_numpy(float), table[outcome].to_numpy(float)
    if not columns or not can_be_learned(y):
        return pd.DataFrame(columns=["column", "importance", "low", "high"])
    luck = generator(f"shuffles {outcome}")
    lost = np.zeros((FOLDS, len(columns)))
    for fold, (train, test) in enumerate(_folds(x, y)):
        tree = _fit("tree", x[train], y[train])
        whole = float((tree.predict(x[test]) == y[test]).mean())
        for column in range(len(columns)):
            shuffled = x[test].copy()
            rights = []
            for _ in range(SHUFFLES):
                shuffled[:, column] = luck.permutation(shuffled[:, column])
                rights.append(float((tree.predict(shuffled) == y[test]).mean()))
            lost[fold, column] = whole - np.mean(rights)
    rows = [(name, *student(lost[:, k])) for k, name in enumerate(columns)]
    result = pd.DataFrame(rows, columns=["column", "importance", "low", "high"])
    return result.sort_values("importance", ascending=False, kind="stable").reset_index(drop=True)


def tree_nodes(table: pd.DataFrame, outcome: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return the tree fitted to all runs: a row a node, the root first.

    Returns
    -------
    pandas.DataFrame
        Columns `node`, `depth`, `column` (empty at a leaf), `threshold`, `left` (at most the threshold) and `right`
        (-1 at a leaf), `runs`, `share` (of the outcome among them).
    """
    x, y = table[list(columns)].to_numpy(float), table[outcome].to_numpy(float)
    fields = ["node", "depth", "column", "threshold", "left", "right", "runs", "share"]
    if not columns or not can_be_learned(y):
        return pd.DataFrame(columns=fields)
    tree = _fit("tree", x, y).tree_
    depths = np.zeros(tree.node_count, dtype=np.int64)
    for node in range(tree.node_count):
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depths[child] = depths[node] + 1
    is_leaf = tree.children_left < 0
    members = tree.decision_path(x.astype(np.float32))
    shares = np.asarray(members.T @ y).ravel() / np.asarray(members.sum(axis=0)).ravel()
    return pd.DataFrame(
        {
            "node": np.arange(tree.node_count),
            "depth": depths,
            "column": ["" if leaf else columns[k] for leaf, k in zip(is_leaf, tree.feature, strict=True)],
            "threshold": np.where(is_leaf, np.nan, tree.threshold),
            "left": tree.children_left,
            "right": tree.children_right,
            "runs": tree.n_node_samples,
            "share": shares,
        }
    )


MODELS = ("logistic", "tree")


def _fit(name: str, x: Floats, y: Floats) -> LogisticRegression | DecisionTreeClassifier:
    if name == "tree":
        leaf = max(SMALLEST_LEAF, round(LEAF_SHARE * y.size))
        return DecisionTreeClassifier(max_depth=TREE_DEPTH, min_samples_leaf=leaf, random_state=0).fit(x, y)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=RIDGE, max_iter=1000))
    return model.fit(x, y)


def _logistic(z: Floats, y: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        return LogisticRegression(C=RIDGE, max_iter=1000).fit(z, y).coef_[0]


def _folds(x: Floats, y: Floats) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, y))


def _left_out(name: str, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return each run's predicted chance, from a model and from a base rate that have not seen it."""
    chance, base = np.zeros(y.size), np.zeros(y.size)
    for train, test in _folds(x, y):
        chance[test] = _fit(name, x[train], y[train]).predict_proba(x[test])[:, 1]
        base[test] = y[train].mean()
    return chance, base


def _area(y: Floats, chance: Floats, n_resamples: int = 200) -> tuple[float, float, float]:
    """Return the area under the curve with its 95% bootstrap interval over runs."""
    drawn = [rows for rows in resamples(y.size, n_resamples, "area") if 0 < y[rows].mean() < 1]
    low, high = np.quantile([roc_auc_score(y[rows], chance[rows]) for rows in drawn], [0.025, 0.975])
    return float(roc_auc_score(y, chance)), float(low), float(high)
