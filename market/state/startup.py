"""Columns of startups and of the two contracts each of them can have."""

from __future__ import annotations

import numpy as np

from market.state.columns import Block, Names

I64 = Block("startup_i64", np.int64)
STATUS = I64.column("status", "code", "not founded yet, alive or failed")
FOUNDED_DAY = I64.column("founded_day", "day", "first day in the market")
AMBITION_DAY = I64.column("ambition_day", "day", "day from which it wants a large training run")
BUYER = I64.column("buyer", "row", "row among NVIDIA's direct buyers, -1 for none")
LAST_TENDER_DAY = I64.column("last_tender_day", "day", "day of its last tender, -1 for none")
N_TENDERS = I64.column("n_tenders", "1", "tenders held")
SEARCH_DAYS = I64.column("search_days", "days", "days in a row with a large part of the need unserved")
ASKED_MAKER = I64.column("asked_maker", "row", "server maker it has turned to for cards, -1 for none")
RUN_CARD_DAYS = I64.column("run_card_days", "card-days", "training done since the last checkpoint")
DONE_CARD_DAYS = I64.column("done_card_days", "card-days", "training done and kept")
LOST_CARD_DAYS = I64.column("lost_card_days", "card-days", "training lost by interruptions")
IS_RUNNING = I64.column("is_running", "0/1", "whether the training run went on today")
REVENUE_FEN = I64.column("revenue_fen", "fen", "revenue of this month")
COST_FEN = I64.column("cost_fen", "fen", "cost of this month")
DESIRED_ROUND_FEN = I64.column("desired_round_fen", "fen", "round to be closed today")
DESIRED_LEASE_CARDS = I64.column("desired_lease_cards", "cards", "cards it wants to rent at the regular price")
DESIRED_HOST = I64.column("desired_host", "row", "cloud it would rent from, -1 for none")
DESIRED_TENDER_CARDS = I64.column("desired_tender_cards", "cards", "cards it puts out to tender today")
DESIRED_SWITCH_SLOT = I64.column("desired_switch_slot", "slot", "contract it wants to move today, -1 for none")
DESIRED_SWITCH_CAUSE = I64.column("desired_switch_cause", "code", "why it wants to move")
CAPITAL_FEN = I64.column("capital_fen", "fen", "money it is founded with")
IS_INSOLVENT = I64.column("is_insolvent", "0/1", "whether it could not pay today")
DESIRED_EXIT = I64.column("desired_exit", "0/1", "whether it gives up today")

F64 = Block("startup_f64", np.float64)
NEED_CARDS = F64.column("need_cards", "cards", "A-class cards it could use now")
CALLS_CARDS = F64.column("calls_cards", "cards", "cards that its model calls keep busy")
CALLS_GROWTH = F64.column("calls_growth", "1/day", "growth of its model calls")
AMBITION_CARDS = F64.column("ambition_cards", "cards", "training cluster it aspires to in the climate of 2022")
SCALE = F64.column("scale", "1", "size of its rounds against the median")
TASTE = F64.column("taste", "1", "worth of a card to it against the average user")
PATIENCE_DAYS = F64.column("patience_days", "days", "days of full shortfall it bears")
RESERVATION_CNY = F64.column("reservation_cny", "CNY/card", "what it would pay for a card today")
REVENUE_PER_CALL = F64.column("revenue_per_call_cny", "CNY/card-month", "revenue per card kept busy by calls")
PLANNED_NEED = F64.column("planned_need_cards", "cards", "cards it plans to use before long")
DESIRED_NEED = F64.column("desired_need_cards", "cards", "cards it will want to use today")

# Status codes
UNBORN = 0
ALIVE = 1
FAILED = 2

CONTRACT_I64 = Block("contract_i64", np.int64)
CONTRACT = CONTRACT_I64.column("contract", "number", "contract number, 0 for an empty slot")
CLOUD = CONTRACT_I64.column("cloud", "row", "host")
CARDS = CONTRACT_I64.column("cards", "cards", "cards promised")
RENT_FEN = CONTRACT_I64.column("rent_fen", "fen/card-day", "rent")
FRACTION_BP = CONTRACT_I64.column("fraction_bp", "1e-4", "fraction of list at signing")
START_DAY = CONTRACT_I64.column("start_day", "day", "first day of service")
END_DAY = CONTRACT_I64.column("end_day", "day", "day on which it comes up for renewal")
TENDER = CONTRACT_I64.column("tender", "number", "tender it was won in, 0 for none")
KIND = CONTRACT_I64.column("kind", "code", "tender, regular or on demand")
SERVED_TODAY = CONTRACT_I64.column("served_today", "cards", "cards served today")
SERVED_CARD_DAYS = CONTRACT_I64.column("served_card_days", "card-days", "served since the start")
PROMISED_CARD_DAYS = CONTRACT_I64.column("promised_card_days", "card-days", "promised since the start")
SHORT_CARD_DAYS = CONTRACT_I64.column("short_card_days", "card-days", "shortfall that patience has to bear")
STOPPED_DAY = CONTRACT_I64.column("stopped_day", "day", "day on which it ended (log only)")
REASON = CONTRACT_I64.column("reason", "code", "why it ended (log only)")
STARTUP = CONTRACT_I64.column("startup", "row", "customer (log only)")
N_SLOTS = 2

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
