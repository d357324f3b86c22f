"""Mixed models: linear, generalised and ordinal; arrays in, arrays out."""
