"""Markets: one file per market, how decisions meet and settle. Only these files move the ledger."""
