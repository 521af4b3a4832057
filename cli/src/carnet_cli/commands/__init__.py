"""One module for each role: arguments, one facade call, printing."""
