package draft

import "strings"

// option is what an option of curl does.
type option struct {
	arg    bool                        // it takes an argument
	do     func(p *parser, value word) // nil for nothing
	refuse string                      // why it can't be used; then do is nil
}

// What is said of options that have no effect here, or can't have.
const (
	opensFile = "it would open a file, which an input may not; write the content into the command"
	fromFlags = "no request says this for itself: give fetch its own flag, "
)

// ignored are options that change nothing of the request, or only what the flags of fetch
// say for all of them.
func ignored(arg bool) option { return option{arg: arg, do: nil} }

func refused(arg bool, why string) option { return option{arg: arg, refuse: why} }

func does(do func(p *parser, value word)) option { return option{arg: true, do: do} }

func flag(do func(p *parser)) option {
	return option{do: func(p *parser, _ word) { do(p) }}
}

// options are those of curl that are known, by their long names.
var options = map[string]option{
	"request":        does((*parser).method),
	"header":         does((*parser).header),
	"url":            does((*parser).url),
	"url-query":      does(func(p *parser, v word) { p.query = append(p.query, p.encoded(v)) }),
	"data":           does(func(p *parser, v word) { p.addData(v, true) }),
	"data-ascii":     does(func(p *parser, v word) { p.addData(v, true) }),
	"data-binary":    does(func(p *parser, v word) { p.addData(v, true) }),
	"data-raw":       does(func(p *parser, v word) { p.addData(v, false) }),
	"data-urlencode": does(func(p *parser, v word) { p.addData(word{p.encoded(v), v.at}, false) }),
	"json":           does((*parser).json),
	"form":           does(func(p *parser, v word) { p.addPart(v, true) }),
	"form-string":    does(func(p *parser, v word) { p.addPart(v, false) }),
	"get":            flag(func(p *parser) { p.get = true }),
	"head":           flag(func(p *parser) { p.head = true }),
	"user":           does((*parser).user),
	"oauth2-bearer":  does(func(p *parser, v word) { p.req.add("Authorization", "Bearer "+v.text, v.at) }),
	"cookie":         does((*parser).cookie),
	"user-agent":     does(func(p *parser, v word) { p.late = append(p.late, Field{"User-Agent", Text{v.text, v.at}}) }),
	"referer":        does((*parser).referer),
	"range":          does(func(p *parser, v word) { p.late = append(p.late, Field{"Range", Text{"bytes=" + v.text, v.at}}) }),
	"compressed":     flag(func(p *parser) { p.compressed = true }),
	"globoff":        flag(func(p *parser) { p.noGlob = true }),
	"basic":          flag(func(*parser) {}),
	"location":       flag(func(*parser) {}), // as always

	"insecure": ignored(false), "silent": ignored(false), "show-error": ignored(false), "verbose": ignored(false),
	"include": ignored(false), "fail": ignored(false), "fail-with-body": ignored(false), "fail-early": ignored(false),
	"no-buffer": ignored(false), "progress-bar": ignored(false), "no-progress-meter": ignored(false), "tcp-nodelay": ignored(false),
	"tcp-fastopen": ignored(false), "keepalive": ignored(false), "no-keepalive": ignored(false), "path-as-is": ignored(false),
	"http1.0": ignored(false), "http1.1": ignored(false), "http2": ignored(false), "http2-prior-knowledge": ignored(false), "http3": ignored(false),
	"ipv4": ignored(false), "ipv6": ignored(false), "tlsv1": ignored(false), "tlsv1.2": ignored(false), "tlsv1.3": ignored(false),
	"location-trusted": ignored(false), "parallel": ignored(false), "remote-name": ignored(false), "remote-header-name": ignored(false),
	"output": ignored(true), "write-out": ignored(true), "dump-header": ignored(true), "stderr": ignored(true),
	"max-time": ignored(true), "connect-timeout": ignored(true), "max-redirs": ignored(true), "limit-rate": ignored(true),
	"retry": ignored(true), "retry-delay": ignored(true), "retry-max-time": ignored(true), "retry-all-errors": ignored(false),
	"retry-connrefused": ignored(false), "speed-limit": ignored(true), "speed-time": ignored(true), "keepalive-time": ignored(true),
	"cookie-jar": ignored(true), "trace": ignored(true), "trace-ascii": ignored(true), "tls-max": ignored(true), "max-filesize": ignored(true),
	"ssl-no-revoke": ignored(false), "create-dirs": ignored(false), "no-clobber": ignored(false), "disable": ignored(false),

	"upload-file": refused(true, opensFile), "config": refused(true, opensFile), "netrc-file": refused(true, opensFile),
	"proxy": refused(true, fromFlags+"--proxy"), "socks5": refused(true, fromFlags+"--proxy"), "socks5-hostname": refused(true, fromFlags+"--proxy"),
	"proxy-user": refused(true, fromFlags+"--proxy"), "cert": refused(true, fromFlags+"--cert"), "key": refused(true, fromFlags+"--cert-key"),
	"cacert": refused(true, fromFlags+"--cacert"), "capath": refused(true, fromFlags+"--cacert"), "resolve": refused(true, fromFlags+"--resolve"),
	"connect-to": refused(true, fromFlags+"--resolve"), "unix-socket": refused(true, fromFlags+"--unix-socket"), "netrc": refused(false, fromFlags+"--netrc"),
	"next":   refused(false, "it begins a second request; write a command of its own for it"),
	"digest": refused(false, "only basic and bearer authentication are known"), "ntlm": refused(false, "only basic and bearer authentication are known"),
	"negotiate": refused(false, "only basic and bearer authentication are known"), "anyauth": refused(false, "only basic and bearer authentication are known"),
}

// short are the options with one letter.
var short = map[byte]string{
	'X': "request", 'H': "header", 'd': "data", 'F': "form", 'G': "get", 'I': "head", 'u': "user", 'b': "cookie", 'A': "user-agent",
	'e': "referer", 'r': "range", 'g': "globoff", 'L': "location", 'k': "insecure", 's': "silent", 'S': "show-error", 'v': "verbose",
	'i': "include", 'f': "fail", 'N': "no-buffer", '#': "progress-bar", '0': "http1.0", '4': "ipv4", '6': "ipv6", '1': "tlsv1",
	'Z': "parallel", 'O': "remote-name", 'J': "remote-header-name", 'o': "output", 'w': "write-out", 'D': "dump-header", 'm': "max-time",
	'c': "cookie-jar", 'Y': "speed-limit", 'y': "speed-time", 'q': "disable", 'T': "upload-file", 'K': "config", 'x': "proxy",
	'U': "proxy-user", 'E': "cert", 'n': "netrc", ':': "next",
}

// optionNames are what an unknown option is compared with.
func optionNames() []string {
	names := make([]string, 0, len(options))
	for name := range options {
		names = append(names, name)
	}
	return names
}

// lookOption finds an option by its long name. One that is switched off, such as
// --no-compressed, is as if it were not there.
func lookOption(name string) (option, bool) {
	if o, ok := options[name]; ok {
		return o, true
	}
	o, ok := options[strings.TrimPrefix(name, "no-")]
	return option{}, ok && !o.arg && strings.HasPrefix(name, "no-")
}
