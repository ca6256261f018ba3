"""The one door to SQL: keeps sealed bytes and the clear columns that reports need."""
