"""From what papers print to what effect measures need, with a record of every conversion."""
