package decode

// trovo writes a message of Trovo's chat. The author is there only for people who
// allow it.
func trovo(r *row) {
	r.person()
	r.message()
}
