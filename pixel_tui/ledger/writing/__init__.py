"""Changes the ledger, safely against concurrent writers."""
