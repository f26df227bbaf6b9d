"""Columns of server makers and speculators, and the quotes of everybody who trades cards."""

from __future__ import annotations

import numpy as np

from market.state.columns import Block

MAKER_I64 = Block("maker_i64", np.int64)
BUYER = MAKER_I64.column("buyer", "row", "row among NVIDIA's direct buyers")
LINE = MAKER_I64.column("line_cards_per_day", "cards/day", "cards its assembly line can take a day")
DESIRED_LINE = MAKER_I64.column("desired_line_cards", "cards", "cards it offers to assemble today")
ENTERPRISE_SOLD = MAKER_I64.column("enterprise_sold_cards", "cards", "cards sold in servers today")
DESIRED_SALE = MAKER_I64.column("desired_sale_cards", "cards", "cards it sells in servers today")
MAKER_REVENUE_FEN = MAKER_I64.column("revenue_fen", "fen", "revenue of this month")
MAKER_COST_FEN = MAKER_I64.column("cost_fen", "fen", "cost of this month")

MAKER_F64 = Block("maker_f64", np.float64)
MAKER_ASK_CNY = MAKER_F64.column("ask_cny", "CNY/card", "what it asks for a card in stock")
MAKER_RESERVATION_CNY = MAKER_F64.column("reservation_cny", "CNY/card", "what its customers would pay for a card")
MAKER_TASTE = MAKER_F64.column("taste", "1", "worth of a card to its customers against the average user")
ENTERPRISE_BACKLOG = MAKER_F64.column("enterprise_backlog_cards", "cards", "cards its customers wait for")
DESIRED_DEMAND = MAKER_F64.column("desired_demand_cards_per_day", "cards/day", "cards its customers ask for today")

SPECULATOR_I64 = Block("speculator_i64", np.int64)
GAIN_FEN = SPECULATOR_I64.column("gain_fen", "fen", "gain realised since the first day")
MONTH_SALES_FEN = SPECULATOR_I64.column("month_sales_fen", "fen", "cards sold this month")
MONTH_COST_FEN = SPECULATOR_I64.column("month_cost_fen", "fen", "cost of cards sold and carrying cost of this month")
IS_CHARTIST = SPECULATOR_I64.column("is_chartist", "0/1", "heuristic in use: 1 follows the trend, 0 the value")

SPECULATOR_F64 = Block("speculator_f64", np.float64)
HORIZON_MONTHS = SPECULATOR_F64.column("horizon_months", "months", "how long it is ready to hold")
ERROR = SPECULATOR_F64.column("error", "1", "its bias about value in use, as a factor")
TREND_PROFIT = SPECULATOR_F64.column("trend_profit", "1", "smoothed success of following the trend")
VALUE_PROFIT = SPECULATOR_F64.column("value_profit", "1", "smoothed success of following the value")
INCLINATION = SPECULATOR_F64.column("inclination", "1", "advantage of the trend, as a chance, from which it follows it")
EXPECTED_CNY = SPECULATOR_F64.column("expected_cny", "CNY/card", "price it expects at its horizon")

QUOTE_I32 = Block("quote_i32", np.int32)  # A class: of every account
TICK = QUOTE_I32.column("a800_tick", "tick", "limit price of its order for A-class cards")
QUANTITY = QUOTE_I32.column("a800_cards", "cards", "A-class cards bid for (+) or offered (-)")

H20_QUOTE_I32 = Block("h20_quote_i32", np.int32)  # H20: of accounts before the first startup, in the same rows
H20_QUOTE_I32.column("h20_tick", "tick", "limit price of its order for the H20")
H20_QUOTE_I32.column("h20_cards", "cards", "H20 cards bid for (+) or offered (-)")
MOST_QUOTED = 1_000_000_000  # cards in one order
