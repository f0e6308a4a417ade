package explore

// Shrink and Normalize let the tests in.
var Shrink = shrink

// Normalize reads a seed and writes it again.
func Normalize(text string) (string, error) {
	s, err := parseSeed(text)
	if err != nil {
		return "", err
	}
	return s.String(), nil
}
