// Package robots reads robots.txt and says what it allows, by RFC 9309.
//
// The words:
//
//   - A product token is the name by which a crawler goes in these files: letters,
//     underscores and hyphens. It is compared without regard to case.
//   - A group is one or more user-agent lines and the rules that follow them. All
//     groups for a token count as one, and those for "*" are for who has none.
//   - The rule with the longest pattern decides; of two as long, the one that
//     allows. Where no rule matches, it is allowed.
//   - In a pattern * stands for any octets, and a $ at its end for the end.
//
// Patterns and URLs are compared in one spelling: what is not ASCII is percent-
// encoded, what needs no encoding is not, and hexadecimal digits are upper case.
//
// What people write instead is read as what they mean: a missing colon, usual
// misspellings of disallow, a token with a version behind it, any line ending, a
// byte order mark.
//
// A [File] is one such file, and a [Cache] fetches and keeps those of many hosts.
package robots
