//! Worked answers, and the traps in the data.
