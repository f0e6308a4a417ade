package debug

// A Panel is what a program adds to the page about itself. All of it is shown as it
// is; nothing is markup.
type Panel struct {
	Title  string  `json:"title"`
	Cards  []Card  `json:"cards,omitempty"`
	Charts []Chart `json:"charts,omitempty"`
	Tables []Table `json:"tables,omitempty"`
}

// A Card is a figure with a name.
type Card struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Bad   bool   `json:"bad,omitempty"`
}

// A Chart is series over time (the last point is now), or bars.
type Chart struct {
	Title  string   `json:"title"`
	Unit   string   `json:"unit,omitempty"`
	Every  float64  `json:"every,omitempty"` // seconds between points; 0 for bars
	Series []Series `json:"series"`
	Labels []string `json:"labels,omitempty"` // of the bars
}

// A Series is a line, or the heights of bars.
type Series struct {
	Name   string    `json:"name"`
	Bad    bool      `json:"bad,omitempty"`
	Points []float64 `json:"points"`
}

// A Table has a row of texts for each thing.
type Table struct {
	Title   string     `json:"title"`
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
	Empty   string     `json:"empty,omitempty"` // what is said when there are no rows
}
