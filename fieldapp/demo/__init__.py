"""The invented service, and the program that plays its families through intake."""
