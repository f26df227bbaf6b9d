"""The World: column blocks of each population, order book, accounts and ledger, names of luck."""
