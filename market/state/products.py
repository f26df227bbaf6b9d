"""Products, the stages a card goes through, and the sectors that own cards and money."""

from __future__ import annotations

A800 = 0  # the A class: A100 until the letters of August 2022 (X01), A800 after
H20 = 1
ASCEND_910B = 2
PRODUCTS = ("a800", "h20", "ascend_910b")
N_PRODUCTS = len(PRODUCTS)
N_TRADED = 2  # products with a daily auction: a800 and h20

TRANSIT = 0  # allotted this month, not yet delivered
STOCK = 1
ASSEMBLY = 2  # waiting for or on a server maker's line
ONLINE = 3
STAGES = ("in_transit", "stock", "assembly", "online")
N_STAGES = len(STAGES)

# Boundary accounts come first, one each; then NVIDIA; then the populations.
INVESTORS = 0
PARENTS = 1
CUSTOMERS = 2
SUPPLIERS = 3
WORLD = 4
SCRAP = 5
HUAWEI = 6
RESERVE = 7
NVIDIA = 8
FIRST_FIRM = 9
CLOUDS = 9
MAKERS = 10
SPECULATORS = 11
STARTUPS = 12
SECTORS = (
    "investors",
    "parents",
    "customers",
    "suppliers",
    "world",
    "scrap",
    "huawei",
    "reserve",
    "nvidia",
    "clouds",
    "server_makers",
    "speculators",
    "startups",
)
N_SECTORS = len(SECTORS)

DAYS_PER_MONTH = 30.4375
FEN_PER_CNY = 100
