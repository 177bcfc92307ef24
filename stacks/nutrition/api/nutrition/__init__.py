"""The AI nutrition restaurant: dishes, photos, questions, orders and payments."""
