package decode

// linkedin reads a comment on a LinkedIn post. The author, name and picture, is
// there only for people who allow it.
func linkedin(r *row) {
	r.person()
	r.message()
}
