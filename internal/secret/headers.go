package secret

// Headers returns the headers of a request without what is secret in them, as new ones.
func Headers(header map[string][]string) map[string][]string {
	shown := make(map[string][]string, len(header))
	for name, values := range header {
		for _, value := range values {
			shown[name] = append(shown[name], Header(name, value))
		}
	}
	return shown
}
