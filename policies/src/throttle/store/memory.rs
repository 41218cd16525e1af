//! A common store in this process, for tests: the same rules as the scripts of the real one, in Rust.
