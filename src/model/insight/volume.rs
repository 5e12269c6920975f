//! What a profile looks like: nodes, shelves, cliffs, shape, naked POCs, TPO.
