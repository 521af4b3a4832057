"""A template and a class list to try with. The people in it do not exist."""
