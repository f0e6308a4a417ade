package crawl

import "net/url"

// An origin is what may be told what the session authenticates by: a host with its port,
// and the scheme, for what http hides from nobody.
type origin struct{ scheme, host string }

func originOf(u *url.URL) origin { return origin{u.Scheme, withoutWWW(u.Host)} }

// settle makes the host of a seed one that the crawl is at home on, with and without www.
// One of http may be asked by https too; all other hosts are foreign.
func (c *crawl) settle(seed *url.URL) {
	at := originOf(seed)
	c.home[at] = true
	if at.scheme == "http" && seed.Port() == "" {
		c.home[origin{"https", at.host}] = true
	}
}
