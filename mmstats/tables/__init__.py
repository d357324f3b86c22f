"""Tables: one value for a table, one file per way of printing it, one file per table function."""
