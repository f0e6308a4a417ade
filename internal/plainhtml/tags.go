package plainhtml

import (
	"cmp"
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// start takes a start tag.
func (b *builder) start() bool {
	tag := b.r.Atom
	if b.place == atStart {
		b.place = inHTML
		if tag == atom.Html {
			return b.push()
		}
		b.implied(atom.Html)
	}
	if b.place == inHTML {
		b.place = inHead
		if tag == atom.Head {
			return b.push()
		}
		b.implied(atom.Head)
	}
	if b.place == inHead {
		switch tag {
		case atom.Base, atom.Link, atom.Meta:
			return b.void()
		case atom.Noscript, atom.Script, atom.Title, atom.Style:
			return b.push()
		case atom.Basefont, atom.Bgsound, atom.Noframes, atom.Template, atom.Head, atom.Html:
			return false
		}
		b.pop()
		b.place = behindHead
	}
	if b.place == behindHead {
		b.place = inBody
		switch tag {
		case atom.Body:
			return b.push()
		case atom.Base, atom.Link, atom.Meta, atom.Noscript, atom.Script, atom.Title, atom.Style:
			return false // it belongs to the head
		}
		b.implied(atom.Body)
	}
	return b.place == inBody && b.startInBody(tag)
}

// void takes an element that has nothing in it.
func (b *builder) void() bool {
	ok := b.push()
	b.pop()
	return ok
}

func (b *builder) startInBody(tag atom.Atom) bool {
	switch b.tag() {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
		return b.startInTable(tag)
	}
	switch tag {
	case atom.A:
		return b.count[kindA] == 0 && b.formatting()
	case atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U:
		return b.formatting()
	case atom.Li, atom.Dd, atom.Dt:
		return b.startItem(tag)
	case atom.Area, atom.Br, atom.Embed, atom.Img, atom.Wbr, atom.Param, atom.Source, atom.Track, atom.Base, atom.Link, atom.Meta:
		return b.void()
	case atom.Input:
		return b.count[kindSelect] == 0 && b.void()
	case atom.Hr:
		return b.count[kindSelect] == 0 && b.leaveP() && b.void()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return b.leaveP() && !isHeading(b.tag()) && b.push()
	case atom.Form:
		return b.count[kindForm] == 0 && b.leaveP() && b.push()
	case atom.Button, atom.Select:
		return b.count[kindOf(tag)] == 0 && b.push()
	case atom.Option:
		return b.startOption()
	case atom.Table:
		return b.count[kindP] == 0 && b.push()
	}
	switch {
	case isBlock(tag):
		return b.leaveP() && b.push()
	case isOdd(tag):
		return false
	}
	return b.push()
}

// leaveP closes a paragraph, which a block ends.
func (b *builder) leaveP() bool {
	if b.count[kindP] > 0 && b.tag() == atom.P {
		b.pop()
	}
	return b.count[kindP] == 0
}

// formatting opens an element whose attributes package html sorts.
func (b *builder) formatting() bool {
	ok := b.push()
	if attrs := b.top().Attr; len(attrs) > 1 {
		slices.SortFunc(attrs, func(x, y html.Attribute) int { return cmp.Compare(x.Key, y.Key) })
	}
	return ok
}

// startItem opens an item of a list, which ends the one before.
func (b *builder) startItem(tag atom.Atom) bool {
	kind := kindOf(tag)
	if kindOf(b.tag()) == kind {
		b.pop()
	}
	switch b.tag() {
	case atom.Ul, atom.Ol, atom.Menu, atom.Dl, atom.Dir:
	default:
		if b.count[kind] > 0 {
			return false
		}
	}
	return b.leaveP() && b.push()
}

// startOption opens an option, which ends the one before.
func (b *builder) startOption() bool {
	if b.tag() == atom.Option {
		b.pop()
	}
	return b.tag() == atom.Select && b.push()
}

// startInTable takes a tag where there may be no text.
func (b *builder) startInTable(tag atom.Atom) bool {
	at := b.tag()
	switch tag {
	case atom.Tbody, atom.Thead, atom.Tfoot:
		return at == atom.Table && b.push()
	case atom.Tr:
		if at == atom.Table {
			b.implied(atom.Tbody)
		}
		return at != atom.Tr && b.push()
	case atom.Td, atom.Th:
		return at == atom.Tr && b.push()
	case atom.Script, atom.Style:
		return b.push()
	}
	return false
}

// end takes an end tag.
func (b *builder) end() bool {
	tag := b.r.Atom
	switch {
	case len(b.open) == 0:
		return false
	case b.place == behindBody:
		b.place = behindHTML
		return tag == atom.Html
	case b.place == inHead && tag == atom.Head && b.tag() == tag:
		b.place = behindHead
		b.pop()
		return true
	case b.place == inHead:
		return isRaw(tag) && b.leave(tag)
	case b.place != inBody:
		return false
	case tag == atom.Body:
		b.place = behindBody
		return b.tag() == tag
	case tag == atom.Table && b.tag() == atom.Tbody:
		b.pop()
	case endsItems(tag):
		for b.tag() != tag && isImplied(b.tag()) {
			b.pop()
		}
	}
	return tag != atom.Html && b.leave(tag)
}

// leave closes the element that is open, which has to be the one that was named.
func (b *builder) leave(tag atom.Atom) bool {
	if b.tag() != tag || b.top().Data != b.r.Name {
		return false
	}
	b.pop()
	return true
}

// isImplied reports whether an element may be left without an end tag.
func isImplied(tag atom.Atom) bool {
	switch tag {
	case atom.Dd, atom.Dt, atom.Li, atom.Option, atom.P:
		return true
	}
	return false
}

// endsItems reports whether the end of an element ends those in it that have no end tag.
func endsItems(tag atom.Atom) bool {
	switch tag {
	case atom.Li, atom.Dd, atom.Dt, atom.Td, atom.Th, atom.Button, atom.Select, atom.Form:
		return true
	}
	return tag != atom.P && isBlock(tag) || isHeading(tag)
}

func isHeading(tag atom.Atom) bool {
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

// isBlock reports whether an element ends a paragraph before it.
func isBlock(tag atom.Atom) bool {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Center, atom.Details, atom.Dialog, atom.Dir, atom.Div,
		atom.Dl, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Header, atom.Hgroup, atom.Main, atom.Menu,
		atom.Nav, atom.Ol, atom.P, atom.Pre, atom.Listing, atom.Search, atom.Section, atom.Summary, atom.Ul:
		return true
	}
	return false
}

// isOdd reports whether an element is one that there are rules of its own for.
func isOdd(tag atom.Atom) bool {
	switch tag {
	case atom.Applet, atom.Basefont, atom.Bgsound, atom.Body, atom.Caption, atom.Col, atom.Colgroup, atom.Frame, atom.Frameset,
		atom.Head, atom.Html, atom.Image, atom.Keygen, atom.Marquee, atom.Math, atom.Nobr, atom.Noembed, atom.Noframes,
		atom.Object, atom.Optgroup, atom.Plaintext, atom.Rb, atom.Rp, atom.Rt, atom.Rtc, atom.Svg, atom.Tbody, atom.Td,
		atom.Template, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Xmp:
		return true
	}
	return false
}
