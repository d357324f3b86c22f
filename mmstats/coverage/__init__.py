"""How often intervals hold the truth in small samples: simulation, its table, and what data are like."""
