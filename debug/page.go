package debug

import _ "embed"

// The page has no parts from elsewhere and needs no build.
var (
	//go:embed page.html
	pageMarkup string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)
