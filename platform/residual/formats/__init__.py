"""How each language writes a day: `{{ day|date:"DAY_MONTH" }}`. Every language has every name."""
