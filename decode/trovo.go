package decode

// trovo reads a message of Trovo's chat. The author, name and picture, is there
// only for people who allow it.
func trovo(r *row) {
	r.person()
	r.message()
}
