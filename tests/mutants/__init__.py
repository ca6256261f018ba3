"""Rules broken by hand, one at a time: each must make the tests named for it fail. Data in office.toml and phone.toml."""
