"""The credential types, one module each: claims model, table of claims, who may sign."""
