//! Reads the SOFA feed of the Mac Admins Open Source project.
