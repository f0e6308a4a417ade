package crawl

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strings"
)

// The bounds of a name below the folder of bodies. With them it fits into what systems
// allow, with room for a folder that is deep itself.
const (
	maxName    = 180 // in all
	maxSegment = 60
	maxFolders = 12
)

// fileName is the file of a page, below the folder of bodies and with slashes: its host
// and its path.
//
// No two pages have the same, on no system, and none has a name that is the folder of
// another. What is simple stays as it is: lower case, no query, an extension. Where
// something is changed a ~ says so, which nothing simple has in it: a file without an
// extension gets ~ and the one of its type, a folder with a point in it gets ~, and what
// can't be a name on every system is cut to what can, and gets a checksum.
func fileName(u *url.URL, mediaType string) string {
	host := folder(u.Hostname())
	if u.Scheme != "https" || u.Port() != "" {
		host = strings.TrimSuffix(strings.TrimSuffix(host, "~")+"~"+u.Scheme+"~"+u.Port(), "~")
	}
	folders := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	last := folders[len(folders)-1]
	folders = folders[:len(folders)-1]
	name := host
	for _, segment := range folders {
		name += "/" + folder(segment)
	}
	name += "/" + leaf(u, last, extensions[mediaType])
	if len(name) > maxName || len(folders) > maxFolders {
		return host + "/~/" + tagged(last, u.String()) + extensions[mediaType]
	}
	return name
}

// folder is the name of a folder for a segment of a path that others are below, or for
// a host.
func folder(segment string) string {
	switch {
	case !plain(segment):
		return tagged(segment, segment)
	case strings.Contains(segment, "."):
		return segment + "~"
	}
	return segment
}

// leaf is the name of the file itself.
func leaf(u *url.URL, last, extension string) string {
	switch {
	case last == "" && u.RawQuery == "":
		return "~index" + extension
	case !plain(last) || u.RawQuery != "":
		return tagged(last, u.String()) + extension
	case strings.Contains(last, "."):
		return last
	}
	return last + "~" + extension
}

// simple is what is a name on every system, in one case.
var simple = regexp.MustCompile(`^[a-z0-9_][a-z0-9._-]*$`)

// device is what Windows takes for something else.
var device = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

func plain(segment string) bool {
	return len(segment) <= maxSegment && simple.MatchString(segment) && !strings.HasSuffix(segment, ".") && !device.MatchString(segment)
}

// tagged is what of a segment can be in a name, with the checksum of what it stands for.
func tagged(segment, whole string) string {
	slug := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(segment))
	if slug = strings.Trim(slug, "-"); len(slug) > 40 {
		slug = slug[:40]
	}
	sum := sha256.Sum256([]byte(whole))
	return slug + "~" + hex.EncodeToString(sum[:10])
}

// extensions are those of the types that pages mostly have.
var extensions = map[string]string{
	"text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "text/css": ".css", "text/csv": ".csv",
	"text/xml": ".xml", "application/xml": ".xml", "application/rss+xml": ".xml", "application/atom+xml": ".xml",
	"application/json": ".json", "application/ld+json": ".json", "application/javascript": ".js", "text/javascript": ".js",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/gzip": ".gz",
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg",
}
