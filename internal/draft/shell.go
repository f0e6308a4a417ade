package draft

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Command takes a command line as a shell would, line by line, and executes nothing of
// it. Its zero value is ready.
type Command struct {
	words  []word
	text   strings.Builder // of the word that has begun
	begun  int             // where, if inWord
	inWord bool
	quote  byte // that is open: ' or ", $ for $'…', or 0
	opened int  // where
	fault  *Fault
}

// word is a word of the command, without its quotes, and where it begins.
type word struct {
	text string
	at   int
}

// Reset makes the Command ready for another command line.
func (c *Command) Reset() {
	*c = Command{words: c.words[:0]}
}

// Line takes the next line, without its newline, which begins at the offset at. It tells
// whether the command goes on in the line after it: because of a quote that is open, or
// of a backslash at the end.
func (c *Command) Line(line []byte, at int) (more bool) {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	for i := 0; i < len(line); {
		switch {
		case c.quote == '\'':
			i += c.single(line[i:])
		case c.quote == '"':
			i += c.double(line, i, at)
		case c.quote == '$':
			i += c.escaped(line, i)
		case line[i] == '\\' && i+1 == len(line):
			return true
		case line[i] == '#' && !c.inWord:
			i = len(line)
		default:
			i += c.plain(line, i, at)
		}
	}
	if c.quote != 0 {
		if !c.continued(line) {
			c.text.WriteByte('\n')
		}
		return true
	}
	c.end()
	return false
}

// Open says what is open after the last line that there is, and where it began.
func (c *Command) Open() (at int, reason string) {
	if c.quote == 0 {
		return -1, "a backslash at the end, and no line after it"
	}
	return c.opened, "a quote that is never closed"
}

// continued tells whether a backslash at the end of a line takes the newline away, as it
// does between double quotes.
func (c *Command) continued(line []byte) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return c.quote == '"' && n%2 == 1
}

func (c *Command) end() {
	if c.inWord {
		c.words = append(c.words, word{c.text.String(), c.begun})
		c.text.Reset()
		c.inWord = false
	}
}

func (c *Command) refuse(at int, reason string) {
	if c.fault == nil {
		c.fault = &Fault{at, reason}
	}
}

// begin begins a word at the offset, or goes on with it.
func (c *Command) begin(at int) {
	if !c.inWord {
		c.inWord, c.begun = true, at
	}
}

// plain takes what stands outside of quotes, and returns how many bytes that were.
func (c *Command) plain(line []byte, i, at int) int {
	switch b := line[i]; b {
	case ' ', '\t':
		c.end()
		return 1
	case ';', '&':
		c.end()
		if rest := strings.TrimLeft(string(line[i+1:]), " \t;&"); rest != "" && rest[0] != '#' {
			c.refuse(at+i, "a "+string(b)+" outside of quotes ends the command; quote what it is in")
		}
		return 1
	case '|', '<', '>', '(', ')', '`':
		c.refuse(at+i, "a "+string(b)+" outside of quotes; nothing is executed here: leave one command of curl")
		return 1
	case '\'', '"':
		c.begin(at + i)
		c.quote, c.opened = b, at+i
		return 1
	case '\\':
		c.begin(at + i)
		_, size := utf8.DecodeRune(line[i+1:])
		c.text.Write(line[i+1 : i+1+size])
		return 1 + size
	case '^':
		if i+1 < len(line) && strings.IndexByte(`"^&|<>`, line[i+1]) >= 0 || i+1 == len(line) {
			c.refuse(at+i, "^ quotes for cmd.exe; copy the command for bash instead")
		}
	case '$':
		c.begin(at + i)
		if i+1 < len(line) && (line[i+1] == '\'' || line[i+1] == '"') {
			if c.quote, c.opened = line[i+1], at+i; c.quote == '\'' {
				c.quote = '$'
			}
			return 2
		}
		c.variable(line, i, at)
	}
	c.begin(at + i)
	c.text.WriteByte(line[i])
	return 1
}

// variable refuses a $ that a shell would put something in the place of.
func (c *Command) variable(line []byte, i, at int) {
	if i+1 == len(line) {
		return
	}
	if b := line[i+1]; b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte("_{(0123456789@*#?!", b) >= 0 {
		c.refuse(at+i, "a shell would put something in the place of this $; nothing is looked up or executed here: write it out, or quote it by '…'")
	}
}

func (c *Command) single(rest []byte) int {
	i := bytes.IndexByte(rest, '\'')
	if i < 0 {
		c.text.Write(rest)
		return len(rest)
	}
	c.text.Write(rest[:i])
	c.quote = 0
	return i + 1
}

func (c *Command) double(line []byte, i, at int) int {
	switch b := line[i]; b {
	case '"':
		c.quote = 0
		return 1
	case '\\':
		if i+1 == len(line) {
			return 1 // and the newline goes too
		}
		if strings.IndexByte("$`\"\\", line[i+1]) < 0 {
			c.text.WriteByte(b)
		}
		c.text.WriteByte(line[i+1])
		return 2
	case '`':
		c.refuse(at+i, "a ` between double quotes; nothing is executed here: quote it by '…'")
	case '$':
		c.variable(line, i, at)
	}
	c.text.WriteByte(line[i])
	return 1
}

// escapes are those of $'…' that stand for one byte.
var escapes = map[byte]byte{
	'a': 7, 'b': 8, 'e': 27, 'E': 27, 'f': 12, 'n': '\n', 'r': '\r', 't': '\t', 'v': 11, '\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// escaped takes one character of $'…'.
func (c *Command) escaped(line []byte, i int) int {
	switch {
	case line[i] == '\'':
		c.quote = 0
		return 1
	case line[i] != '\\' || i+1 == len(line):
		c.text.WriteByte(line[i])
		return 1
	}
	b := line[i+1]
	if plain, ok := escapes[b]; ok {
		c.text.WriteByte(plain)
		return 2
	}
	digits, base, most := line[i+2:], rune(16), 0
	switch b {
	case 'x':
		most = 2
	case 'u':
		most = 4
	case 'U':
		most = 8
	case '0', '1', '2', '3', '4', '5', '6', '7':
		digits, base, most = line[i+1:], 8, 3
	}
	n, value := 0, rune(0)
	for n < min(most, len(digits)) && digit(digits[n]) < base {
		value = value*base + digit(digits[n])
		n++
	}
	switch {
	case n == 0:
		c.text.Write(line[i : i+2])
		return 2
	case b == 'u' && utf16.IsSurrogate(value) && n == 4:
		return c.surrogate(line[i:], value)
	case b == 'u' || b == 'U':
		c.text.WriteRune(value)
		return 2 + n
	case base == 8:
		c.text.WriteByte(byte(value))
		return 1 + n
	}
	c.text.WriteByte(byte(value))
	return 2 + n
}

// surrogate takes the first half of a character, as browsers write it, and the second.
func (c *Command) surrogate(rest []byte, first rune) int {
	second := rune(0)
	if len(rest) >= 12 && rest[6] == '\\' && rest[7] == 'u' {
		for _, b := range rest[8:12] {
			second = second<<4 + digit(b)
		}
	}
	whole := utf16.DecodeRune(first, second)
	c.text.WriteRune(whole)
	if whole == utf8.RuneError {
		return 6
	}
	return 12
}

// digit is the value of a hexadecimal digit; of what is none it is 16.
func digit(b byte) rune {
	if i := strings.IndexByte("0123456789abcdef", b|0x20); i >= 0 && b >= '0' {
		return rune(i)
	}
	return 16
}
