package decode

import "github.com/restail/restail/decode/record"

// x reads a message of X's live chat. Nothing there says whether it is a bot's.
func x(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.put(record.AuthorName, e.author.username)
	r.put(record.IsVerified, e.author.verified)
}
