"""Accounts of money and cards, the kinds of transactions between them, and what is derived of them.

Every agent and every boundary of the model (investors, parents, customers, suppliers, the world, scrap) has one
account. Boundary accounts may go below zero: they are where money and cards come from.
"""

from __future__ import annotations

import numpy as np

from market.state.columns import Block, Names
from market.state.products import N_PRODUCTS, N_STAGES, PRODUCTS, STAGES

ACCOUNT_I64 = Block("account_i64", np.int64)
CASH_FEN = ACCOUNT_I64.column("cash_fen", "fen", "money held")
AUDIT = ACCOUNT_I64.column("audit", "weighed units", "all transactions since the first day, weighed and summed")

KEY_I64 = Block("key_i64", np.int64)  # of accounts before the first startup without a name: it has its number
KEY = KEY_I64.column("key", "key", "stable key of the owner, from its id")

# What only accounts before the first startup have: boundary accounts and firms that trade and form beliefs.
FIRM_I64 = Block("firm_i64", np.int64)
BASIS_FEN = FIRM_I64.column("basis_fen", "fen", "historic cost of the cards it owns, servers included")
INTEREST_CARRY = FIRM_I64.column("interest_carry", "1e-6 fen", "part of interest not yet charged")

BELIEF_F64 = Block("belief_f64", np.float64)
BAN_LOG_ODDS = BELIEF_F64.column("ban_log_odds", "log-odds", "belief that supply stops within the horizon")
BAN_BELIEF = BELIEF_F64.column("ban_belief", "1", "the same belief as a probability")
FORESIGHT = BELIEF_F64.column("foresight", "1", "how strongly news moves the belief")

CARD_I64 = Block("card_i64", np.int64)  # the same accounts; startups hold A-class cards, in their own columns
for _product in PRODUCTS:
    for _stage in STAGES:
        CARD_I64.column(f"{_product}_{_stage}_cards", "cards", f"{_product} cards, {_stage.replace('_', ' ')}")
N_CARD_ROWS = N_PRODUCTS * N_STAGES

MONEY = Names()
ENDOWMENT = MONEY.add("endowment", "balances of the first day")
CARD_SALE = MONEY.add("card_sale", "cards sold by a chip maker")
DEPOSIT = MONEY.add("deposit", "deposits on orders, paid and returned")
PENALTY = MONEY.add("penalty", "late penalties")
SPOT_TRADE = MONEY.add("spot_trade", "cards traded in the auction")
SERVER_SALE = MONEY.add("server_sale", "servers and assembly")
RENT = MONEY.add("rent", "rents of startups")
SERVICE_SALE = MONEY.add("service_sale", "compute sold to other industries, and model calls")
OPERATION = MONEY.add("operation", "power, hosting and network")
PRODUCTION = MONEY.add("production", "cost of goods of chip makers and server makers")
STAFF = MONEY.add("staff", "salaries and other burn of startups")
INTEREST = MONEY.add("interest", "capital and storage cost of speculators")
FUNDING = MONEY.add("funding", "rounds of startups")
INVESTMENT = MONEY.add("investment", "parents' money for clouds; capital of new firms")
SUBSCRIPTION = MONEY.add("subscription", "application revenue of startups")
LIQUIDATION = MONEY.add("liquidation", "cash of failed firms")

MOVES = Names()
OPENING = MOVES.add("opening", "cards of the first day")
ALLOTTED = MOVES.add("allotted", "allotted and handed to the carrier")
RETURNED = MOVES.add("returned", "recalled by the chip maker under a rule")
DELIVERED = MOVES.add("delivered", "arrived at the buyer")
TRADED = MOVES.add("traded", "traded in the auction")
IMPORTED = MOVES.add("imported", "grey imports, traded in the auction")
TO_LINE = MOVES.add("to_line", "sent to the assembly line")
ASSEMBLED = MOVES.add("assembled", "put online in a server")
SOLD_IN_SERVERS = MOVES.add("sold_in_servers", "sold by server makers to other industries")
SCRAPPED = MOVES.add("scrapped", "worn out")
UNRACKED = MOVES.add("unracked", "taken out of the servers of a failed firm")
