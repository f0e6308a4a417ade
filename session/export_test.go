package session

// Hosts returns how many hosts are remembered.
func Hosts(s *Session) int { return s.hosts.Len() }
