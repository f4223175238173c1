//! The wire: frames, versions, and the client that window, command line and hooks use.
//! It never knows how a command is carried out.

pub mod wire;
