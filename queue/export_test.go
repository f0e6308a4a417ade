package queue

// Waiting returns how many wait to put, to get, and to join.
func (q *Queue[T]) Waiting() (putters, getters, joiners int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.putters.Len(), q.getters.Len(), q.joiners.Len()
}
