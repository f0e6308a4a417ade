package plainhtml

import (
	"cmp"
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// start takes a start tag.
func (t *Tree) start() bool {
	if t.inDrawing() {
		return t.draw()
	}
	tag := t.r.Atom
	if t.place == atStart {
		t.place = inHTML
		if tag == atom.Html {
			return t.push()
		}
		t.implied(atom.Html)
	}
	if t.place == inHTML {
		t.place = inHead
		if tag == atom.Head {
			return t.push()
		}
		t.implied(atom.Head)
	}
	if t.place == inHead {
		switch tag {
		case atom.Base, atom.Link, atom.Meta:
			return t.void()
		case atom.Noscript, atom.Script, atom.Title, atom.Style:
			return t.push()
		case atom.Basefont, atom.Bgsound, atom.Noframes, atom.Template, atom.Head, atom.Html:
			return false
		}
		t.pop()
		t.place = behindHead
	}
	if t.place == behindHead {
		t.place = inBody
		switch tag {
		case atom.Body:
			return t.push()
		case atom.Base, atom.Link, atom.Meta, atom.Noscript, atom.Script, atom.Title, atom.Style:
			return false // it belongs to the head
		}
		t.implied(atom.Body)
	}
	return t.place == inBody && t.startInBody(tag)
}

// void takes an element that has nothing in it.
func (t *Tree) void() bool {
	ok := t.push()
	t.pop()
	return ok
}

func (t *Tree) startInBody(tag atom.Atom) bool {
	switch t.tag() {
	case atom.Table, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
		return t.startInTable(tag)
	}
	switch tag {
	case atom.A:
		return t.count[kindA] == 0 && t.formatting()
	case atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.S, atom.Small, atom.Strike, atom.Strong, atom.Tt, atom.U:
		return t.formatting()
	case atom.Li, atom.Dd, atom.Dt:
		return t.startItem(tag)
	case atom.Area, atom.Br, atom.Embed, atom.Img, atom.Wbr, atom.Param, atom.Source, atom.Track, atom.Base, atom.Link, atom.Meta:
		return t.void()
	case atom.Input:
		return t.count[kindSelect] == 0 && t.void()
	case atom.Hr:
		return t.count[kindSelect] == 0 && t.leaveP() && t.void()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return t.leaveP() && !isHeading(t.tag()) && t.push()
	case atom.Form:
		return t.count[kindForm] == 0 && t.leaveP() && t.push()
	case atom.Button, atom.Select:
		return t.count[kindOf(tag)] == 0 && t.push()
	case atom.Option:
		return t.startOption()
	case atom.Table:
		return t.count[kindP] == 0 && t.push()
	case atom.Svg:
		return t.draw()
	}
	switch {
	case isBlock(tag):
		return t.leaveP() && t.push()
	case isOdd(tag):
		return false
	}
	return t.push()
}

// leaveP closes a paragraph, which a block ends.
func (t *Tree) leaveP() bool {
	if t.count[kindP] > 0 && t.tag() == atom.P {
		t.pop()
	}
	return t.count[kindP] == 0
}

// formatting opens an element whose attributes package html sorts.
func (t *Tree) formatting() bool {
	ok := t.push()
	if attrs := t.top().Attr; len(attrs) > 1 {
		slices.SortFunc(attrs, func(x, y html.Attribute) int { return cmp.Compare(x.Key, y.Key) })
	}
	return ok
}

// startItem opens an item of a list, which ends the one before.
func (t *Tree) startItem(tag atom.Atom) bool {
	kind := kindOf(tag)
	if kindOf(t.tag()) == kind {
		t.pop()
	}
	switch t.tag() {
	case atom.Ul, atom.Ol, atom.Menu, atom.Dl, atom.Dir:
	default:
		if t.count[kind] > 0 {
			return false
		}
	}
	return t.leaveP() && t.push()
}

// startOption opens an option, which ends the one before.
func (t *Tree) startOption() bool {
	if t.tag() == atom.Option {
		t.pop()
	}
	return t.tag() == atom.Select && t.push()
}

// startInTable takes a tag where there may be no text.
func (t *Tree) startInTable(tag atom.Atom) bool {
	at := t.tag()
	switch tag {
	case atom.Tbody, atom.Thead, atom.Tfoot:
		return at == atom.Table && t.push()
	case atom.Tr:
		if at == atom.Table {
			t.implied(atom.Tbody)
		}
		return at != atom.Tr && t.push()
	case atom.Td, atom.Th:
		return at == atom.Tr && t.push()
	case atom.Script, atom.Style:
		return t.push()
	}
	return false
}

// end takes an end tag.
func (t *Tree) end() bool {
	tag := t.r.Atom
	switch {
	case len(t.open) == 0:
		return false
	case t.inDrawing():
		return t.drawEnd()
	case t.place == behindBody:
		t.place = behindHTML
		return tag == atom.Html
	case t.place == inHead && tag == atom.Head && t.tag() == tag:
		t.place = behindHead
		t.pop()
		return true
	case t.place == inHead:
		return isRaw(tag) && t.leave(tag)
	case t.place != inBody:
		return false
	case tag == atom.Body:
		t.place = behindBody
		return t.tag() == tag
	case tag == atom.Table && t.tag() == atom.Tbody:
		t.pop()
	case endsItems(tag):
		for t.tag() != tag && isImplied(t.tag()) {
			t.pop()
		}
	}
	return tag != atom.Html && t.leave(tag)
}

// leave closes the element that is open, which has to be the one that was named.
func (t *Tree) leave(tag atom.Atom) bool {
	if t.tag() != tag || t.top().Data != t.r.Name {
		return false
	}
	t.pop()
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
		atom.Object, atom.Optgroup, atom.Plaintext, atom.Rb, atom.Rp, atom.Rt, atom.Rtc, atom.Tbody, atom.Td,
		atom.Template, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Xmp:
		return true
	}
	return false
}
