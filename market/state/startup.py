"""Columns of startups and of the two contracts each of them can have.

There may be a million startups and few of them are large, so each number has the narrowest column that holds it
(read by `wide`; a real number is rounded to it by `narrow`), and contracts are records that a startup points to and
only those under contract have.
"""

from __future__ import annotations

import numpy as np

from market.state.columns import Block, Names

I64 = Block("startup_i64", np.int64)
DESIRED_ROUND_FEN = I64.column(
    "desired_round_fen", "fen", "round to be closed today; before the founding, the money it is founded with"
)

I32 = Block("startup_i32", np.int32)
TRANSIT_CARDS = I32.column("in_transit_cards", "cards", "A-class cards on their way to it")
STOCK_CARDS = I32.column("stock_cards", "cards", "A-class cards in stock")
ASSEMBLY_CARDS = I32.column("assembly_cards", "cards", "A-class cards on an assembly line")
ONLINE_CARDS = I32.column("online_cards", "cards", "A-class cards online")
RUN_CARD_DAYS = I32.column("run_card_days", "card-days", "training done since the last checkpoint")
DESIRED_LEASE_CARDS = I32.column("desired_lease_cards", "cards", "cards it wants to rent at the regular price")
FIRST_CONTRACT = I32.column("first_contract", "row", "record of its first contract, 0 for none")
SECOND_CONTRACT = I32.column("second_contract", "row", "record of its second contract, 0 for none")

I16 = Block("startup_i16", np.int16)
FOUNDED_DAY = I16.column("founded_day", "day", "first day in the market")
AMBITION_DAY = I16.column("ambition_day", "day", "day from which it wants a large training run")
BUYER = I16.column("buyer", "row", "row among NVIDIA's direct buyers, -1 for none")
LAST_TENDER_DAY = I16.column("last_tender_day", "day", "day of its last tender, -1 for none")
SEARCH_DAYS = I16.column("search_days", "days", "days in a row with a large part of the need unserved")
ASKED_MAKER = I16.column("asked_maker", "row", "server maker it has turned to for cards, -1 for none")
DESIRED_HOST = I16.column("desired_host", "row", "cloud it would rent from, -1 for none")

I8 = Block("startup_i8", np.int8)
STATUS = I8.column("status", "code", "not founded yet, alive or failed")
IS_RUNNING = I8.column("is_running", "0/1", "whether the training run went on today")
DESIRED_SWITCH_SLOT = I8.column("desired_switch_slot", "slot", "contract it wants to move today, -1 for none")
DESIRED_SWITCH_CAUSE = I8.column("desired_switch_cause", "code", "why it wants to move")
IS_INSOLVENT = I8.column("is_insolvent", "0/1", "whether it could not pay today")
DESIRED_EXIT = I8.column("desired_exit", "0/1", "whether it gives up today")

F32 = Block("startup_f32", np.float32)
NEED_CARDS = F32.column("need_cards", "cards", "A-class cards it wants to use: decided anew every day")
CALLS_CARDS = F32.column("calls_cards", "cards", "cards that its model calls keep busy")
CALLS_GROWTH = F32.column("calls_growth", "1/day", "growth of its model calls")
AMBITION_CARDS = F32.column("ambition_cards", "cards", "training cluster it aspires to in the climate of 2022")
SCALE = F32.column("scale", "1", "size of its rounds against the median")
TASTE = F32.column("taste", "1", "worth of a card to it against the average user")
RESERVATION_CNY = F32.column("reservation_cny", "CNY/card", "what it would pay for a card today")
REVENUE_PER_CALL = F32.column("revenue_per_call_cny", "CNY/card-month", "revenue per card kept busy by calls")
PLANNED_NEED = F32.column("planned_need_cards", "cards", "cards it plans to use before long")

MONTH_I64 = Block("startup_month_i64", np.int64)  # of startups on the record only
REVENUE_FEN = MONTH_I64.column("revenue_fen", "fen", "revenue of this month")
COST_FEN = MONTH_I64.column("cost_fen", "fen", "cost of this month")

# Status codes
UNBORN = 0
ALIVE = 1
FAILED = 2

CONTRACT_I32 = Block("contract_i32", np.int32)  # record by record; record 0 stays empty
CONTRACT = CONTRACT_I32.column("contract", "number", "contract number, 0 for an empty record")
STARTUP = CONTRACT_I32.column("startup", "row", "customer")
CLOUD = CONTRACT_I32.column("cloud", "row", "host")
CARDS = CONTRACT_I32.column("cards", "cards", "cards promised")
RENT_FEN = CONTRACT_I32.column("rent_fen", "fen/card-day", "rent")
FRACTION_BP = CONTRACT_I32.column("fraction_bp", "1e-4", "fraction of list at signing")
START_DAY = CONTRACT_I32.column("start_day", "day", "first day of service")
END_DAY = CONTRACT_I32.column("end_day", "day", "day on which it comes up for renewal")
TENDER = CONTRACT_I32.column("tender", "number", "tender it was won in, 0 for none")
KIND = CONTRACT_I32.column("kind", "code", "tender, regular or on demand")
SERVED_TODAY = CONTRACT_I32.column("served_today", "cards", "cards served today")
SERVED_CARD_DAYS = CONTRACT_I32.column("served_card_days", "card-days", "served since the start")
PROMISED_CARD_DAYS = CONTRACT_I32.column("promised_card_days", "card-days", "promised since the start")
SHORT_CARD_DAYS = CONTRACT_I32.column("short_card_days", "card-days", "shortfall that patience has to bear")
PATIENT_CARD_DAYS = CONTRACT_I32.column("patient_card_days", "card-days", "shortfall that the customer bears")
POACHED_CARD_DAYS = CONTRACT_I32.column("poached_card_days", "card-days", "shortfall from which it hears a rival")
N_CONTRACT_COLUMNS = len(CONTRACT_I32.columns)
N_SLOTS = 2
LARGEST_CONTRACT = 1_000_000  # cards; so that three years of card-days fit their columns
MOST_CARD_DAYS = 2**31 - 1

ENDED_I32 = Block("ended_i32", np.int32)
for _column in CONTRACT_I32.columns:
    ENDED_I32.column(_column.name, _column.unit, _column.meaning)
STOPPED_DAY = ENDED_I32.column("stopped_day", "day", "day on which it ended")
REASON = ENDED_I32.column("reason", "code", "why it ended")

KINDS = ("tender", "regular", "on_demand")
KIND_TENDER, KIND_REGULAR, KIND_ON_DEMAND = range(len(KINDS))

REASONS = Names()
OUT_OF_PATIENCE = REASONS.add("out_of_patience", "patience with shortfall was used up")
POACHED = REASONS.add("poached", "a rival with capacity came along during a shortfall")
AT_RENEWAL = REASONS.add("at_renewal", "another offer was better at renewal")
HOST_FAILED = REASONS.add("host_failed", "the host failed")
STARTUP_FAILED = REASONS.add("startup_failed", "the customer failed")
EXPIRED = REASONS.add("expired", "it ran out; if it was renewed with the same host, as another contract")
CONSOLIDATED = REASONS.add("consolidated", "the customer put it into a larger tender")
NEED_GONE = REASONS.add("need_gone", "the customer no longer needs the cards")
RUNNING = REASONS.add("running", "still running on the last day")
