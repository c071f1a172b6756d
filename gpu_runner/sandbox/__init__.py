"""The untrusted side: how a learner's process is made, held and spoken to. Imports nothing of the trusted side."""
