//! A function whose author forgot to register it.
extern crate suborbital;
