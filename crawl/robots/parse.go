package robots

import (
	"iter"
	"strconv"
	"strings"
	"time"
)

// parser puts lines into groups.
type parser struct {
	file  *File
	all   []*group
	open  *group // that the next rule belongs to; nil before the first
	ruled bool   // whether it has one, so that a user-agent begins another
}

// line reads one line.
func (p *parser) line(line string) {
	key, value := split(line)
	switch directive(key) {
	case "user-agent":
		p.agent(value)
	case "allow", "disallow":
		p.ruled = true
		p.rule(value, directive(key) == "allow")
	case "crawl-delay":
		p.ruled = true
		p.delay(value)
	case "sitemap":
		if value != "" {
			p.file.sitemaps = append(p.file.sitemaps, value)
		}
	}
}

// agent says that a group is for one more product token. It is written down once, however
// many it is for: a file may name thousands of them, and thousands of rules.
func (p *parser) agent(value string) {
	if p.ruled || p.open == nil {
		p.open, p.ruled = &group{}, false
		p.all = append(p.all, p.open)
	}
	token := strings.ToLower(tokenOf(value))
	if everybody(value) {
		token = "*"
	}
	if token == "" {
		return
	}
	own := p.file.groups[token]
	if len(own) == 0 || own[len(own)-1] != p.open {
		p.file.groups[token] = append(own, p.open)
	}
}

// everybody reports whether a user-agent line is for all: a star, and nothing that
// would make it a name.
func everybody(value string) bool {
	rest, ok := strings.CutPrefix(value, "*")
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// rule adds a rule to the group that is open. An empty pattern is none: it neither
// forbids anything nor allows what is not allowed anyway.
func (p *parser) rule(pattern string, allow bool) {
	if pattern != "" && p.open != nil {
		p.open.rules = append(p.open.rules, rules(pattern, allow)...)
	}
}

// delay sets the pause between requests; of several the longest counts.
func (p *parser) delay(value string) {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil || !(seconds > 0) || p.open == nil {
		return
	}
	p.open.delay = max(p.open.delay, time.Duration(min(seconds, maxDelay.Seconds())*float64(time.Second)))
}

// directive is what a key means, with the misspellings that are seen often.
func directive(key string) string {
	switch key = strings.ToLower(key); key {
	case "user-agent", "useragent", "user agent":
		return "user-agent"
	case "disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw":
		return "disallow"
	case "sitemap", "site-map":
		return "sitemap"
	case "crawl-delay", "crawldelay":
		return "crawl-delay"
	}
	return key
}

// split takes a line apart. Where the colon is missing, a blank between two words
// stands for it.
func split(line string) (key, value string) {
	line = line[:min(len(line), maxLine)]
	line, _, _ = strings.Cut(line, "#")
	if key, value, ok := strings.Cut(line, ":"); ok {
		return strings.Trim(key, " \t"), strings.Trim(value, " \t")
	}
	if words := strings.Fields(line); len(words) == 2 {
		return words[0], words[1]
	}
	return "", ""
}

// lines are those of a text, whichever of the three endings they have.
func lines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			end := strings.IndexAny(text, "\r\n")
			if end < 0 {
				yield(text)
				return
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end+1:]
		}
	}
}

// trimMark takes off a byte order mark, or as much of one as is there.
func trimMark(text string) string {
	for _, octet := range []byte("\uFEFF") {
		if text == "" || text[0] != octet {
			break
		}
		text = text[1:]
	}
	return text
}
