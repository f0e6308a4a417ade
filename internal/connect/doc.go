// Package connect makes of flags the session that a command sends its requests by: how
// long and how fast, what is tried again, TLS and proxies, who is asking. Its options
// are in the words of the flags, and so are its errors.
package connect
