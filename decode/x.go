package decode

import "github.com/restail/restail/decode/record"

// x writes a message of X's live chat. X does not say which authors are bots.
func x(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyUsername)
	r.put(record.IsVerified, keyVerified)
}
