"""The proof of durable runs: counted effects, kills, and a judge who knows what a kill may and may not do."""
