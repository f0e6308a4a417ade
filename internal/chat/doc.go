// Package chat is a chat for people at terminals and browsers: rooms, names, and a
// history that a restart does not end, over package hub.
//
// The words:
//
//   - A person is a client of the hub that has a name. Each is in one room.
//   - An event is what people see: a message, somebody who comes or goes, a note.
//   - Said is what stays: messages have a number, and are in the history.
//
// Clients send lines of text: messages, and commands that begin with a slash. What they
// get are lines as well, or, for those who ask for the subprotocol [Protocol], events in
// JSON.
package chat
