"""Pages of spaced review. Every one is a learner's own: anybody else's card or answer is not found."""
