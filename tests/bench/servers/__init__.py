"""The offices behind the floor and the rivals."""
