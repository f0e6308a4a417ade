package park

// A Kind says what a node is, where that is not a task: what has opened the scope.
type Kind uint8

// The kinds.
const (
	KindTask Kind = iota
	KindGroup
	KindGather
	KindSettle
	KindAny
	KindRace
	KindHedge
	KindMap
	KindEach
	KindDeadline
	KindOffload
	kindCount
)

var kindNames = [kindCount]string{
	"task", "group", "gather", "settle", "any", "race", "hedge", "map", "each", "deadline", "offload",
}

// String returns the name that introspection shows, e.g. "gather".
func (k Kind) String() string {
	if k < kindCount {
		return kindNames[k]
	}
	return "unknown"
}
