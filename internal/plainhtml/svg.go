package plainhtml

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Drawings stand in most pages, and have rules of their own: names with capitals, tags
// that close themselves, prefixes of attributes. What is HTML in a drawing, or a style,
// is odd.

const svg = "svg"

// drawn are the elements of plain drawings, by their names in lower case.
var drawn = byLowerCase(`animate circle clipPath defs desc ellipse filter g image line linearGradient marker mask path pattern polygon polyline
	radialGradient rect set stop svg symbol text title tspan use`)

// drawnAttributes are the attributes of drawings that have capitals in their names, as
// the standard has them (HTML, 13.2.6.1, "adjust SVG attributes").
var drawnAttributes = byLowerCase(`attributeName attributeType baseFrequency baseProfile calcMode clipPathUnits diffuseConstant edgeMode filterUnits
	glyphRef gradientTransform gradientUnits kernelMatrix kernelUnitLength keyPoints keySplines keyTimes lengthAdjust limitingConeAngle
	markerHeight markerUnits markerWidth maskContentUnits maskUnits numOctaves pathLength patternContentUnits patternTransform patternUnits
	pointsAtX pointsAtY pointsAtZ preserveAlpha preserveAspectRatio primitiveUnits refX refY repeatCount repeatDur requiredExtensions
	requiredFeatures specularConstant specularExponent spreadMethod startOffset stdDeviation stitchTiles surfaceScale systemLanguage
	tableValues targetX targetY textLength viewBox viewTarget xChannelSelector yChannelSelector zoomAndPan`)

func byLowerCase(names string) map[string]string {
	all := make(map[string]string)
	for name := range strings.FieldsSeq(names) {
		all[strings.ToLower(name)] = name
	}
	return all
}

// inDrawing reports whether the element that is open is one of a drawing.
func (t *Tree) inDrawing() bool { return len(t.open) > 0 && t.top().Namespace != "" }

// draw opens an element of a drawing.
func (t *Tree) draw() bool {
	name, ok := drawn[t.r.Name]
	if !ok || t.inWords() || t.count[kindSelect] > 0 {
		return false
	}
	tag := t.r.Atom
	if name != t.r.Name {
		tag = atom.Lookup([]byte(name))
	}
	n := t.node()
	n.Type, n.DataAtom, n.Data, n.Namespace = html.ElementNode, tag, name, svg
	t.attributes(n, t.r.Attr)
	for i := range n.Attr {
		adjust(&n.Attr[i])
	}
	t.top().AppendChild(n)
	if t.r.Closed {
		return tag != atom.Title // whose text the reader takes for raw
	}
	t.open = append(t.open, n)
	return len(t.open) <= maxDepth
}

// inWords reports whether a title or a description is open. There may be HTML in them.
func (t *Tree) inWords() bool {
	return t.inDrawing() && (t.top().Data == "title" || t.top().Data == "desc")
}

// drawText adds text to a drawing.
func (t *Tree) drawText(text string) bool {
	return t.text(text) && (!t.inWords() || strings.IndexByte(text, '<') < 0) // it may be a tag, in a title
}

// drawEnd closes the element of a drawing that is open.
func (t *Tree) drawEnd() bool {
	if !strings.EqualFold(t.top().Data, t.r.Name) {
		return false
	}
	t.open = t.open[:len(t.open)-1]
	return true
}

// adjust gives an attribute of a drawing its name.
func adjust(a *html.Attribute) {
	if name, ok := drawnAttributes[a.Key]; ok {
		a.Key = name
	}
	switch a.Key {
	case "xlink:actuate", "xlink:arcrole", "xlink:href", "xlink:role", "xlink:show", "xlink:title", "xlink:type", "xml:lang", "xml:space", "xmlns:xlink":
		a.Namespace, a.Key, _ = strings.Cut(a.Key, ":")
	}
}
