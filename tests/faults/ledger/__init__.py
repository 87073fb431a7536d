"""An app of the tests: subscribers that write down what they heard, in every process."""

LIGHT, HEAVY = "light-ledger", "heavy-ledger"
