package decode

import "github.com/restail/restail/decode/record"

// x reads a message of X's live chat. Nothing there says whether it is a bot's.
func x(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyUsername)
	r.put(record.IsVerified, keyVerified)
}
