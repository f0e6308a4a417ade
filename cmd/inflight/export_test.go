package main

// Main is main.
func Main() { main() }
