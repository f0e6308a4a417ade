// Package memnet is a network in memory: connections that are two buffered pipes,
// with deadlines as those of sockets, and a link that takes its time.
//
// Nothing in it runs by itself, and all time is that of the caller, so it works in a
// synctest bubble: who waits here is durably blocked, and a second of latency is a
// second of the bubble's clock.
package memnet
