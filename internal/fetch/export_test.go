package fetch

// AppendString is appendString.
func AppendString(s string) string { return string(appendString(nil, s)) }

// NewBody returns how a body is shown, and the line's member for it.
func NewBody(how, contentType, data string) string {
	return string(newBody(how, contentType, []byte(data)).append(nil))
}
