// Package hub is broadcast to many connections, over WebSocket and over TCP with
// lines of text: what a chat, a ticker or a dashboard is made of.
//
// The words:
//
//   - A client is a connection that the hub keeps, and its handler the function that
//     runs for it, in a task of its own. When the handler returns the client goes.
//   - A message is text or bytes. Over TCP it is a line.
//   - A room is the clients that have joined it. The hub itself is the room of all.
//   - The queue of a client holds what its connection does not take at once. A slow
//     client is one whose queue is full.
//   - A delivery is one message for one client.
//
// # Promises
//
// All clients get the messages of all senders in one and the same order. What a client
// has joined before a message was sent, it gets that message of; no delivery is lost
// but by a policy, a limit or the end of the connection, and each that is lost is
// counted. Nobody waits for a slow client, unless the policy is [Block], and a handler
// that panics costs its own client alone.
//
// A message is made into a frame once, however many get it. Deliveries that come
// together leave in one write.
package hub
