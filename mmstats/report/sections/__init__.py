"""One file per section that a template asks for: saved results in, blocks of text, tables and figures out."""
