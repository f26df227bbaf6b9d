"""A small made-up setting on disk: what the figures of the setting read, of a market that never was."""

from __future__ import annotations

import csv
from pathlib import Path

from experiments.setting import declarations, evidence, world
from market import load_scenario

DATES = ("2022-12-31", "2023-06-30", "2024-01-15")
CLOUDS = ("alibaba_cloud", "tencent_cloud", "baidu_cloud", "volcano_engine", "aws_china", "long_tail")


def write_setting(directory: Path) -> Path:
    """Write the results of `setting`: declarations and evidence as they are, a network by arithmetic."""
    folder = directory / "setting"
    folder.mkdir(parents=True)
    (folder / "numbers.json").write_text("{}")
    for name, table in {**declarations(), **world(load_scenario("baseline")), **evidence()}.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    nodes, edges = [], []
    for number, date in enumerate(DATES, start=1):
        nodes.append((date, "nvidia", "chip_maker"))
        nodes += [(date, cloud, "cloud") for cloud in CLOUDS]
        nodes += [(date, "maker_1", "server_maker"), (date, "maker_2", "server_maker")]
        edges.append((date, "nvidia", "maker_1", "supplies", 900 * number, 0, 0))
        edges += [
            (date, "nvidia", cloud, "supplies", 4000 * number * (k + 1), 1000 * number * k, 0)
            for k, cloud in enumerate(CLOUDS)
        ]
        for i in range(20 * number):
            cards, cloud = 50 + 90 * (i % 7), CLOUDS[i % 6]
            nodes.append((date, f"startup_{i:04d}", "startup"))
            served = cards if i % (5 - number) else cards // 2
            edges.append((date, cloud, f"startup_{i:04d}", "serves", cards, 0, served))
    _write(folder / "network_nodes.csv", ("date", "id", "kind"), nodes)
    _write(
        folder / "network_edges.csv",
        ("date", "supplier", "customer", "relation", "cards", "backlog_cards", "served_cards"),
        edges,
    )
    return directory


def _write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
