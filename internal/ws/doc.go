// Package ws is the WebSocket protocol of a server, RFC 6455, with compression by
// RFC 7692, as functions of bytes: nothing in it reads, writes, waits or starts
// anything.
//
// The words:
//
//   - A frame is a header and a payload. A message is the payload of one data frame,
//     or of several, its fragments.
//   - Control frames are ping, pong and close. They stand between fragments, too.
//   - To fail a connection is to end it by a close frame whose code says why.
package ws
