package session

import (
	"errors"
	"fmt"
	"strings"
)

// A netrcParser reads the words of a file line by line, because the one macro
// that there may be ends with an empty line.
type netrcParser struct {
	lines []string
	rest  string // of the line
	line  int
	netrc *Netrc
}

func (p *netrcParser) parse() error {
	word, ok, err := p.word()
	for ok && err == nil {
		switch word {
		case "machine":
			var host string
			if host, err = p.value(word); err != nil {
				return err
			}
			word, ok, err = p.entry(strings.ToLower(host))
		case "default":
			word, ok, err = p.entry("")
		case "macdef":
			if _, err = p.value(word); err != nil {
				return err
			}
			p.skipMacro()
			word, ok, err = p.word()
		default:
			return fmt.Errorf("%q: want machine, default or macdef", word)
		}
	}
	return err
}

// entry reads what stands for a host, "" for all others, and returns the word
// after it.
func (p *netrcParser) entry(host string) (word string, ok bool, err error) {
	var a Auth
	for {
		if word, ok, err = p.word(); err != nil {
			return "", false, err
		}
		into := new(string)
		switch {
		case ok && word == "login":
			into = &a.User
		case ok && word == "password":
			into = &a.Password
		case ok && word == "account":
		default:
			p.add(host, a)
			return word, ok, nil
		}
		if *into, err = p.value(word); err != nil {
			return "", false, err
		}
	}
}

func (p *netrcParser) add(host string, a Auth) {
	if host == "" {
		if p.netrc.other == nil {
			p.netrc.other = &a
		}
		return
	}
	if _, ok := p.netrc.machines[host]; !ok {
		p.netrc.machines[host] = a
	}
}

// value returns the word after another, which must be there.
func (p *netrcParser) value(of string) (string, error) {
	word, ok, err := p.word()
	if err == nil && !ok {
		err = fmt.Errorf("%s: want a value after it", of)
	}
	return word, err
}

// word returns the next word; ok is false at the end.
func (p *netrcParser) word() (word string, ok bool, err error) {
	for {
		p.rest = strings.TrimLeft(p.rest, " \t\r")
		if p.rest != "" && p.rest[0] != '#' {
			break
		}
		if p.line == len(p.lines) {
			return "", false, nil
		}
		p.rest = p.lines[p.line]
		p.line++
	}
	if p.rest[0] == '"' {
		return p.quoted()
	}
	end := strings.IndexAny(p.rest, " \t\r")
	if end < 0 {
		end = len(p.rest)
	}
	word, p.rest = p.rest[:end], p.rest[end:]
	return word, true, nil
}

// quoted reads a word in double quotes, in which a backslash is before a character
// that means itself.
func (p *netrcParser) quoted() (word string, ok bool, err error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			p.rest = p.rest[i+1:]
			return b.String(), true, nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false, errors.New(`a word in quotes has no end: want " after it on the same line`)
}

// skipMacro skips to the empty line that ends a macro.
func (p *netrcParser) skipMacro() {
	p.rest = ""
	for p.line < len(p.lines) {
		p.line++
		if strings.TrimSpace(p.lines[p.line-1]) == "" {
			return
		}
	}
}
