package secret

import (
	"slices"
	"strings"
)

// flags are those whose values may be secret, or have something secret in them, and
// shorthands those of one letter.
var (
	flags      = []string{"bearer", "user", "ui-token", "cookie", "query", "form", "multipart", "header", "proxy", "post", "data", "json"}
	shorthands = map[byte]string{'H': "header", 'd': "data"}
)

// Flag returns the value of a flag without what is secret in it. Where a secret is to be
// found (env:VAR, file:PATH, cmd:COMMAND) is none.
func Flag(name, value string) string {
	kind, _, found := strings.Cut(value, ":")
	elsewhere := found && (kind == "env" || kind == "file" || kind == "cmd")
	switch name {
	case "bearer", "ui-token":
		if !elsewhere && value != "" {
			return Redacted
		}
	case "user":
		if !elsewhere && value != "" {
			return kind + ":" + Redacted
		}
	case "cookie":
		if before, _, found := strings.Cut(value, "="); found {
			return before + "=" + Redacted
		}
		return Redacted
	case "query", "form", "multipart":
		before, after, found := strings.Cut(value, "=")
		if found {
			return before + "=" + Header(before, after)
		}
	case "header":
		before, after, found := strings.Cut(value, ":")
		if !found {
			return Redacted
		}
		return before + ": " + Header(before, strings.TrimSpace(after))
	case "proxy":
		if !strings.Contains(value, "://") && strings.Contains(value, "@") {
			return Redacted + value[strings.LastIndexByte(value, '@'):]
		}
		return URL(value)
	case "post":
		return URL(value)
	case "data", "json":
		return Body(value)
	}
	return value
}

// Args returns the words of a command line without what is secret in them.
func Args(args []string) []string {
	safe := slices.Clone(args)
	var hidden []string // secrets that may stand in other words too
	for i := 0; i < len(safe); i++ {
		word := safe[i]
		name, value, joined := strings.Cut(word, "=")
		long, isLong := strings.CutPrefix(name, "--")
		short := len(word) > 1 && word[0] == '-' && !isLong && shorthands[word[1]] != ""
		switch {
		case isLong && joined && slices.Contains(flags, long):
			safe[i] = name + "=" + Flag(long, value)
			hidden = append(hidden, whole(long, value)...)
		case isLong && !joined && slices.Contains(flags, long) && i+1 < len(safe):
			i++
			hidden = append(hidden, whole(long, safe[i])...)
			safe[i] = Flag(long, safe[i])
		case short && len(word) > 2:
			safe[i] = word[:2] + Flag(shorthands[word[1]], strings.TrimPrefix(word[2:], "="))
		case short && i+1 < len(safe):
			i++
			safe[i] = Flag(shorthands[word[1]], safe[i])
		case strings.Contains(word, "://"):
			safe[i] = URL(word)
		}
	}
	if len(hidden) == 0 {
		return safe
	}
	for i, word := range safe {
		safe[i] = strings.NewReplacer(hidden...).Replace(word)
	}
	return safe
}

// whole is the secret that a flag is, for a Replacer; nothing where it is too short to be
// looked for.
func whole(flag, value string) []string {
	if flag == "user" {
		_, value, _ = strings.Cut(value, ":")
	}
	if flag != "user" && flag != "bearer" || len(value) < Shortest || Flag(flag, value) == value {
		return nil
	}
	return []string{value, Redacted}
}
