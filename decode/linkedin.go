package decode

// linkedin writes a comment on a LinkedIn post. The author is there only for people
// who allow it.
func linkedin(r *row) {
	r.person()
	r.message()
}
