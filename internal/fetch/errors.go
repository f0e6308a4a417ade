package fetch

// A Kind says what a run ended by.
type Kind int

// The kinds of errors.
const (
	BadInput Kind = iota // a row could not be read, under Strict
	Stopped              // by a limit on errors or time; it can be resumed
	IO                   // the output or the state could not be written
	OtherJob             // the output belongs to another job, or is in use
)

// An Error is what ended a run early, or kept it from beginning where no option is wrong.
type Error struct {
	Kind Kind
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }
