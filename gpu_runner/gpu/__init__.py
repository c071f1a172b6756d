"""The lane `gpu` from outside: which cards there are, who has one, what is used of it, and whether it is left clean."""
