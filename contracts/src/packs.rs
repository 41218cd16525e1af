//! What a pack says about one kind of system, and whether it makes sense.
