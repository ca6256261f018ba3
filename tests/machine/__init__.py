"""A machine that does to a real office what phones, desks and operators may do, in any order and at once, and asks an oracle after each step."""
