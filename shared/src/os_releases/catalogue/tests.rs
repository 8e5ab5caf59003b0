//! Catalogues that are taken and refused.
