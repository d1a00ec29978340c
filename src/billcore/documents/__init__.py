"""Files for people and their programs, made from records; each function returns bytes and writes nothing."""
