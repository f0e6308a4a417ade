package lane

import "net/textproto"

// inName are the bytes of the names of fields and methods that are taken for plain.
var inName = func() (t [256]bool) {
	for c := range t {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
	}
	return t
}()

func isName[S []byte | string](s S) bool {
	for i := range len(s) {
		if !inName[s[i]] {
			return false
		}
	}
	return len(s) > 0
}

// canonical is textproto.CanonicalMIMEHeaderKey for what is a name, in less time where
// nothing has to be changed.
func canonical(name string) string {
	upper := true
	for i := range len(name) {
		c := name[i]
		if upper && 'a' <= c && c <= 'z' || !upper && 'A' <= c && c <= 'Z' {
			return textproto.CanonicalMIMEHeaderKey(name)
		}
		upper = c == '-'
	}
	return name
}

// isNoValue reports whether something can't be the value of a field.
func isNoValue[S []byte | string](s S) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}
